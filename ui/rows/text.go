package rows

import "github.com/stagewatch/stagewatch/ui/present"

// Text returns the text of rows that are not wrapped.
func Text(v present.View, content func(present.View, int) []present.Row) present.Copied {
	const unwrapped = 1 << 12
	var lines []string
	for _, r := range content(v, unwrapped) {
		lines = append(lines, r.Plain())
	}
	return present.Copied{What: "the page", Lines: lines}
}
