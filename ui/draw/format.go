package draw

import (
	"fmt"
	"math"
	"strings"
)

// Millis formats a duration in milliseconds: 45ms, 1.2s, 3m 05s, 2h 01m.
func Millis(ms int64) string {
	switch {
	case ms < 0:
		return "0ms"
	case ms < 100:
		return fmt.Sprintf("%dms", ms)
	case ms < 99_950:
		return fmt.Sprintf("%.1fs", float64(ms)/1000)
	case ms < 3_600_000:
		return fmt.Sprintf("%dm %02ds", ms/60_000, ms/1000%60)
	}
	return fmt.Sprintf("%dh %02dm", ms/3_600_000, ms/60_000%60)
}

// Bar returns a bar for value on a scale of width columns that ends at full, precise to an eighth of a column. Any value
// above 0 shows at least the thinnest mark.
func Bar(value, full int64, width int) string {
	if width <= 0 || value <= 0 || full <= 0 {
		return ""
	}
	eighths := int(float64(width*8) * float64(value) / float64(full))
	eighths = max(1, min(eighths, width*8))
	bar := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		bar += string([]rune("▏▎▍▌▋▊▉")[rest-1])
	}
	return bar
}

// leastSpan is the least range of a spark, as a part of its greatest value, so that a change of some bytes does not look
// like one of half the image.
const leastSpan = 0.02

// Spark returns values as columns of different heights, the newest at the right, at most width of them. The scale begins
// at the least value, so a flat series is a low line.
func Spark(values []int64, width int) string {
	if width <= 0 {
		return ""
	}
	if len(values) > width {
		values = values[len(values)-width:]
	}
	if len(values) == 0 {
		return ""
	}
	lo, hi := values[0], values[0]
	for _, v := range values {
		lo, hi = min(lo, v), max(hi, v)
	}
	marks := []rune("▁▂▃▄▅▆▇█")
	var out strings.Builder
	for _, v := range values {
		i := 0
		if span := max(float64(hi-lo), leastSpan*float64(hi)); span > 0 {
			i = int(float64(v-lo) / span * float64(len(marks)-1))
		}
		out.WriteRune(marks[i])
	}
	return out.String()
}

// Percent formats how much larger or smaller after is than before: "−62 %". It is empty if before is not positive.
func Percent(before, after int64) string {
	if before <= 0 {
		return ""
	}
	percent := math.Round(100 * (float64(after)/float64(before) - 1))
	switch {
	case percent < 0:
		return fmt.Sprintf("−%.0f %%", -percent)
	case percent > 0:
		return fmt.Sprintf("+%.0f %%", percent)
	}
	return "±0 %"
}
