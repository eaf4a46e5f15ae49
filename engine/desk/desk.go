// Package desk holds what all parts of a session share: one goroutine that owns their state, work that goes on
// beside it, and the way out for events.
//
// A part of the engine keeps its state without a lock by changing it in functions that it hands to [Desk.Do] only.
// Whoever owns the desk receives them from [Desk.Tasks] and calls them, one at a time.
//
// The package knows events and nothing else of the engine.
package desk

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
)

// Desk is the goroutine that owns a session's state, as its parts see it. Copies stand for the same one; its methods
// are safe for concurrent use. Make one with [New].
type Desk struct {
	Voice
	ctx   context.Context
	tasks chan func()
}

// New returns a desk that works until ctx ends and says what happens by a voice.
func New(ctx context.Context, v Voice) Desk {
	return Desk{Voice: v, ctx: ctx, tasks: make(chan func())}
}

// Ctx ends when the desk does.
func (d Desk) Ctx() context.Context { return d.ctx }

// Tasks are the functions to call, one after the other, on the goroutine that owns the state.
func (d Desk) Tasks() <-chan func() { return d.tasks }

// Do has fn called on the desk's goroutine. It returns when that goroutine takes fn, or when the desk has ended and
// nobody calls it any more. Called on that goroutine itself it would wait for ever.
func (d Desk) Do(fn func()) {
	select {
	case d.tasks <- fn:
	case <-d.ctx.Done():
	}
}

// Aside runs fn on a goroutine of its own, counted by wg. A panic of fn is raised again on the desk's goroutine,
// where what has to be cleaned up is cleaned up.
func (d Desk) Aside(wg *sync.WaitGroup, fn func()) {
	wg.Go(func() {
		defer func() {
			if r := recover(); r != nil {
				stack := debug.Stack()
				d.Do(func() { panic(fmt.Sprintf("%v\n\n%s", r, stack)) })
			}
		}()
		fn()
	})
}
