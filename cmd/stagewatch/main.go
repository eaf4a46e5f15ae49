// Command stagewatch keeps a multi-stage Dockerfile built and running while its source is edited. This
// package is flags and wiring: the work is engine's, the showing ui's.
package main

import (
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/ui/clean"
)

// version is set by the linker.
var version = "dev"

func main() {
	// Libraries write to the standard logger; on a dashboard that would be in the way.
	log.SetOutput(io.Discard)
	ctx := endings()
	// A reader who has had enough, head for one, must not be the end of us before we have cleaned up: with this, the
	// next write fails instead.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	err := rootCommand().ExecuteContext(ctx)
	var code exitCode
	_ = errors.As(untilTold(ctx, unreadFor, func() error { return exitCode(report(wrapped(os.Stderr), err)) }), &code)
	os.Exit(int(code))
}

// exitCode ends the program with a code of its own, everything having been said.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

// report prints an error and its hint, and returns the exit code.
func report(w io.Writer, err error) int {
	if err == nil {
		return 0
	}
	var code exitCode
	if errors.As(err, &code) {
		return int(code)
	}
	fmt.Fprintln(w, "stagewatch:", clean.Line(err.Error()))
	if hint := fault.Hint(err); hint != "" {
		fmt.Fprintln(w, "hint:", clean.Line(hint))
	}
	return 1
}
