package ui

import (
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/ui/clean"
	"github.com/stagewatch/stagewatch/ui/draw"
)

// input is a line being typed in place of the key line.
type input struct {
	prompt, text string
	// help follows the text, and note says what the text finds.
	help string
	note func() draw.Line
	// changed gets every change of the text, done its end. ok is false if esc ended it.
	changed func(text string)
	done    func(text string, ok bool)
}

func (in *input) line(bare bool) draw.Line {
	caret := " "
	if bare {
		caret = "_"
	}
	line := draw.Line{}.Add(draw.Accent|draw.Bold, in.prompt).Add(draw.Plain, in.text).Add(draw.Plain|draw.Reverse, caret).Add(draw.Plain, "  ")
	if in.text != "" {
		line = append(line, in.note()...).Add(draw.Plain, "  ")
	}
	return line.Add(draw.Dim, in.help)
}

// typed takes a key, and reports whether the line is done.
func (in *input) typed(msg tea.KeyMsg) (done bool) {
	switch msg.Type {
	case tea.KeyEnter:
		in.done(in.text, true)
		return true
	case tea.KeyEsc:
		in.done("", false)
		return true
	case tea.KeyBackspace:
		if r := []rune(in.text); len(r) > 0 {
			in.text = string(r[:len(r)-1])
		}
	case tea.KeyCtrlU:
		in.text = ""
	case tea.KeyCtrlW:
		in.text = in.text[:strings.LastIndexByte(strings.TrimRight(in.text, " "), ' ')+1]
	case tea.KeyRunes, tea.KeySpace:
		in.text = clean.Line(in.text + string(msg.Runes))
	default:
		return false
	}
	in.changed(in.text)
	return false
}
