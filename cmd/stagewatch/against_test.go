package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/event"
)

// compared FILE TARGET AGAINST checks the stream's one comparison against what docker says of the two images.
func compared(ts *testscript.TestScript, e *dock.Engine, args []string) {
	var c event.Compared
	n := 0
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		got, err := event.Decode([]byte(line))
		ts.Check(err)
		if b, is := got.Body.(event.Compared); is {
			c = b
			n++
		}
	}
	if n != 1 {
		ts.Fatalf("%d comparisons", n)
	}
	target, against := dockersFigures(ts, e, args[1]), dockersFigures(ts, e, args[2])
	var sumT, sumA int64
	for _, g := range c.Groups {
		sumT, sumA = sumT+g.Target, sumA+g.Against
	}
	for _, check := range []struct {
		what      string
		got, want int64
	}{
		{"bytes of the target", c.Target.Bytes, target.bytes}, {"bytes of the other", c.Against.Bytes, against.bytes},
		{"the difference", c.Difference, target.bytes - against.bytes},
		{"layers of the target", int64(c.Target.Layers), target.layers}, {"layers of the other", int64(c.Against.Layers), against.layers},
		{"blobs of the target", c.Target.Compressed, target.blobs}, {"blobs of the other", c.Against.Compressed, against.blobs},
		{"groups of the target", sumT, target.bytes}, {"groups of the other", sumA, against.bytes},
		{"the time of a pull at 8 bits a microsecond", c.Target.PullMS, target.blobs / 1000},
	} {
		if check.got != check.want {
			ts.Fatalf("%s: got %d, docker has %d", check.what, check.got, check.want)
		}
	}
}

// figures are docker's of an image.
type figures struct{ bytes, layers, blobs int64 }

// dockersFigures reads `docker image inspect` and `docker save`. Where the store is a graph driver the size is that of
// inspect, and blobs are compressed here. In the containerd store there is no such size: there it is that of the files.
func dockersFigures(ts *testscript.TestScript, e *dock.Engine, name string) (f figures) {
	seen, err := e.Client.ImageInspect(context.Background(), name)
	ts.Check(err)
	f.bytes, f.layers = seen.Size, int64(len(seen.RootFS.Layers))
	saved, err := e.Client.ImageSave(context.Background(), []string{name})
	ts.Check(err)
	defer saved.Close()
	files := map[string][]byte{}
	var manifest []struct{ Layers []string }
	for t := tar.NewReader(saved); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		ts.Check(err)
		files[h.Name], err = io.ReadAll(t)
		ts.Check(err)
	}
	ts.Check(json.Unmarshal(files["manifest.json"], &manifest))
	var content int64
	for i, layer := range manifest[0].Layers {
		blob, base := files[layer], i == 0
		plain := blob
		if bytes.HasPrefix(blob, []byte{0x1f, 0x8b}) {
			z, err := gzip.NewReader(bytes.NewReader(blob))
			ts.Check(err)
			plain, err = io.ReadAll(z)
			ts.Check(err)
		} else {
			var out bytes.Buffer
			z := gzip.NewWriter(&out)
			_, err := z.Write(plain)
			ts.Check(errors.Join(err, z.Close()))
			blob = out.Bytes()
		}
		f.blobs += int64(len(blob))
		content += fileBytes(ts, plain, base)
	}
	if strings.HasPrefix(store(ts, e), "containerd") {
		f.bytes = content
	}
	return f
}

func store(ts *testscript.TestScript, e *dock.Engine) string {
	info, err := e.Info(context.Background())
	ts.Check(err)
	return info.Store
}

// fileBytes sums the files of a layer, with the targets of its links where it is one of the base.
func fileBytes(ts *testscript.TestScript, layer []byte, links bool) (n int64) {
	for t := tar.NewReader(bytes.NewReader(layer)); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return n
		}
		ts.Check(err)
		switch {
		case h.Typeflag == tar.TypeReg:
			n += h.Size
		case h.Typeflag == tar.TypeSymlink && links:
			n += int64(len(h.Linkname))
		}
	}
}
