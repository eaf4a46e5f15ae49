package run

import (
	"fmt"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/container"

	"github.com/stagewatch/stagewatch/engine/fault"
)

// What a container prints is shown whatever log driver the engine has, or it is said why not and what to do.
func TestEveryLogDriverIsShownOrSaysWhyNot(t *testing.T) {
	away := map[string]string{"syslog-address": "udp://127.0.0.1:9"}
	nowhere := map[string]string{"syslog-address": "udp://127.0.0.1:9", "cache-disabled": "true"}
	for _, c := range []struct {
		driver string
		opts   map[string]string
		// why is in what is said of a log that is not shown, hint in what to do about it.
		why, hint string
	}{
		{driver: "json-file"},
		{driver: "local"},
		{driver: "syslog", opts: away},
		{driver: "syslog", opts: nowhere, why: `"syslog" keeps nothing`, hint: "cache-disabled"},
		{driver: "journald", why: "journald is not enabled on this host", hint: "json-file"},
		{driver: "none", why: "keeps no logs", hint: "json-file"},
	} {
		t.Run(fmt.Sprint(c.driver, c.opts["cache-disabled"]), func(t *testing.T) {
			r := newRig(t)
			// Lines as long as the pieces that the engine cuts longer ones into, and around that.
			parts := []int{1, fullMessage - 1, fullMessage, fullMessage + 1, 40000, 1}
			var print strings.Builder
			for _, n := range parts {
				print.WriteString(strings.Repeat("y", n) + `\n`)
			}
			created, err := r.engine.Client.ContainerCreate(t.Context(),
				&container.Config{Image: r.image(), Cmd: []string{"/app", "-say", print.String()}, Labels: r.session.Labels()},
				&container.HostConfig{LogConfig: container.LogConfig{Type: c.driver, Config: c.opts}}, nil, nil, "")
			if err != nil {
				t.Fatal(err)
			}
			startErr := startCreated(t.Context(), r.engine.Client, created.ID)
			var why error
			var log diary
			reader := &Container{ID: created.ID, runner: r.runner, logDriver: c.driver, logged: make(chan struct{}), tail: newTail(),
				spec: Spec{Log: log.write, NoLog: func(err error) { why = err }}}
			reader.follow(t.Context())
			if startErr != nil {
				if c.why == "" {
					t.Fatal(startErr)
				}
				// The driver can't run on this engine's machine: then no container starts either.
				if err := explainStart("starting the container", startErr); !strings.Contains(err.Error(), c.why) || !strings.Contains(fault.Hint(err), c.hint) {
					t.Errorf("%v, hint %q", err, fault.Hint(err))
				}
			} else if c.driver == "journald" {
				c.why = ""
			}
			if c.why != "" {
				if why == nil || !strings.Contains(why.Error(), c.why) || !strings.Contains(fault.Hint(why), c.hint) || len(log.lines) != 0 {
					t.Errorf("said %v, hint %q, with %d lines", why, fault.Hint(why), len(log.lines))
				}
				return
			}
			var got []int
			for _, text := range log.texts("stdout") {
				got = append(got, len(text))
			}
			if fmt.Sprint(got) != fmt.Sprint(parts) || why != nil {
				t.Errorf("lines of %d bytes, want %d; said %v", got, parts, why)
			}
		})
	}
}
