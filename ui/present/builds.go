package present

import (
	"fmt"

	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// Builds lists the builds so far, the newest first.
func Builds(v View, width int) []Row {
	var rows []Row
	for i := len(v.Story.Builds) - 1; i >= 0; i-- {
		b := v.Story.Builds[i]
		k := buildMark(b)
		if b.State == story.Building {
			k.sign = v.spinner()
		}
		serves := v.Story.Serving != nil && v.Story.Serving.Build == b.Number
		line := draw.Line{}.Add(draw.Plain|draw.Bold, fmt.Sprintf("%4s ", fmt.Sprintf("#%d", b.Number))).Add(k.style, k.sign+" ")
		if width >= 60 {
			line = line.Add(k.style, fmt.Sprintf("%-9s", k.word))
		}
		t := roomy
		if width < 60 {
			t = noFolder
		}
		line = line.Add(draw.Plain, cause(b, t))
		var right draw.Line
		if width >= 60 && b.State == story.Built {
			right = append(right, builtFacts(b, width)...)
		}
		if serves {
			right = right.Add(draw.Good|draw.Bold, "serves ")
		} else if width >= 60 {
			right = right.Add(draw.Plain, "       ")
		}
		if b.Over() {
			right = right.Add(draw.Plain, fmt.Sprintf("%5s", draw.Millis(b.MS)))
		}
		rows = append(rows, Row{Left: line, Right: right, Ref: b})
	}
	if rows == nil {
		rows = []Row{dim("no build yet")}
	}
	return rows
}

// builtFacts are the columns of what a build was worth: the final image's size and its difference to the build before,
// how many steps ran and how many did not, and the time saved.
func builtFacts(b *story.Build, width int) draw.Line {
	var line draw.Line
	if width >= sizeWidth {
		size, delta, st := "", "", draw.Dim
		if b.Sizes != nil {
			size = human.Bytes(b.Sizes.After.Bytes)
			if d := b.Sizes.Delta; d != 0 {
				delta = human.Delta(d)
				if st = draw.Good; d > 0 {
					st = draw.Warn
				}
			}
		}
		line = line.Add(draw.Plain, fmt.Sprintf("%8s ", size)).Add(st, fmt.Sprintf("%9s  ", delta))
	}
	line = line.Add(draw.Dim, fmt.Sprintf("%2d ran %2d hit  ", b.Ran, b.Hits))
	saved := ""
	if b.Saved > 0 {
		saved = "saved " + draw.Millis(b.Saved)
	}
	return line.Add(draw.Good, fmt.Sprintf("%-11s  ", saved))
}

func buildMark(b *story.Build) mark {
	switch b.State {
	case story.Built:
		if b.Mishap != "" {
			return mark{"✗", "crashed", draw.Bad}
		}
		return mark{"✓", "built", draw.Good}
	case story.Failed:
		return mark{"✗", "failed", draw.Bad}
	case story.Abandoned:
		return mark{"-", "given up", draw.Dim}
	}
	return mark{"○", "building", draw.Accent}
}
