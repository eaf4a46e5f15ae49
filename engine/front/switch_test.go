package front

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// The front's promise: whoever asks while builds come and go gets an answer, each time.
func TestNoRequestFailsOverTwoHundredSwitches(t *testing.T) {
	f := open(t, 10*time.Second)
	var posted sync.Map
	var twice atomic.Int64
	// As a container does, each backend lives until it has answered its last request, and not longer.
	start := func(build int) (Backend, *http.Server) {
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			if _, seen := posted.LoadOrStore(string(body), true); seen && len(body) > 0 {
				twice.Add(1)
			}
			fmt.Fprintf(w, "build %d read %d", build, len(body))
		})}
		listener := mustListen(t)
		go func() { _ = server.Serve(listener) }()
		return Backend{Addr: listener.Addr().String(), Build: build}, server
	}
	backend, server := start(1)
	f.Switch(backend)

	var asked, failed atomic.Int64
	stop := make(chan struct{})
	var load sync.WaitGroup
	for worker := range 8 {
		load.Go(func() {
			transport := &http.Transport{DisableKeepAlives: worker%2 == 0}
			defer transport.CloseIdleConnections()
			c := &http.Client{Transport: transport, Timeout: patience}
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				asked.Add(1)
				if err := askOnce(c, f, worker, i); err != nil {
					failed.Add(1)
					t.Log(err)
				}
			}
		})
	}
	for build := 2; build <= 201; build++ {
		next, nextServer := start(build)
		drain := f.Switch(next)
		if left := drain.Wait(within(t, patience)); left > 0 {
			t.Errorf("%d requests stayed on build %d", left, build-1)
		}
		server.Close()
		server = nextServer
	}
	close(stop)
	load.Wait()
	server.Close()
	if failed.Load() > 0 {
		t.Errorf("%d of %d requests failed", failed.Load(), asked.Load())
	}
	if twice.Load() > 0 {
		t.Errorf("%d of %d requests reached an app twice", twice.Load(), asked.Load())
	}
	t.Logf("%d requests over 200 switches", asked.Load())
}

// askOnce sends a GET, or every third time a POST, which must not be sent twice.
func askOnce(c *http.Client, f *Front, worker, i int) error {
	var answer *http.Response
	var err error
	if i%3 == 0 {
		answer, err = c.Post(url(f, "/"), "text/plain", strings.NewReader(fmt.Sprint(worker, "-", i)))
	} else {
		answer, err = c.Get(url(f, "/"))
	}
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil && (answer.StatusCode != http.StatusOK || !strings.HasPrefix(string(body), "build "+answer.Header.Get(BuildHeader)+" ")) {
		err = fmt.Errorf("answer %s of build %q: %q", answer.Status, answer.Header.Get(BuildHeader), body)
	}
	return err
}

func TestARequestInFlightFinishesOnTheOldBackend(t *testing.T) {
	f := open(t, 10*time.Second)
	arrived, finish := make(chan struct{}), make(chan struct{})
	f.Switch(app(t, 1, func(w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		<-finish
		_, _ = io.WriteString(w, "old")
	}))
	slow := make(chan string, 1)
	c, r := client(t), request(t, f, http.MethodGet, "/", nil)
	go func() { slow <- reply(c, r) }()
	<-arrived
	drain := f.Switch(app(t, 2, saying("new")))

	answer, body := get(t, f, "/")
	wantBuild(t, answer, 2)
	if body != "new" {
		t.Errorf("a new request was answered %q", body)
	}
	if left := drain.Wait(within(t, 50*time.Millisecond)); left != 1 {
		t.Errorf("%d requests left on the old backend, want 1", left)
	}
	close(finish)
	if got := <-slow; got != "200 1 old" {
		t.Errorf("the slow request was answered %q", got)
	}
	if left := drain.Wait(within(t, patience)); left != 0 {
		t.Errorf("%d requests left after the last one finished", left)
	}
}

// After the cut, the front repeats those requests that may be repeated. The clients of the others see the cut.
func TestCutEndsWhatIsStillOnTheOldBackend(t *testing.T) {
	for _, c := range []struct{ method, want string }{{http.MethodGet, "200 2 new"}, {http.MethodPost, "EOF"}} {
		t.Run(c.method, func(t *testing.T) {
			f := open(t, 10*time.Second)
			arrived := make(chan struct{})
			f.Switch(app(t, 1, func(_ http.ResponseWriter, r *http.Request) {
				close(arrived)
				<-r.Context().Done()
			}))
			got := make(chan string, 1)
			asker, r := client(t), request(t, f, c.method, "/", nil)
			go func() { got <- reply(asker, r) }()
			<-arrived
			f.Switch(app(t, 2, saying("new"))).Cut()
			if answer := <-got; !strings.HasSuffix(answer, c.want) {
				t.Errorf("%q, want %q", answer, c.want)
			}
		})
	}
}

func TestRequestsWaitForTheFirstBackend(t *testing.T) {
	f := open(t, 10*time.Second)
	got := later(t, f, 1, http.MethodGet, nil)
	f.Switch(app(t, 1, saying("first")))
	if answer := <-got; answer != "200 1 first" {
		t.Errorf("answered %q", answer)
	}
}

// For apps that can't run twice at once, the old one stops before the new one starts.
func TestHoldKeepsRequestsWaitingBetweenTwoBackends(t *testing.T) {
	f := open(t, 10*time.Second)
	f.Switch(app(t, 1, saying("old")))
	get(t, f, "/")
	if left := f.Hold().Wait(within(t, patience)); left != 0 {
		t.Fatalf("%d requests in flight", left)
	}
	one, two := later(t, f, 1, http.MethodGet, nil), later(t, f, 2, http.MethodPost, strings.NewReader("x"))
	f.Switch(app(t, 2, saying("new")))
	for _, got := range []<-chan string{one, two} {
		if answer := <-got; answer != "200 2 new" {
			t.Errorf("a held request was answered %q", answer)
		}
	}
}

// A container can die between two saves. Requests that come meanwhile wait for the next one.
func TestADeadBackendsRequestsGoToTheNext(t *testing.T) {
	f := open(t, 10*time.Second)
	dead := mustListen(t)
	f.Switch(Backend{Addr: dead.Addr().String(), Build: 1})
	dead.Close()
	got := make(chan string, 1)
	c, r := client(t), request(t, f, http.MethodPost, "/", strings.NewReader("body"))
	go func() { got <- reply(c, r) }()
	await(t, func() bool { return strings.Contains(stacks(), "(*route).reroute(") })
	f.Switch(app(t, 2, func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }))
	if answer := <-got; answer != "200 2 body" {
		t.Errorf("answered %q", answer)
	}
}

// The address of a container that is gone does not refuse connections, it is silent. Requests that are dialling it must
// not fail.
func TestWhoIsDiallingADeadBackendMovesOnWithTheCut(t *testing.T) {
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		t.Run(method, func(t *testing.T) {
			f := open(t, 10*time.Second)
			dialling, ended := make(chan struct{}), make(chan error, 1)
			once := sync.OnceFunc(func() { close(dialling) })
			f.Switch(Backend{Addr: "gone:1", Build: 1, Dial: func(ctx context.Context) (net.Conn, error) {
				once()
				<-ctx.Done()
				select {
				case ended <- ctx.Err():
				default:
				}
				return nil, ctx.Err()
			}})
			got := make(chan string, 1)
			c, r := client(t), request(t, f, method, "/", nil)
			go func() { got <- reply(c, r) }()
			<-dialling
			f.Hold().Cut()
			f.Switch(app(t, 2, saying("new")))
			if answer := <-got; answer != "200 2 new" {
				t.Errorf("answered %q", answer)
			}
			// It was not the time that was over.
			if err := <-ended; !errors.Is(err, context.Canceled) {
				t.Errorf("dialling ended with %v", err)
			}
		})
	}
}
