package ui

import "github.com/stagewatch/stagewatch/ui/present"

// page is a panel that is opened over the others.
type page struct {
	panel
	// kind tells pages apart: of each kind one is open at a time.
	kind string
	// wide reports whether the page needs the whole screen.
	wide bool
	// dismissed is called when a person closes the page. It can be nil.
	dismissed func()
}

// newPage returns a page with one tab.
func newPage(kind, title string, b body) *page {
	return &page{kind: kind, panel: panel{tabs: []tab{{title, b}}}}
}

// rowsOf returns the text of rows that are not wrapped.
func rowsOf(v present.View, content func(present.View, int) []present.Row) present.Copied {
	const unwrapped = 1 << 12
	var lines []string
	for _, r := range content(v, unwrapped) {
		lines = append(lines, r.Plain())
	}
	return present.Copied{What: "the page", Lines: lines}
}
