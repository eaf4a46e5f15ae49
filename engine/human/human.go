// Package human formats numbers and times for people, in the same way in the engine's messages and on every face.
package human

import (
	"fmt"
	"strconv"
	"time"
)

// Bytes formats a size in bytes as docker does: three significant digits, no trailing zeros, units of powers of 1000.
// Where rounding reaches 1000 it uses the next unit: 999,600 is "1 MB". go-units, which docker uses, says "1e+03kB".
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

// Delta formats a difference in bytes: [Bytes] with a sign in front, "±0" for none.
func Delta(n int64) string {
	switch {
	case n == 0:
		return "±0"
	case n > 0:
		return "+" + Bytes(n)
	}
	return Bytes(n)
}

// Count formats a number with its noun: "1 file", "2 files". The plural is noun + "s".
func Count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// Moment formats a time to the minute, in the local time zone: "2 Jan 15:04".
func Moment(t time.Time) string { return t.Local().Format("2 Jan 15:04") }
