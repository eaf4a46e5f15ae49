package event

// Line returns the text of a [Log] or an [Output]; ok is false for every other event.
func Line(b Body) (text string, ok bool) {
	switch b := b.(type) {
	case Log:
		return b.Text, true
	case Output:
		return b.Text, true
	}
	return "", false
}
