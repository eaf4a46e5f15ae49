package solve_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	diff "github.com/google/go-cmp/cmp"

	"github.com/stagewatch/stagewatch/engine/dock/docktest"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/solve"
)

// feature is a Dockerfile that uses one feature of the language. In it BASE is an image with busybox, HTTP a server.
type feature struct {
	name, dockerfile string
	attrs            map[string]string
	// fails is part of what we say where neither builds it.
	fails string
	// lacks is part of what we say where the engine can't do it, if it is known that some engines can't.
	lacks string
	// newer is set where the frontend of an older engine does something else, and says since when it does not: ours is the
	// newest one on every engine. What we make is then want, up to the length of it.
	newer string
	// apart is newer where no frontend does what ours does.
	apart string
	want  string
}

// TestFeatures builds each feature of the Dockerfile with the engine's own frontend, as docker build and buildx do, and
// with ours. The images must be equal: files, modes, owners, links and the config.
func TestFeatures(t *testing.T) {
	if testing.Short() {
		t.Skip("builds some hundred images, and -short says to be quick")
	}
	engine := docktest.Engine(t)
	session := docktest.Session(t, engine)
	newFeatures(t, onEngine{engine, session}, session, "python:3.9-alpine").checkAll(t)
}

// TestFeaturesOnBuildkitd is about the BuildKit whose frontend is ours: nothing is newer in ours, and nothing lacks.
func TestFeaturesOnBuildkitd(t *testing.T) {
	if testing.Short() {
		t.Skip("builds some hundred images, and -short says to be quick")
	}
	daemon := docktest.NewBuildkitd(t)
	engine := docktest.Engine(t)
	session := docktest.Session(t, engine)
	f := newFeatures(t, onBuildkitd{daemon}, session, daemon.Fetch(t, engine, "python:3.9-alpine"))
	f.newest = true
	f.checkAll(t)
}

func (f *features) checkAll(t *testing.T) {
	for _, table := range [][]feature{copying, adding, running, expanding, configuring} {
		for _, c := range table {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				f.check(t, c)
			})
		}
	}
}

func (f *features) check(t *testing.T, c feature) {
	if strings.Contains(c.dockerfile, "HTTP/") && f.server == "" {
		t.Skip("the engine reaches no server of this test")
	}
	c.dockerfile = f.words.Replace(c.dockerfile)
	if f.newest {
		c.lacks, c.newer = "", ""
	}
	c.newer = cmp.Or(c.newer, c.apart)
	theirs, theirErr := f.theirs(t, c)
	ours, ourErr := f.ours(t, c)
	if theirErr == nil && ourErr == nil && theirs == ours && c.want == "" {
		return // the same image
	}
	var made string
	if ourErr == nil {
		made = f.describe(t, ours)
		if c.want != "" && !strings.HasPrefix(made, c.want) {
			t.Errorf("we make\n%swant\n%s", made, c.want)
		}
	}
	said := explained(ourErr)
	switch {
	case ourErr == nil && theirErr == nil:
		if theirs := f.describe(t, theirs); theirs != made && (c.newer == "" || c.want == "") {
			t.Errorf("the engine's frontend makes (-), we make (+)\n%s\nwe make\n%s", diff.Diff(theirs, made), made)
		}
	case ourErr == nil:
		if c.newer == "" || c.want == "" {
			t.Errorf("only we build it. The engine's frontend says: %v\nwe make\n%s", theirErr, made)
		}
	case c.lacks != "" && strings.Contains(said, c.lacks):
		if theirErr == nil && c.newer == "" {
			t.Errorf("the engine can do it. We say: %s", said)
		}
	case c.fails == "" || !strings.Contains(said, c.fails) || theirErr == nil && c.newer == "":
		t.Errorf("we say: %s\nthe engine's frontend says: %v", said, theirErr)
	}
}

// explained returns an error with its hint.
func explained(err error) string {
	var failed *solve.Failure
	var faulty *plan.Error
	switch {
	case errors.As(err, &failed):
		return err.Error() + "\n" + failed.Hint
	case errors.As(err, &faulty):
		return err.Error() + "\n" + faulty.Hint
	case err != nil:
		return err.Error()
	}
	return ""
}

// serve starts a server and returns its address.
func serve(t *testing.T) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Last-Modified", "Thu, 02 Jan 2020 03:04:05 GMT")
		fmt.Fprint(w, "served "+r.URL.Path)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// base makes a small image with busybox, a user and a group, and returns its name.
func (f *features) base(t *testing.T, name, dockerfile string) string {
	id := docktest.Build(t, f.place, f.session, dockerfile, map[string]string{
		"passwd": "root:x:0:0::/root:/bin/sh\nuser:x:1001:1002::/home:/bin/sh\n", "group": "root:x:0:\ngroup:x:1003:\n",
	})
	named, err := f.place.Name(t.Context(), id, []string{"stagewatch-features-" + name + ":" + f.session.ID})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.place.remove(context.Background(), named[0]) })
	return named[0]
}
