package event

// Line returns the text of a line that the app or a step printed. It reports false for every other event.
func Line(b Body) (text string, ok bool) {
	switch b := b.(type) {
	case Log:
		return b.Text, true
	case Output:
		return b.Text, true
	}
	return "", false
}
