package logview

import (
	"fmt"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/present"
)

func (v *Log) Place(in draw.Rect)    { v.in = in }
func (v *Log) Reset()                {}
func (v *Log) Streams() bool         { return true }
func (v *Log) Follows() bool         { return v.follow }
func (v *Log) Text() func() []string { return nil }
func (v *Log) FoldName() string      { return "" }

func (v *Log) SetFollow(on bool) {
	if on {
		v.resume()
	} else {
		v.pause()
	}
}

func (v *Log) Bookmark() func() {
	follow, top, cursor := v.follow, v.top, v.cursor
	return func() { v.follow, v.top, v.cursor = follow, top, cursor }
}

// Opens opens the line of the cursor whole. While the log follows that is the newest line, and the cursor stays there.
func (v *Log) Opens() func() tea.Cmd {
	if v.logs().Len() == 0 {
		return nil
	}
	return func() tea.Cmd {
		v.pause()
		if e := v.Current(); e != nil {
			return v.look.Open(e)()
		}
		return nil
	}
}

// Press puts the cursor on a line, or opens it where the cursor is there.
func (v *Log) Press(y int, again bool) tea.Cmd {
	for _, l := range v.inSight() {
		if y < l.y || y >= l.y+l.h {
			continue
		}
		if again && v.cursor == l.seq {
			return v.Opens()()
		}
		v.pause()
		v.cursor = l.seq
	}
	return nil
}

// Found counts the lines that hold the search text.
func (v *Log) Found() (at, of int) {
	if i, exact := v.hits.at(v.cursor); exact {
		at = i + 1
	}
	return at, len(v.hits.seqs)
}

// Copy takes the line of the cursor, else all lines in sight.
func (v *Log) Copy() present.Copied {
	if e := v.Current(); e != nil {
		return present.CopyRef(v.look.View(), e)
	}
	var lines []string
	for _, l := range v.inSight() {
		lines = append(lines, draw.Strip(v.logs().At(l.seq).Text))
	}
	return present.Copied{What: "the log lines in sight", Lines: lines}
}

func (v *Log) Find(dir int, here bool) {
	v.update()
	n := len(v.hits.seqs)
	if n == 0 {
		return
	}
	at := n - 1
	if v.follow {
		// A search from the end finds the newest first.
		v.pause()
	} else {
		var exact bool
		at, exact = v.hits.at(v.cursor)
		if !here && (exact || dir < 0) {
			at += dir
		}
	}
	v.cursor = v.hits.seqs[(at+n)%n]
	v.reveal()
}

// Note says what is hidden and whether the log follows.
func (v *Log) Note() draw.Line {
	r := v.logs()
	if r.Len() == 0 && v.look.View().Printed() {
		return draw.Line{}.Add(draw.Dim, "build output, until the app logs")
	}
	var line draw.Line
	if n := r.First(); n > 0 {
		line = line.Add(draw.Dim, human.Count(n, "older line")+" dropped · ")
	}
	if p := v.pattern(); p != "" {
		word := "only “"
		if v.leavesOut() {
			word = "without “"
		}
		line = line.Add(draw.Warn, word+draw.Cut(p, 20)+"” · ")
	}
	if v.follow {
		return line.Add(draw.Dim, "following")
	}
	if n := r.Next() - v.seen; n > 0 {
		return line.Add(draw.Warn|draw.Bold, fmt.Sprintf("paused, %s, f follows", human.Count(n, "new line")))
	}
	return line.Add(draw.Warn, "paused, f follows")
}
