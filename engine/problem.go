package engine

// Problem is an error with a next step, for a person.
type Problem struct {
	// What failed and why: "opening the context \"x\": no such file or directory".
	What string
	// Hint is what to do next; it stands on a line of its own.
	Hint string
	Err  error
}

func (p *Problem) Error() string {
	if p.Err != nil {
		return p.What + ": " + p.Err.Error()
	}
	return p.What
}

func (p *Problem) Unwrap() error { return p.Err }
