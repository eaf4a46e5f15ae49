package story

import "github.com/stagewatch/stagewatch/ui/clean"

// lines returns cleaned copies of texts that are one line each.
func lines(in []string) []string {
	out := make([]string, len(in))
	for i, l := range in {
		out[i] = clean.Line(l)
	}
	return out
}

// bounded returns the last n elements of list.
func bounded[T any](list []T, n int) []T {
	if len(list) > n {
		return append(list[:0:0], list[len(list)-n:]...)
	}
	return list
}

// short cuts a line of output at 8 kB.
func short(s string) string {
	const most = 8 << 10
	if len(s) > most {
		return s[:most] + " … cut after 8 kB"
	}
	return s
}
