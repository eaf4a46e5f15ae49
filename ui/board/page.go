package board

// Page is a panel that is opened over the others.
type Page struct {
	Panel
	// Kind tells pages apart: of each kind one is open at a time.
	Kind string
	// Wide reports whether the page needs the whole screen.
	Wide bool
	// Dismissed is called when a person closes the page. It can be nil.
	Dismissed func()
}

// NewPage returns a page with one tab.
func NewPage(kind, title string, b Body) *Page {
	return &Page{Kind: kind, Panel: Panel{Tabs: []Tab{{title, b}}}}
}
