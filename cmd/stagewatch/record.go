package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/human"
)

// mayRecord asks before it lets a file that is not empty be overwritten. It refuses if there is no terminal to ask on.
func (f face) mayRecord(ctx context.Context) error {
	info, err := os.Stat(f.record)
	if f.record == "" || err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return nil
	}
	exists := fmt.Sprintf("%s exists (%s, written %s)", f.record, human.Bytes(info.Size()), human.Moment(info.ModTime()))
	if term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stderr.Fd())) {
		if confirmed(ctx, os.Stdin, os.Stderr, exists+". Overwrite it? [y/N] ") {
			return nil
		}
	}
	return &fault.Error{What: "recording: " + exists, Hint: "Remove it, or name another file with --record."}
}

// confirmed asks a question and reports whether the answer is yes. It is no if ctx ends first.
func confirmed(ctx context.Context, in io.Reader, out io.Writer, question string) bool {
	fmt.Fprint(out, question)
	answer := make(chan string, 1)
	go func() { answer <- line(in) }()
	select {
	case a := <-answer:
		a = strings.ToLower(strings.TrimSpace(a))
		return a == "y" || a == "yes"
	case <-ctx.Done():
		fmt.Fprintln(out)
		return false
	}
}

// line reads one line and no byte beyond it, because what is typed ahead belongs to the dashboard.
func line(in io.Reader) string {
	var text []byte
	for b := make([]byte, 1); ; {
		n, err := in.Read(b)
		if n == 1 && b[0] != '\n' {
			text = append(text, b[0])
		}
		if err != nil || n == 1 && b[0] == '\n' {
			return string(text)
		}
	}
}
