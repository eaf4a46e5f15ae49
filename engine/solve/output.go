package solve

import (
	"bytes"

	"github.com/moby/buildkit/client"
	"github.com/opencontainers/go-digest"
	"github.com/stagewatch/stagewatch/engine/event"
)

type outputKey struct {
	vertex digest.Digest
	stream int
}

// maxPartial bounds how much of an unfinished line is held back, in bytes.
const maxPartial = 64 << 10

// log emits a vertex's output line by line. Of a line with carriage returns it emits what follows the last one, as a
// terminal shows it.
func (t *tracker) log(l *client.VertexLog) {
	steps := t.of(l.Vertex)
	if len(steps) == 0 || t.vertices[l.Vertex] != nil && t.vertices[l.Vertex].elsewhere {
		return
	}
	key := outputKey{l.Vertex, l.Stream}
	data := append(t.partial[key], l.Data...)
	for {
		n := bytes.IndexByte(data, '\n')
		if n < 0 {
			break
		}
		t.output(steps[0], l.Stream, data[:n])
		data = data[n+1:]
	}
	for len(data) >= maxPartial {
		t.output(steps[0], l.Stream, data[:maxPartial])
		data = data[maxPartial:]
	}
	t.partial[key] = bytes.Clone(data)
}

func (t *tracker) flush() {
	for key, data := range t.partial {
		if len(data) > 0 {
			t.output(t.of(key.vertex)[0], key.stream, data)
		}
	}
	t.partial = map[outputKey][]byte{}
}

func (t *tracker) output(i, stream int, line []byte) {
	line = bytes.TrimRight(line, "\r")
	if n := bytes.LastIndexByte(line, '\r'); n >= 0 {
		line = line[n+1:]
	}
	name := "stdout"
	if stream == 2 {
		name = "stderr"
	}
	s := t.plan.Steps[i]
	t.emit(event.Output{Stage: s.Stage, Index: s.Index, Stream: name, Text: string(line)})
}
