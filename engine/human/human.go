// Package human writes numbers as a person reads them, in the same way in the engine's messages and on every face.
package human

import (
	"fmt"
	"strconv"
	"time"
)

// Bytes writes a size as docker does: three significant digits, no trailing zeros, in powers of 1000. Where
// rounding reaches 1000, the next unit is used: 999,600 is "1 MB", where docker's own package says "1e+03kB".
func Bytes(n int64) string {
	const units = "kMGTPE"
	f, unit, sign := float64(n), "B", ""
	if n < 0 {
		f, sign = -f, "−"
	}
	for i := 0; f >= 999.5 && i < len(units); i++ {
		f /= 1000
		unit = units[i:i+1] + "B"
	}
	return sign + strconv.FormatFloat(f, 'g', 3, 64) + " " + unit
}

// Delta is [Bytes] with a sign in front of it. No difference is "±0".
func Delta(n int64) string {
	switch {
	case n == 0:
		return "±0"
	case n > 0:
		return "+" + Bytes(n)
	}
	return Bytes(n)
}

// Count writes a number with its noun: "1 file", "2 files".
func Count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// Moment writes a point of time to the minute, in the local time zone: "2 Jan 15:04".
func Moment(t time.Time) string { return t.Local().Format("2 Jan 15:04") }
