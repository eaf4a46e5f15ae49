package solve

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stagewatch/stagewatch/engine/event"
)

// TestPlainMessage uses real messages of old and new engines.
func TestPlainMessage(t *testing.T) {
	for raw, want := range map[string]string{
		`failed to solve: process "/bin/sh -c pip install ." did not complete successfully: exit code: 1`:                                                                                     "exit code: 1",
		`failed to solve: rpc error: code = Unknown desc = executor failed running [/bin/sh -c exit 7]: exit code: 7`:                                                                         "exit code: 7",
		`failed to solve: rpc error: code = Unknown desc = failed to compute cache key: "/nothere" not found: not found`:                                                                      `"/nothere" not found`,
		`failed to solve: failed to compute cache key: failed to calculate checksum of ref 8e2a::wq7: "/nothere": not found`:                                                                  `"/nothere": not found`,
		`failed to compute cache key: failed to walk /var/lib/docker/tmp/buildkit-mount3414600777/src: lstat /var/lib/docker/tmp/buildkit-mount3414600777/src: no such file or directory`:     `lstat /src: no such file or directory`,
		`lstat /var/lib/docker/overlay2/59df1b2aac40/merged/x: no such file or directory`:                                                                                                     `lstat /x: no such file or directory`,
		`lstat /var/lib/docker/tmp/buildkit-mount12/src/a b: no such file or directory`:                                                                                                       `lstat /src/a b: no such file or directory`,
		`failed to receive status: rpc error: code = Unavailable desc = error reading from server: EOF`:                                                                                       brokenOff,
		`base: resolving image docker.io/library/base:latest: listing workers for Build: failed to list workers: Unavailable: connection error: desc = "transport: Error while dialing: EOF"`: brokenOff,
		`reading stages: Unavailable: error reading from server: EOF`:                                                                                                                         brokenOff,
		`base: resolving image python:3.9-alpine: ` + brokenOff:                                                                                                                               brokenOff,
		`the step says: service Unavailable`: "the step says: service Unavailable",
		`failed to run Build function: python:3.9-slm: docker.io/library/python:3.9-slm: not found`:                                                     "python:3.9-slm: docker.io/library/python:3.9-slm: not found",
		`failed to solve with frontend dockerfile.v0: failed to solve: runc did not terminate successfully: "/bin/sh -c x" exit code: 2: out of memory`: "exit code: 2: out of memory",
	} {
		if got := PlainMessage(raw); got != want {
			t.Errorf("%s\n got %q\nwant %q", raw, got, want)
		}
	}
}

func TestHintsNameTheNextStep(t *testing.T) {
	for _, msg := range []string{"exit code: 127", "exit code: 137", brokenOff, `"/x" not found`, `"/x": not found`, "pull access denied, repository does not exist", "no space left on device"} {
		if Hint(msg) == "" {
			t.Errorf("%s: no hint", msg)
		}
	}
}

// TestBrokenOff: a failure is told by its cause, however it is worded for where the build was made.
func TestBrokenOff(t *testing.T) {
	broke := errors.New("failed to receive status: rpc error: code = Unavailable desc = error reading from server: EOF")
	worded := &Failure{Failed: event.Failed{Message: "the connection to builder team (remote) broke"}, Err: broke}
	for _, err := range []error{broke, worded, fmt.Errorf("checking: %w", worded)} {
		if !BrokenOff(err) {
			t.Errorf("%v is no broken connection", err)
		}
	}
	if err := (&Failure{Failed: event.Failed{Message: "exit code: 1"}, Err: errors.New("exit code: 1")}); BrokenOff(err) {
		t.Errorf("%v is a broken connection", err)
	}
}

func TestPlainKeepsTheCause(t *testing.T) {
	cause := errors.New("failed to solve: rpc error: code = Unknown desc = exit code: 1")
	if err := Plain(cause); err.Error() != "exit code: 1" || !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
	if Plain(nil) != nil {
		t.Error("no error is one")
	}
}
