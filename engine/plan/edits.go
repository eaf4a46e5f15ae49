package plan

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"github.com/stagewatch/stagewatch/engine/event"
)

// instruction is one instruction of a Dockerfile, whether it makes a step or not.
type instruction struct {
	// stage is the stage of the instruction, empty before the first FROM.
	stage string
	line  int
	// text is the instruction on one line, followed by its heredocs.
	text string
}

// readInstructions returns the instructions of a Dockerfile, nil where it can't be parsed.
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

// stageOf returns the name of the stage that a FROM begins. n is the stage's number, from 0.
func stageOf(from string, n int) string {
	f := strings.Fields(from)
	if len(f) > 3 && strings.EqualFold(f[len(f)-2], "as") {
		return strings.ToLower(f[len(f)-1])
	}
	return fmt.Sprintf("stage-%d", n)
}

// Edits returns the instructions that differ between the Dockerfiles of prev and p, in the file's order. Comments, blank
// lines and line breaks within an instruction make no difference.
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

// replaced returns the edits that lead from the instructions removed to those added in their place. It pairs instructions
// with the same keyword, in order.
func replaced(removed, added []instruction) []event.Edit {
	var out []event.Edit
	for _, a := range added {
		e := event.Edit{Stage: a.stage, Line: a.line, Now: a.text}
		for i, r := range removed {
			if strings.EqualFold(keyword(r.text), keyword(a.text)) {
				for _, gone := range removed[:i] {
					out = append(out, event.Edit{Stage: gone.stage, Line: gone.line, Was: gone.text})
				}
				e.Was, removed = r.text, removed[i+1:]
				break
			}
		}
		out = append(out, e)
	}
	for _, gone := range removed {
		out = append(out, event.Edit{Stage: gone.stage, Line: gone.line, Was: gone.text})
	}
	return out
}

func keyword(text string) string {
	word, _ := cutKeyword(text)
	return word
}

// maxCompared is the number of instructions up to which Dockerfiles are compared. Longer ones are generated.
const maxCompared = 2000

// common returns a longest common subsequence of two lists, as pairs of indexes into was and now.
func common(was, now []instruction) [][2]int {
	if len(was) > maxCompared || len(now) > maxCompared {
		return nil
	}
	// longest[i][j] is the length of the longest common subsequence of was[i:] and now[j:].
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
