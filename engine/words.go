package engine

import (
	"fmt"

	"github.com/docker/go-units"
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
