package term

import (
	"fmt"
	"os"
	"sync"

	"golang.org/x/term"
)

// Raw is a terminal that passes each key on to a program elsewhere, and shows what that sends.
type Raw struct {
	in, out *os.File
	state   *term.State
	once    sync.Once
	watched chan struct{}
}

// NewRaw takes the terminal that in and out are. Close gives it back as it was.
func NewRaw(in, out *os.File) (*Raw, error) {
	state, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		return nil, fmt.Errorf("taking the terminal: %w", err)
	}
	return &Raw{in: in, out: out, state: state, watched: make(chan struct{})}, nil
}

// Close gives the terminal back. It may be called again, and from any goroutine.
func (r *Raw) Close() {
	r.once.Do(func() {
		close(r.watched)
		// There is nobody left to tell where it fails.
		_ = term.Restore(int(r.in.Fd()), r.state)
	})
}

// Watch calls fn with the size of the terminal, in characters, now and whenever it changes, until Close.
func (r *Raw) Watch(fn func(rows, columns int)) {
	changed, stop := sizeChanges()
	go func() {
		defer stop()
		for {
			if columns, rows, err := term.GetSize(int(r.out.Fd())); err == nil {
				fn(rows, columns)
			}
			select {
			case <-changed:
			case <-r.watched:
				return
			}
		}
	}()
}
