package engine

import (
	"fmt"

	"github.com/docker/go-units"
	"github.com/moby/buildkit/util/suggest"
)

// Size is a number of bytes for people, in the units that docker uses.
func Size(n int64) string {
	return units.CustomSize("%.3g %s", float64(n), 1000, []string{"B", "kB", "MB", "GB", "TB"})
}

// Count is a number with what it counts.
func Count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// Nearest is the one of the words that a misspelt one may mean, empty for none.
func Nearest(misspelt string, words []string) string {
	match, _ := suggest.Search(misspelt, words, true)
	return match
}
