package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/replay"
)

// mayRecord asks before it lets a file that is not empty be overwritten. It refuses if there is no terminal to ask on.
func (f face) mayRecord(ctx context.Context) error {
	info, err := os.Stat(f.record)
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
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

// readRecording reads the file that args names, else stdin.
func readRecording(args []string) ([]event.Event, error) {
	if len(args) == 0 || args[0] == "-" {
		if term.IsTerminal(int(os.Stdin.Fd())) {
			return nil, &fault.Error{What: "reading a recording: no file was given", Hint: "Record a session with stagewatch --record FILE, then run stagewatch report FILE."}
		}
		return readEvents("on stdin", os.Stdin)
	}
	file, err := os.Open(args[0])
	if err != nil {
		hint := "Check its permissions."
		if errors.Is(err, fs.ErrNotExist) {
			hint = "Record a session with stagewatch --record FILE."
		}
		return nil, &fault.Error{What: "opening the recording", Err: err, Hint: hint}
	}
	defer file.Close()
	return readEvents(args[0], file)
}

func readEvents(name string, r io.Reader) ([]event.Event, error) {
	events, err := replay.Read(r)
	var refused *replay.Error
	if errors.As(err, &refused) {
		return nil, &fault.Error{What: "reading the recording " + name, Err: refused, Hint: refused.Hint}
	}
	return events, err
}

// serviceFlag names one service of a recording.
func serviceFlag(f *pflag.FlagSet, service *string) {
	f.StringVar(service, "service", "", "Service to take from the recording of a compose project")
}

// readRecordingOf reads a recording, or what a recording of a project has of one service.
func readRecordingOf(service string, args []string) ([]event.Event, error) {
	events, err := readRecording(args)
	if err != nil {
		return nil, err
	}
	return ofService(events, service)
}

// ofService returns the events of a service that is built and those of all. With no name it is the only one that the recording has.
func ofService(events []event.Event, service string) ([]event.Event, error) {
	names := map[string]bool{}
	for _, e := range events {
		if e.Service != "" && e.Build > 0 {
			names[e.Service] = true
		}
	}
	all := slices.Sorted(maps.Keys(names))
	switch {
	case service == "" && len(all) > 1:
		return nil, &fault.Error{What: "reading the recording: it is of several services", Hint: "Name one with --service: " + strings.Join(all, ", ") + "."}
	case service != "" && !names[service]:
		return nil, &fault.Error{What: fmt.Sprintf("reading the recording: it has no service %q", service), Hint: "It has: " + cmp.Or(strings.Join(all, ", "), "none, as it is of one build") + "."}
	case service == "" && len(all) == 1:
		service = all[0]
	}
	return slices.DeleteFunc(events, func(e event.Event) bool { return e.Service != "" && e.Service != service }), nil
}
