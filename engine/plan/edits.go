package plan

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"github.com/stagewatch/stagewatch/engine/event"
)

// instruction is one instruction of a Dockerfile as it is written, whether it makes a step or not.
type instruction struct {
	// stage is the one that it stands in, empty before the first FROM.
	stage string
	line  int
	// text is the instruction in one line, with its heredocs below.
	text string
}

// readInstructions lists the instructions of a Dockerfile; nothing of one that does not parse.
func readInstructions(source []byte) []instruction {
	ast, err := parser.Parse(bytes.NewReader(source))
	if err != nil {
		return nil
	}
	var out []instruction
	stage, stages := "", 0
	for _, n := range ast.AST.Children {
		text := strings.TrimSpace(n.Original)
		for _, h := range n.Heredocs {
			text += "\n" + h.Content
		}
		if strings.EqualFold(n.Value, "from") {
			stage = stageOf(text, stages)
			stages++
		}
		out = append(out, instruction{stage, n.StartLine, text})
	}
	return out
}

// stageOf names the stage that a FROM, the nth from 0, begins.
func stageOf(from string, n int) string {
	f := strings.Fields(from)
	if len(f) > 3 && strings.EqualFold(f[len(f)-2], "as") {
		return strings.ToLower(f[len(f)-1])
	}
	return fmt.Sprintf("stage-%d", n)
}

// Edits lists what was changed in the Dockerfile since prev, instruction by instruction, in the file's order.
// Comments, blank lines and the way in which long instructions are broken into lines count for nothing.
func (p *Plan) Edits(prev *Plan) []event.Edit {
	if prev == nil || len(prev.source) == 0 || bytes.Equal(prev.source, p.source) {
		return nil
	}
	was, now := readInstructions(prev.source), readInstructions(p.source)
	kept := common(was, now)
	var out []event.Edit
	i, j := 0, 0
	for _, k := range append(kept, [2]int{len(was), len(now)}) {
		out = append(out, replaced(was[i:k[0]], now[j:k[1]])...)
		i, j = k[0]+1, k[1]+1
	}
	return out
}

// replaced pairs what went with what came in its place: instructions of the same kind, in their order.
func replaced(went, came []instruction) []event.Edit {
	var out []event.Edit
	for _, c := range came {
		e := event.Edit{Stage: c.stage, Line: c.line, Now: c.text}
		for i, w := range went {
			if strings.EqualFold(keyword(w.text), keyword(c.text)) {
				for _, gone := range went[:i] {
					out = append(out, event.Edit{Stage: gone.stage, Line: gone.line, Was: gone.text})
				}
				e.Was, went = w.text, went[i+1:]
				break
			}
		}
		out = append(out, e)
	}
	for _, gone := range went {
		out = append(out, event.Edit{Stage: gone.stage, Line: gone.line, Was: gone.text})
	}
	return out
}

func keyword(text string) string {
	word, _ := cutKeyword(text)
	return word
}

// maxCompared bounds how many instructions are compared with one another; a longer Dockerfile is generated.
const maxCompared = 2000

// common pairs the instructions that both lists have, by their places, in order and as many as can be.
func common(was, now []instruction) [][2]int {
	if len(was) > maxCompared || len(now) > maxCompared {
		return nil
	}
	// longest[i][j] is how many was[i:] and now[j:] have in common.
	longest := make([][]int, len(was)+1)
	for i := range longest {
		longest[i] = make([]int, len(now)+1)
	}
	for i := len(was) - 1; i >= 0; i-- {
		for j := len(now) - 1; j >= 0; j-- {
			if was[i].text == now[j].text {
				longest[i][j] = longest[i+1][j+1] + 1
			} else {
				longest[i][j] = max(longest[i+1][j], longest[i][j+1])
			}
		}
	}
	var pairs [][2]int
	for i, j := 0, 0; i < len(was) && j < len(now); {
		switch {
		case was[i].text == now[j].text:
			pairs = append(pairs, [2]int{i, j})
			i++
			j++
		case longest[i+1][j] > longest[i][j+1]:
			i++
		default:
			j++
		}
	}
	return pairs
}
