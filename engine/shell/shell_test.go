package shell

import (
	"slices"
	"testing"

	"github.com/stagewatch/stagewatch/engine/plan"
)

func TestParsePlace(t *testing.T) {
	for value, want := range map[string]plan.Place{"build": {Stage: "build"}, "build:4": {Stage: "build", Step: 4}, "0:1": {Stage: "0", Step: 1}} {
		if got, err := ParsePlace(value); err != nil || got != want {
			t.Errorf("%s is %+v, %v", value, got, err)
		}
	}
	for _, value := range []string{":", ":3", "build:", "build:0", "build:-1", "build:x", "build:1:2"} {
		if got, err := ParsePlace(value); err == nil {
			t.Errorf("%s is %+v", value, got)
		}
	}
}

// TestCommandOf: what a person types to run what the step ran.
func TestCommandOf(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"/bin/sh", "-c", "make && make install"}, "make && make install"},
		{[]string{"/bin/bash", "-o", "pipefail", "-c", "a | b"}, "a | b"},
		{[]string{"pip", "install", "a>=1", "it's", ""}, `pip install 'a>=1' 'it'\''s' ''`},
	} {
		if got := commandOf(tt.args); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
}

// TestHistory: bash keeps the lines of a command together where a time stands before them. Other shells take the time for a
// command.
func TestHistory(t *testing.T) {
	for _, tt := range []struct{ shell, command, want string }{
		{"/bin/bash", "make", "make"},
		{"/bin/bash", "if a\nthen b\nfi", "#1\nif a\nthen b\nfi"},
		{"/bin/sh", "if a\nthen b\nfi", "if a\nthen b\nfi"},
	} {
		args := withHistory(tt.shell, tt.command)
		if !slices.Equal(args[3:], []string{tt.shell, tt.want}) {
			t.Errorf("%q in %s: %q", tt.command, tt.shell, args)
		}
	}
}
