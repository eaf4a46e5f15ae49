package present

import (
	"fmt"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// Copied is a text for the clipboard, and what it is in words. It has none of the screen's marks, bars and wraps.
type Copied struct {
	What  string
	Lines []string
}

// CopyRef returns what a row stands for as text, without lines where the row's own text has to do.
func CopyRef(v View, ref any) Copied {
	switch ref := ref.(type) {
	case *story.Step:
		return Copied{"the instruction", []string{ref.Instruction}}
	case *story.Stage:
		if len(ref.Steps) > 0 && isFrom(ref.Steps[0]) {
			return Copied{"the instruction", []string{ref.Steps[0].Instruction}}
		}
		return Copied{"the stage's name", []string{ref.Name}}
	case *story.Build:
		return Copied{"the build", []string{buildText(ref)}}
	case FailureRef:
		return CopyFailure(ref.Build)
	case NodeRef:
		return Copied{"the path", []string{ref.Path}}
	case *story.Skip:
		return Copied{human.Count(len(ref.Paths), "path"), ref.Paths}
	case *story.Warning:
		return Copied{"the warning", warningText(ref)}
	case *story.Entry:
		return Copied{"the log line", []string{draw.Strip(ref.Text)}}
	case OutputRef:
		return Copied{"the line", []string{ref.Text}}
	case event.Change:
		return Copied{"the path", []string{ref.Path}}
	case event.Edit:
		if ref.Now == "" {
			return Copied{"the old instruction", []string{ref.Was}}
		}
		return Copied{"the instruction", []string{ref.Now}}
	}
	return Copied{}
}

func warningText(w *story.Warning) []string {
	lines := []string{w.Message}
	if w.Hint != "" {
		lines = append(lines, "hint: "+w.Hint)
	}
	return append(lines, w.Paths...)
}

// buildText describes a build in one line.
func buildText(b *story.Build) string {
	line := fmt.Sprintf("build #%d: %s: ", b.Number, cause(b, roomy))
	switch b.State {
	case story.Building:
		return line + "still running"
	case story.Failed:
		return line + failedAt(b).Text()
	case story.Abandoned:
		return line + "given up after " + draw.Millis(b.MS) + ", " + b.AbandonReason
	}
	line += outcome(b, roomy).Text()
	if b.Image != "" {
		line += " · " + b.Image
	}
	return line
}

// CopyFailure returns what a person would send to another: what failed, where, why, and the output that says so.
func CopyFailure(b *story.Build) Copied {
	f := b.Failure
	var lines []string
	if f.Stage != "" {
		lines = append(lines, b.StepName(f.Stage, f.Index)+" "+f.Instruction)
	}
	lines = append(lines, f.Message)
	if said := b.ErrorLine(); said != "" {
		lines = append(lines, said)
	}
	if f.Hint != "" {
		lines = append(lines, "hint: "+f.Hint)
	}
	if len(f.Excerpt) > 0 {
		lines = append(lines, "", fmt.Sprintf("Dockerfile:%d", f.Line))
	}
	for _, l := range f.Excerpt {
		sign := " "
		if l.Blamed {
			sign = ">"
		}
		lines = append(lines, fmt.Sprintf("%s %3d | %s", sign, l.Line, l.Text))
	}
	if s := b.Step(f.Stage, f.Index); s != nil && len(s.Output.Lines) > 0 {
		lines = append(append(lines, ""), outputText(s)...)
	}
	return Copied{"the failure", lines}
}

// CopyStep returns a step with what it printed, in this build or when it last ran.
func CopyStep(v View, b *story.Build, s *story.Step) Copied {
	lines := []string{s.Instruction}
	if s.State == event.Hit {
		if _, old := v.Story.Printed(b, s); old != nil {
			s = old
		}
	}
	return Copied{"the step and its output", append(lines, outputText(s)...)}
}

func outputText(s *story.Step) []string {
	var lines []string
	for _, l := range s.Output.Lines {
		lines = append(lines, l.Text)
	}
	return lines
}

// CopyBuildOutput returns what the steps of the build that is shown printed, each below its instruction.
func CopyBuildOutput(v View) []string {
	var lines []string
	if b := v.Shown(); b != nil {
		b.Steps(func(s *story.Step) {
			if len(s.Output.Lines) > 0 {
				lines = append(append(lines, s.Name()+" "+s.Instruction), outputText(s)...)
			}
		})
	}
	return lines
}

// CopyLog returns the app's log as it is saved, each line with its time.
func CopyLog(r *story.Ring) []string {
	var lines []string
	for i := r.First(); i < r.Next(); i++ {
		e := r.At(i)
		text := draw.Strip(e.Text)
		if e.Kind != story.LogLine {
			text = "— " + text + " —"
		}
		lines = append(lines, e.Time.Format("2006-01-02T15:04:05.000Z07:00 ")+text)
	}
	return lines
}
