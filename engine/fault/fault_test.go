package fault

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"
)

func TestError(t *testing.T) {
	err := error(&Error{What: "opening a", Err: fs.ErrNotExist, Hint: "Write it."})
	if got := err.Error(); got != "opening a: file does not exist" || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %q, which wraps %v", got, errors.Unwrap(err))
	}
	if got := (&Error{What: "opening a: it is a file"}).Error(); got != "opening a: it is a file" {
		t.Errorf("got %q", got)
	}
}

func TestHint(t *testing.T) {
	hinted := &Error{What: "opening a", Hint: "Write it."}
	for want, errs := range map[string][]error{
		"Write it.": {
			hinted,
			fmt.Errorf("starting: %w", hinted),
			&Error{What: "starting", Err: hinted},
			errors.Join(&Error{What: "closing"}, hinted, &Error{What: "closing", Hint: "Try again."}),
		},
		"": {nil, fs.ErrNotExist, &Error{What: "closing"}},
	} {
		for _, err := range errs {
			if got := Hint(err); got != want {
				t.Errorf("%v: got the hint %q, want %q", err, got, want)
			}
		}
	}
}
