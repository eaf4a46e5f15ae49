package look

import "testing"

func TestCaseCountsOnlyIfTheTextHasCapitals(t *testing.T) {
	for _, row := range []struct {
		line, text string
		want       bool
	}{
		{"RUN pip install", "run", true},
		{"RUN pip install", "RUN", true},
		{"run pip install", "RUN", false},
		{"RUN pip install", "", true},
		{"Über", "über", true},
	} {
		if got := Holds(row.line, row.text); got != row.want {
			t.Errorf("Holds(%q, %q) is %v", row.line, row.text, got)
		}
	}
}
