package plan

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/stagewatch/stagewatch/engine/event"
)

// FuzzPlan plans any bytes for any changed path: nothing panics, what is wrong comes back as an Error, and what is
// right has steps that agree with the Dockerfile.
func FuzzPlan(f *testing.F) {
	files, _ := filepath.Glob("testdata/real/*.txtar")
	for _, name := range files {
		dt, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(section(txtar.Parse(dt), "Dockerfile"), "src/main.go", "src", "lib")
	}
	f.Add([]byte(sample), "app/main.py", "app", "other/app")
	f.Add([]byte("FROM a AS x\nFROM x AS x\nCOPY --from=x . .\nFROM x\nRUN <<A\nA\n"), "", "", "")
	f.Add([]byte("# a\n# check=skip=all\nFROM a\n# check=error\nRUN x\nWORKDIR /\nCOPY --link a b /\n"), "a", "", "")
	f.Add([]byte("FROM a\nCOPY a*/[b-/../c? \\d* /\n"), "a*/b", "l", "../../..")
	f.Fuzz(func(t *testing.T, dockerfile []byte, changed, link, target string) {
		in := Input{Dockerfile: dockerfile, Filename: "Dockerfile"}
		p, err := New(context.Background(), in, Offline{})
		if err != nil {
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("%T: %v", err, err)
			}
			if e.Message == "" || e.Line < 0 || e.End < e.Line {
				t.Fatalf("%+v", e)
			}
			return
		}
		tree := links{link: target, target: link}
		for _, kind := range []string{event.ContentChanged, event.ModeChanged, event.Added, event.Deleted} {
			c := Change{Change: event.Change{Path: changed, Kind: kind}}
			predictions := p.Predict(p, []Change{c}, tree)
			if reads := p.Reads(c, tree); !reads {
				for i, pr := range predictions {
					if pr.Prediction != event.WillHit && !p.uncached(i) {
						t.Errorf("%s of %q is not read, and %s is %s", kind, changed, p.Steps[i].ID(), pr.Prediction)
					}
				}
			}
		}
		p.Predict(nil, nil, nil)
		if _, err := p.Bind("session"); err != nil {
			t.Error(err)
		}
		checkGraph(t, p)
		for _, s := range p.Steps {
			if s.Line < 1 || s.End < s.Line || s.Index < 1 || s.Index > s.Total {
				t.Errorf("step %+v", s)
			}
		}
		p.Before()
		p.Base(p.Target)
	})
}

// uncached reports whether step i, or one before it, never comes out of the cache.
func (p *Plan) uncached(i int) bool {
	for _, v := range p.verdicts(p, nil, nil) {
		if v.prediction != event.WillHit {
			return true
		}
	}
	return false
}
