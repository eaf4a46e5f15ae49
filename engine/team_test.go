package engine

import (
	"context"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stagewatch/stagewatch/engine/compose"
	"github.com/stagewatch/stagewatch/engine/desk"
	"github.com/stagewatch/stagewatch/engine/dockercompose"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/run"
	"github.com/stagewatch/stagewatch/engine/serve"
)

// companions are services that docker compose runs, as it would say.
type companions struct {
	mu     sync.Mutex
	states map[string]dockercompose.State
	did    []string
	like   *run.Likeness
}

func (c *companions) set(t *team, service string, s dockercompose.State) {
	c.mu.Lock()
	c.states[service] = s
	c.mu.Unlock()
	t.change()
}

func (c *companions) State(_ context.Context, service string) (dockercompose.State, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.states[service], nil
}

func (c *companions) Template(context.Context, string) (*run.Likeness, error) { return c.like, nil }

func (c *companions) Anew(service string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.did = append(c.did, "anew "+service)
}

func (c *companions) Up(_ context.Context, service string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.did = append(c.did, "up "+service)
	if service == "broken" {
		return errors.New("no such image")
	}
	return nil
}

func (c *companions) Logs(ctx context.Context, service string, out, errs io.Writer) error {
	_, _ = io.WriteString(out, "ready\n")
	_, _ = io.WriteString(errs, "careful\n")
	<-ctx.Done()
	return nil
}

// TestWhoWaitsForWhom: a service is waited for as its condition says, and the reason is told once as long as it is the same.
func TestWhoWaitsForWhom(t *testing.T) {
	running, exited := dockercompose.State{Running: true}, func(code int) dockercompose.State { return dockercompose.State{Exited: true, Code: code} }
	for name, tt := range map[string]struct {
		condition compose.Condition
		states    []dockercompose.State
		said      []string
	}{
		"started":   {compose.Started, []dockercompose.State{{}, {}, running}, []string{"db does not run yet"}},
		"healthy":   {compose.Healthy, []dockercompose.State{{}, running, {Running: true, Sick: true}, {Running: true, Healthy: true}}, []string{"db does not run yet", "db is not healthy yet"}},
		"completed": {compose.Completed, []dockercompose.State{running, exited(1), running, exited(0)}, []string{"db has not ended yet", "db ended with exit code 1", "db has not ended yet"}},
		"gone":      {compose.Started, []dockercompose.State{exited(2), running}, []string{"db has ended with exit code 2"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := &companions{states: map[string]dockercompose.State{"db": tt.states[0]}}
				team := newTeam(c)
				team.after = map[string]map[string]compose.Condition{"web": {"db": tt.condition}}
				var said []string
				done := make(chan error, 1)
				go func() {
					done <- team.await(t.Context(), "web", func(w event.Waiting) { said = append(said, w.Message) })
				}()
				for _, s := range tt.states[1:] {
					synctest.Wait()
					if len(done) > 0 {
						t.Error("it does not wait any more")
					}
					c.set(team, "db", s)
				}
				if err := <-done; err != nil {
					t.Error(err)
				}
				if !slices.Equal(said, tt.said) {
					t.Errorf("it said %q, want %q", said, tt.said)
				}
			})
		})
	}
}

// TestAMemberStartsOnceItsTurnHasCome: behind those that it waits for at first, and at once from then on; each time like what
// docker compose made.
func TestAMemberStartsOnceItsTurnHasCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &companions{states: map[string]dockercompose.State{}, like: &run.Likeness{}}
		team := newTeam(c)
		team.here = map[string]bool{"api": true, "web": true}
		team.after = map[string]map[string]compose.Condition{"web": {"api": compose.Started}}
		var starts starts
		r := team.runner("web", &starts, func(int, event.Body) {})
		done := make(chan error, 1)
		go func() {
			_, err := r.Start(t.Context(), run.Spec{Build: 1})
			done <- err
		}()
		synctest.Wait()
		team.saw("api", event.Built{})
		synctest.Wait()
		if len(starts) > 0 {
			t.Fatal("it started before api served")
		}
		team.saw("api", event.Serving{})
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		delete(team.served, "api")
		if _, err := r.Start(t.Context(), run.Spec{Build: 2}); err != nil {
			t.Fatal(err)
		}
		if len(starts) != 2 || starts[0].Like != c.like || starts[1].Build != 2 {
			t.Errorf("started were %+v", starts)
		}
	})
}

// starts are the containers that were asked for.
type starts []run.Spec

func (s *starts) Start(_ context.Context, spec run.Spec) (serve.Instance, error) {
	*s = append(*s, spec)
	return nil, nil
}

// heard returns the voices of services whose events are noted, one at a time.
func heard(note func(service string, b event.Body)) func(service string) desk.Voice {
	var mu sync.Mutex
	out := desk.NewOutbox()
	return func(service string) desk.Voice {
		return out.Voice(service, func(b event.Body) event.Body {
			mu.Lock()
			defer mu.Unlock()
			note(service, b)
			return b
		})
	}
}

// TestCompanionsAreFollowed: how they stand is told whenever it changes, with their lines.
func TestCompanionsAreFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &companions{states: map[string]dockercompose.State{"db": {Running: true}}}
		team := newTeam(c)
		said := map[string][]string{}
		voice := heard(func(service string, b event.Body) {
			switch b := b.(type) {
			case event.Companion:
				said[service] = append(said[service], string(b.State))
			case event.Log:
				said[service+" "+b.Stream] = append(said[service+" "+b.Stream], b.Text)
			case event.Warning:
				said[service] = append(said[service], b.Message)
			}
		})
		ctx, end := context.WithCancel(t.Context())
		var others sync.WaitGroup
		for _, name := range []string{"db", "broken"} {
			others.Go(func() { team.other(ctx, name, voice(name)) })
		}
		synctest.Wait()
		c.set(team, "db", dockercompose.State{Running: true, Healthy: true})
		synctest.Wait()
		c.set(team, "db", dockercompose.State{Exited: true, Code: 3})
		synctest.Wait()
		end()
		others.Wait()
		want := map[string][]string{
			"db": {"waiting", "starting", "running", "healthy", "exited"}, "db stdout": {"ready"}, "db stderr": {"careful"},
			"broken": {"waiting", "starting", "not started: no such image"},
		}
		if !maps.EqualFunc(said, want, slices.Equal) {
			t.Errorf("said was %q, want %q", said, want)
		}
		if slices.Sort(c.did); strings.Join(c.did, ", ") != "up broken, up db" {
			t.Errorf("docker compose was asked for %q", c.did)
		}
	})
}

// TestAnEditOfTheProject: who is run otherwise is run anew, and what else an edit means is told. One that can't be read, as half
// written, changes nothing.
func TestAnEditOfTheProject(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "compose.yaml")
		write := func(text string) {
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			time.Sleep(4 * lookEvery)
		}
		write("first")
		c := &companions{states: map[string]dockercompose.State{}}
		team := newTeam(c)
		var said []string
		voice := heard(func(service string, b event.Body) {
			switch b := b.(type) {
			case event.Skipped:
				said = append(said, service+": "+b.Why())
			case event.Warning:
				said = append(said, service+": "+b.Message)
			}
		})
		read := make(chan []compose.Edit, 1)
		p := Services{Others: []string{"db"}, File: "compose.yaml", Sources: []string{file}, Edits: func(context.Context) ([]compose.Edit, error) {
			if edits := <-read; edits != nil {
				return edits, nil
			}
			return nil, errors.New("line 3")
		}}
		to := map[string]chan event.Intent{"web": make(chan event.Intent, 16)}
		ctx, end := context.WithCancel(t.Context())
		over := make(chan struct{})
		go func() {
			defer close(over)
			p.reconfigured(ctx, team, voice, to)
		}()
		time.Sleep(4 * lookEvery)
		read <- nil
		write("half")
		read <- []compose.Edit{{What: "volumes changed"}, {Service: "db", What: "command changed", Now: true}, {Service: "new", What: "is new"},
			{Service: "web", What: "environment changed (A)", Now: true}, {Service: "web", What: "ports changed"}}
		write("the whole")
		end()
		<-over
		want := []string{
			": the project can't be read, and goes on as it was: line 3", ": volumes changed; it takes effect at the next start",
			"db: command changed; a new container starts", ": service new is new; it takes effect at the next start",
			"web: environment changed (A); a new container starts", "web: ports changed; it takes effect at the next start",
		}
		if !slices.Equal(said, want) {
			t.Errorf("said was %q, want %q", said, want)
		}
		if got := strings.Join(c.did, ", "); got != "up db, anew web" {
			t.Errorf("docker compose was asked for %q", got)
		}
		if n := len(to["web"]); n != 1 {
			t.Errorf("%d intents, want one", n)
		}
	})
}
