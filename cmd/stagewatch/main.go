// Command stagewatch keeps a multi-stage Dockerfile built and running while its source is edited. This package is flags
// and wiring: package engine does the work, and package ui shows it.
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
	// Libraries write to the standard logger, which would disturb the dashboard.
	log.SetOutput(io.Discard)
	ctx := endings()
	// With this a reader that goes away, such as head, makes the next write fail instead of killing the program before it
	// has cleaned up.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	root := rootCommand()
	var err error
	if isPlugin(os.Args[0]) {
		err = asPlugin(root, os.Args[1:])
	}
	if err == nil {
		err = root.ExecuteContext(ctx)
	}
	var code exitCode
	_ = errors.As(untilTold(ctx, unreadFor, func() error { return exitCode(report(wrapped(os.Stderr), err)) }), &code)
	os.Exit(int(code))
}

// exitCode is an error that ends the program with that code and prints nothing.
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
