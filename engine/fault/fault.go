// Package fault is the error that a person gets to read: what failed, why, and what to do next.
package fault

import "errors"

// Error is a failure in words for a person.
type Error struct {
	// What was being done, as a gerund, with what is wrong where Err does not say it: "reading -t \"A\"",
	// "opening the context \"a.txt\": it is a file".
	What string
	// Hint is what to do next, in whole sentences; faces print it on a line of its own. It is empty where there is
	// nothing to advise.
	Hint string
	// Err is the cause; nil where What says it all.
	Err error
}

// Error returns What and the cause, without the hint.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.What
	}
	return e.What + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Hint returns the first hint among err and what it wraps, in the order of [errors.As]; empty where there is none.
func Hint(err error) string {
	var e *Error
	if errors.As(err, &e) && e.Hint != "" {
		return e.Hint
	}
	switch err := err.(type) {
	case interface{ Unwrap() error }:
		return Hint(err.Unwrap())
	case interface{ Unwrap() []error }:
		for _, inner := range err.Unwrap() {
			if hint := Hint(inner); hint != "" {
				return hint
			}
		}
	}
	return ""
}
