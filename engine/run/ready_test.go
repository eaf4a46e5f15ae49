package run

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stagewatch/stagewatch/engine/dock/docktest"
)

func TestReadyWaitsForAnAnswer(t *testing.T) {
	r := newRig(t)
	for _, c := range []struct {
		name string
		args []string
		http bool
	}{
		{"http, slow to boot", []string{"-boot", "500ms"}, true},
		{"a server that greets", []string{"-speak", "greeting"}, false},
		{"a server that accepts and says nothing", []string{"-speak", "mute"}, false},
	} {
		for _, direct := range []bool{true, false} {
			name := c.name + ", published"
			if direct {
				name = c.name + ", direct"
			}
			t.Run(name, func(t *testing.T) {
				runner := &Runner{engine: r.engine, labels: r.session.Labels(), direct: direct && r.runner.direct}
				sub := &rig{t, r.engine, r.session, runner}
				box := sub.serve(Spec{Image: sub.image(append([]string{"-listen", ":8080"}, c.args...)...)})
				if box.SpeaksHTTP() != c.http {
					t.Errorf("speaks HTTP: %v", box.SpeaksHTTP())
				}
			})
		}
	}
}

// The engine itself would run the check for the first time after thirty seconds.
func TestReadyAsksTheHealthcheckFromTheStart(t *testing.T) {
	r := newRig(t)
	image := docktest.Image(t, r.engine, r.session, cmd("-listen", ":8080", "-sick", "1s"),
		`HEALTHCHECK CMD ["/app","-health","http://127.0.0.1:8080/healthz"]`)
	// The app is sick for a second from its start, which is after this.
	began := time.Now()
	if err := r.start(Spec{Image: image, Port: 8080}).Ready(t.Context(), Readiness{Within: 25 * time.Second}); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took < time.Second {
		t.Errorf("ready after %s, while the health check still failed", took)
	}
}

// TestAHealthcheckMayTakeItsTime: it gets as long as the engine allows, and a while if that is very short.
func TestAHealthcheckMayTakeItsTime(t *testing.T) {
	r := newRig(t)
	for options, want := range map[string]time.Duration{"": healthWithin, "--timeout=40s ": 40 * time.Second, "--timeout=1s ": healthLeast} {
		image := docktest.Image(t, r.engine, r.session, cmd("-listen", ":8080"), "HEALTHCHECK "+options+`CMD ["/app","-exit","1"]`)
		c := r.start(Spec{Image: image, Port: 8080})
		if c.healthWithin != want {
			t.Errorf("with %q it may take %s", options, c.healthWithin)
		}
		if err := c.checkHealth(t.Context()); err == nil || err.Error() != "the health check exits with code 1 and prints nothing" {
			t.Errorf("%v", err)
		}
	}
}

func TestAHealthcheckThatNeverSucceedsIsQuoted(t *testing.T) {
	r := newRig(t)
	image := docktest.Image(t, r.engine, r.session, cmd("-listen", ":8080", "-sick", "1h"),
		`HEALTHCHECK CMD ["/app","-health","http://127.0.0.1:8080/healthz"]`)
	r.unready(r.start(Spec{Image: image, Port: 8080}), 5*time.Second, func(why *UnreadyError) bool {
		return strings.Contains(why.Error(), "503") && strings.Contains(why.Hint, "HEALTHCHECK")
	})
}

// unready waits for a container in vain, until the reason is told as expected: at first the time may be over before a busy
// machine gets as far.
func (r *rig) unready(c *Container, within time.Duration, expected func(*UnreadyError) bool) {
	r.Helper()
	for ; ; within *= 2 {
		err := c.Ready(r.Context(), Readiness{Within: within})
		var why *UnreadyError
		switch {
		case !errors.As(err, &why) || why.Exited:
			r.Fatal(err)
		case expected(why):
			return
		case within > time.Minute:
			r.Fatalf("%v, hint %q", err, why.Hint)
		}
	}
}

func TestAContainerThatExitsSaysItsCodeAndLastWords(t *testing.T) {
	r := newRig(t)
	c := r.start(Spec{Image: r.image("-complain", `ModuleNotFoundError: No module named 'flask'\\n`, "-exit", "3"), Port: 8080})
	// Its end is noticed, and not only that the time is over.
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err := c.Ready(ctx, Readiness{Within: time.Hour})
	var why *UnreadyError
	if !errors.As(err, &why) || !why.Exited || why.Exit.Code != 3 {
		t.Fatalf("%v", err)
	}
	if len(why.Tail) != 1 || !strings.Contains(why.Tail[0].Text, "No module named 'flask'") || why.Tail[0].Stream != "stderr" {
		t.Errorf("its last words: %v", why.Tail)
	}
}

func TestAnAppOnItsOwnLoopbackIsToldSo(t *testing.T) {
	r := newRig(t)
	if !r.runner.direct {
		t.Skip("the engine is not on this machine: its processes cannot be looked into")
	}
	r.unready(r.start(Spec{Image: r.image("-listen", "127.0.0.1:8080"), Port: 8080}), 3*time.Second, func(why *UnreadyError) bool {
		return strings.Contains(why.Hint, "listens on 127.0.0.1:8080")
	})
}

// A published port accepts connections for an app that does not listen, which must not count as an answer.
func TestAPublishedPortWithNobodyBehindItIsNotReady(t *testing.T) {
	r := newRig(t)
	r.runner.direct = false
	err := r.start(Spec{Image: r.image("-listen", ":9999"), Port: 8080}).Ready(t.Context(), Readiness{Within: 1500 * time.Millisecond})
	var why *UnreadyError
	if !errors.As(err, &why) || why.Exited {
		t.Errorf("%v", err)
	}
}

func TestAnAppWithoutAPortIsReadyWhenItLives(t *testing.T) {
	r := newRig(t)
	if err := r.start(Spec{Image: r.image("-life", "1h")}).Ready(t.Context(), Readiness{Within: 10 * time.Second}); err != nil {
		t.Error(err)
	}
	// On a busy machine it may live for longer than surviveFor.
	ended := r.start(Spec{Image: r.image("-exit", "2")})
	<-ended.Done()
	err := ended.Ready(t.Context(), Readiness{Within: 10 * time.Second})
	var why *UnreadyError
	if !errors.As(err, &why) || why.Exit.Code != 2 {
		t.Errorf("one that exits: %v", err)
	}
}

// A server that hangs up on HTTP is up; a port that hangs up on everybody is not.
func TestProbeTellsHangingUpFromNotBeingThere(t *testing.T) {
	hangUp := func(net.Conn) {}
	hangUpOnWords := func(conn net.Conn) { _, _ = conn.Read(make([]byte, 1)) }
	speakHTTP := func(conn net.Conn) {
		if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
			_, _ = io.WriteString(conn, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
		}
	}
	for _, c := range []struct {
		name string
		// talk are what is done with each connection in turn, the last with all that follow.
		talk       []func(net.Conn)
		up, speaks bool
	}{
		{"hangs up on whatever is said", []func(net.Conn){hangUpOnWords}, true, false},
		{"hangs up at once", []func(net.Conn){hangUp}, false, false},
		{"begins to listen behind a published port", []func(net.Conn){hangUp, speakHTTP}, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			go func() {
				for n := 0; ; n++ {
					conn, err := listener.Accept()
					if err != nil {
						return
					}
					go func() {
						defer conn.Close()
						c.talk[min(n, len(c.talk)-1)](conn)
					}()
				}
			}()
			_, speaks, err := probe(t.Context(), func(ctx context.Context) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, "tcp", listener.Addr().String())
			}, "/")
			if (err == nil) != c.up || speaks != c.speaks {
				t.Errorf("speaks HTTP: %v, error %v", speaks, err)
			}
		})
	}
}
