package run

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stagewatch/stagewatch/engine/dock/docktest"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
)

// The events say what is waited for, and then what the app does instead, whether or not the engine runs on our kernel.
func TestWhoWaitsIsToldWhatTheAppListensOnInstead(t *testing.T) {
	r := newRig(t)
	for _, c := range []struct {
		name string
		args []string
		// message and hint are those of the last event.
		message, hint string
	}{
		{"another port", []string{"-listen", ":5000"}, "your app listens on 5000, not on 8080", "-p 9090:5000"},
		{"its own loopback", []string{"-listen", "127.0.0.1:8080"}, "your app listens on 127.0.0.1:8080 inside the container", "0.0.0.0:8080"},
		{"its own loopback, IPv6", []string{"-listen", "[::1]:8080"}, "your app listens on [::1]:8080 inside the container", "0.0.0.0:8080"},
		{"IPv6 alone", []string{"-listen", "[::]:8080"}, "your app listens on 8080 for IPv6 only", "0.0.0.0:8080"},
		{"another port of its own loopback", []string{"-listen", "127.0.0.1:3000"}, "your app listens on 127.0.0.1:3000 inside the container", "0.0.0.0:8080"},
		{"nothing yet", []string{"-listen", ":8080", "-boot", "1h"}, "nothing in the container listens on a port so far", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if strings.Contains(c.name, "IPv6") && !r.hasIPv6(t) {
				t.Skip("containers have no IPv6 here")
			}
			sub := &rig{t, r.engine, r.session, r.runner}
			box := sub.start(Spec{Image: sub.image(c.args...), Port: 8080, Published: "9090"})
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			var got []event.Waiting
			err := box.Ready(ctx, Readiness{Within: time.Minute, Waiting: func(w event.Waiting) {
				// On a busy machine the first look may find an app that has not got as far.
				if got = append(got, w); strings.Contains(w.Message, c.message) {
					cancel()
				}
			}})
			if !errors.Is(err, context.Canceled) || len(got) < 2 {
				t.Fatalf("%v, got %+v", err, got)
			}
			if first := got[0]; first.For != ":8080" || first.Message != "" || first.Container != box.ID {
				t.Errorf("at first it says %+v", first)
			}
			if last := got[len(got)-1]; !strings.Contains(last.Message, c.message) || !strings.Contains(last.Hint, c.hint) || (last.Hint == "") != (c.hint == "") {
				t.Errorf("then it says %+v", last)
			}
		})
	}
}

func (r *rig) hasIPv6(t *testing.T) bool {
	conn, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		return false
	}
	conn.Close()
	c := r.start(Spec{Image: r.image("-listen", "[::1]:1", "-life", "1h"), Port: 8080})
	// An engine elsewhere does not say what listens in a container that has no programs: there it is given some time.
	for begin := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		select {
		case <-c.Done():
			return false
		default:
		}
		if found, known := c.listening(t.Context()); len(found) > 0 || !known && time.Since(begin) > 5*time.Second {
			return true
		}
	}
}

// In a virtual machine we can't look at the engine's processes, so a program in the container reads the tables.
func TestWhatListensIsFoundFromInsideToo(t *testing.T) {
	r := newRig(t)
	image := docktest.Build(t, r.engine, r.session, "FROM python:3.9-alpine\nCMD [\"python3\",\"-m\",\"http.server\",\"5000\"]\n", nil)
	c := r.start(Spec{Image: image, Port: 8080})
	// Makes the pid one of another process.
	c.pid = 1
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		found, known := c.listening(t.Context())
		if known && len(found) == 1 && found[0].Port() == 5000 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("found %v, known %v", found, known)
		}
	}
}

func TestReadyPathHasToAnswerWell(t *testing.T) {
	for name, c := range map[string]struct {
		r      Readiness
		status func(asked int64) int
		// asks is how many attempts it takes, 0 for never.
		asks int64
	}{
		"any answer will do":               {Readiness{}, func(int64) int { return 404 }, 1},
		"an error will do for the first":   {Readiness{}, func(int64) int { return 500 }, 1},
		"an error passes":                  {Readiness{Patience: time.Hour}, func(n int64) int { return map[bool]int{true: 503, false: 200}[n < 4] }, 4},
		"a refusal is no error of the app": {Readiness{Patience: time.Hour}, func(int64) int { return 401 }, 1},
		"an error that stays":              {Readiness{Patience: 150 * time.Millisecond}, func(int64) int { return 500 }, -1},
		"a path":                           {Readiness{Path: "/ready?x=1"}, func(n int64) int { return map[bool]int{true: 404, false: 204}[n < 3] }, 3},
		"a path that leads elsewhere":      {Readiness{Path: "/ready"}, func(int64) int { return 302 }, 1},
		"a path that never does well":      {Readiness{Path: "/ready"}, func(int64) int { return 404 }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if want := map[bool]string{true: "/", false: c.r.Path}[c.r.Path == ""]; r.URL.RequestURI() != want {
					t.Errorf("asked for %s", r.URL)
				}
				w.WriteHeader(c.status(asked.Add(1)))
			}))
			defer server.Close()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			dial := func(ctx context.Context) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, "tcp", server.Listener.Addr().String())
			}
			failures := 0
			status, spoke, err := awaitAnswer(ctx, dial, c.r, func(error) {
				if failures++; c.asks == 0 && failures == 3 {
					cancel()
				}
			})
			switch {
			case c.asks == 0:
				if err == nil || !strings.Contains(err.Error(), "GET /ready answers 404") {
					t.Errorf("%d %v", status, err)
				}
			case err != nil || !spoke || status != c.status(asked.Load()):
				t.Errorf("%d %v %v", status, spoke, err)
			case c.asks > 0 && asked.Load() != c.asks, c.asks < 0 && asked.Load() < 2:
				t.Errorf("ready after %d answers", asked.Load())
			}
		})
	}
}

// --ready-path comes from a person, so it overrides the image's HEALTHCHECK.
func TestReadyPathGoesBeforeTheHealthcheck(t *testing.T) {
	r := newRig(t)
	image := docktest.Image(t, r.engine, r.session, cmd("-listen", ":8080"), `HEALTHCHECK CMD ["/app","-health","http://127.0.0.1:1/"]`)
	c := r.start(Spec{Image: image, Port: 8080})
	if err := c.Ready(t.Context(), Readiness{Path: "/env", Within: 30 * time.Second}); err != nil || c.Answered() != 200 {
		t.Errorf("%v, answered %d", err, c.Answered())
	}
}

func TestAReadyPathThatNeverAnswersWellIsNamed(t *testing.T) {
	r := newRig(t)
	c := r.serve(Spec{Image: r.image("-listen", ":8080")})
	err := c.Ready(t.Context(), Readiness{Path: "/file/nothing", Within: 3 * time.Second})
	var why *UnreadyError
	if !errors.As(err, &why) || why.Exited || !strings.Contains(why.Hint, "--ready-path /file/nothing") {
		t.Errorf("%v", err)
	}
}

// A kernel says little about a program that it can't execute. The fault is in the file.
func TestAProgramThatCannotBeExecutedIsExplained(t *testing.T) {
	r := newRig(t)
	for name, c := range map[string]struct{ file, cmd, want string }{
		"CR LF":                           {"#!/bin/sh\r\necho hi\r\n", "", "CR LF"},
		"CR LF, after env":                {"#!/usr/bin/env python3\r\nprint()\r\n", "", "CR LF"},
		"CR LF, by a shell":               {"#!/bin/sh\r\necho hi\r\n", `CMD ["sh","-c","/entry.sh"]`, "CR LF"},
		"no #! line":                      {"echo hi\n", "", "no #! line"},
		"a mark before it":                {"\xef\xbb\xbf#!/bin/sh\necho hi\n", "", "byte order mark"},
		"no such interpreter":             {"#!/nope/bash -e\necho hi\n", "", "names /nope/bash, which the final stage does not have"},
		"no such interpreter, by a shell": {"#!/nope/bash -e\necho hi\n", `CMD ["sh","-c","/entry.sh"]`, "names /nope/bash, which the final stage does not have"},
		"no binary of this machine":       {"\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 11) + "\xb7\x00" + strings.Repeat("\x00", 100), "", "AARCH64"},
		"a shell without a program":       {"#!/bin/sh\n", `CMD ["sh","-c","/nothing.sh"]`, "has no file /nothing.sh"},
		"a taken address":                 {"#!/bin/sh\necho 'listen tcp :8080: bind: address already in use'; exit 1\n", "", "--swap restart"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := `CMD ["/entry.sh"]`
			if c.cmd != "" {
				run = c.cmd
			}
			sub := &rig{t, r.engine, r.session, r.runner}
			image := docktest.Build(t, r.engine, r.session, "FROM python:3.9-alpine\nCOPY --chmod=755 entry.sh /\n"+run+"\n", map[string]string{"entry.sh": c.file})
			err := sub.start(Spec{Image: image, Port: 8080}).Ready(t.Context(), Readiness{Within: 30 * time.Second})
			var why *UnreadyError
			if !errors.As(err, &why) || !why.Exited || !strings.Contains(why.Hint, c.want) {
				var said []byte
				if why != nil {
					said, _ = json.Marshal(why.Tail)
				}
				t.Errorf("%v, it said %s, hint %q", err, said, why.Hint)
			}
		})
	}
}

// A start that the runtime refuses at once is an error with a hint.
func TestAStartThatFailsIsExplained(t *testing.T) {
	r := newRig(t)
	for name, c := range map[string]struct{ lines, want string }{
		"not executable":   {"COPY entry.sh /\nCMD [\"/entry.sh\"]", "chmod"},
		"not there":        {"CMD [\"/nothing\"]", "final stage"},
		"not on the path":  {"CMD [\"nothing\"]", "final stage"},
		"nobody":           {"USER nobody-we-know\nCMD [\"true\"]", "USER"},
		"a file as folder": {"COPY entry.sh /\nCMD [\"true\"]\nVOLUME /entry.sh/x", "file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			image := docktest.Build(t, r.engine, r.session, "FROM python:3.9-alpine\n"+c.lines+"\n", map[string]string{"entry.sh": "#!/bin/sh\n"})
			_, err := r.runner.Start(t.Context(), Spec{Image: image, Port: 8080})
			var failed *fault.Error
			if !errors.As(err, &failed) || !strings.Contains(failed.Hint, c.want) || strings.Contains(err.Error(), "OCI runtime") {
				t.Errorf("%v", err)
			}
		})
	}
}
