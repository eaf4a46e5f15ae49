package report

import "testing"

// A number is written as it is, unless Markdown would make it an item of a list.
func TestEntitiesOfNumbers(t *testing.T) {
	for text, want := range map[string]string{
		"4 lines are lost": "4 lines are lost",
		"10MB of cache":    "10MB of cache",
		"4. item":          "&#52;. item",
		"12) item":         "&#49;2) item",
	} {
		if got := entities(text); got != want {
			t.Errorf("%q is written as %q, want %q", text, got, want)
		}
	}
}
