package plan

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stagewatch/stagewatch/engine/event"
)

// files are those of every state: a link has its target, a folder ends in a slash, anything else is a file.
type files map[string]string

func (f files) At(_ int, p string) (Entry, error) {
	switch what, ok := f[p]; {
	case !ok:
		return Entry{}, nil
	case what == "/":
		return Entry{Kind: Folder}, nil
	case what == "":
		return Entry{Kind: OtherFile}, nil
	default:
		return Entry{Kind: Link, Target: what}, nil
	}
}

// Few implements States: a folder called "much" holds much.
func (f files) Few(_ int, folder string) (bool, error) { return path.Base(folder) != "much", nil }

var shortcutFiles = files{
	"app": "/", "app/sub": "/", "app/to": "sub", "app/much": "/", "app/out": "/usr/lib", "app/file": "",
	"opt": "/", "usr": "/", "usr/lib": "/", "usr/lib/site": "/", "lib": "usr/lib", "l": "/app", "l2": "../l", "loop": "loop", "srv": "/app/sub/none",
}

// TestShortcuts is about what copies pass over. Each row is a stage called s, the copies from it, and for each copy the
// steps that are passed over: those that are left out, then those that are done aside.
func TestShortcuts(t *testing.T) {
	for _, tt := range []struct{ stage, copies, want string }{
		{"COPY . /app", "/usr/lib /app", "/usr/lib: -2\n/app: +2\n"},
		{"COPY . /app", "/app", "/app: +2\n"},
		{"COPY . /app", "/usr/lib", "/usr/lib:\n"}, // or the step would not be built
		{"COPY . /app\nRUN x", "/usr/lib /app", "/usr/lib:\n/app:\n"},
		{"RUN x\nCOPY . /app", "/usr/lib /app", "/usr/lib: -3\n/app: +3\n"},
		{"COPY a /app/\nCOPY b /app/", "/usr/lib /app", "/usr/lib: -3 -2\n/app: +3 +2\n"},
		{"COPY a /app/\nCOPY b /opt/", "/usr/lib /app /opt", "/usr/lib: -3 -2\n/app: -3 +2\n/opt: -2 +3\n"},
		{"WORKDIR /app\nCOPY . .", "/usr/lib /app", "/usr/lib: -3\n/app: -2 +3\n"},
		// Links on the way to where a step writes, and to what a copy selects.
		{"COPY . /lib", "/usr/lib/site /app", "/usr/lib/site:\n/app: -2\n"},
		{"COPY . /l", "/app /usr/lib", "/app:\n/usr/lib: -2\n"},
		{"COPY . /l2/sub/", "/app/sub /usr", "/app/sub:\n/usr: -2\n"},
		{"COPY . /app", "/l /usr", "/l:\n/usr: -2\n"},
		{"COPY . /app/out/", "/app /usr/lib /usr", "/app: -2\n/usr/lib:\n/usr:\n"},
		{"COPY . /app/to/", "/app /usr", "/app:\n/usr: -2\n"},
		{"COPY . /usr/", "/lib/site /app", "/lib/site:\n/app: -2\n"},
		{"COPY x /l", "/l/sub /usr /app", "/l/sub:\n/usr: -2\n/app:\n"},
		{"COPY x /srv", "/app/sub/none /usr /app", "/app/sub/none:\n/usr: -2\n/app:\n"},
		{"COPY . /loop/x", "/usr /app", "/usr:\n/app:\n"},
		{"COPY . /app/file/x", "/usr /app", "/usr:\n/app:\n"},
		// Other ways to write and to select.
		{"ADD . /app", "/usr /app", "/usr:\n/app:\n"},
		{"COPY --link . /app", "/usr /app", "/usr: -2\n/app:\n"},
		{"COPY --link . /lib/x", "/usr /app", "/usr:\n/app:\n"},
		{"COPY --parents a/b /app/", "/usr /app", "/usr: -2\n/app: +2\n"},
		{"COPY --chown=5:6 --chmod=600 . /app", "/usr /app", "/usr: -2\n/app: +2\n"},
		{"COPY --chown=me . /app", "/usr /app", "/usr: -2\n/app:\n"},
		{"COPY <<E /app/\nx\nE", "/usr /app", "/usr: -2\n/app: +2\n"},
		{"COPY a b /app/", "/usr /app", "/usr: -2\n/app: +2\n"},
		{"COPY . /app", "/usr/* /usr /app", "/usr/*:\n/usr: -2\n/app:\n"},
		{"COPY . /app", "--exclude=x,/usr /usr /app", "--exclude=x /usr:\n/usr: -2\n/app:\n"},
		{"COPY . /app", "--parents,/usr /app", "--parents /usr:\n/app:\n"},
		{"COPY . /app", "--link,/usr --link,/app", "--link /usr: -2\n--link /app: +2\n"},
		{"COPY . /app", "/ /usr /app", "/:\n/usr: -2\n/app:\n"},
		{"COPY . /app/much/", "/app/much /usr", "/app/much:\n/usr: -2\n"},
		// What is done aside copies from a third stage.
		{"COPY --from=other /x /app/", "/app", "/app: +2\n"},
		{"COPY --from=other /usr /app/\nCOPY --from=other /x /app/", "/app /usr", "/app: +3 +2\n/usr: -3 -2\n"},
		{"COPY . /", "/usr /app", "/usr:\n/app:\n"},
		{"COPY . /none", "/none /usr", "/none:\n/usr: -2\n"},
		{"COPY a /none/\nCOPY b /none/", "/none /usr", "/none:\n/usr: -3 -2\n"},
	} {
		var file strings.Builder
		fmt.Fprintf(&file, "FROM c AS other\nCOPY x /x\nCOPY y /usr/\nFROM a AS s\n%s\nFROM b\n", tt.stage)
		var copies []string
		for n, c := range strings.Fields(tt.copies) {
			c = strings.ReplaceAll(c, ",", " ")
			copies = append(copies, c)
			flags, from := "", c
			if f, src, ok := strings.Cut(c, " "); ok {
				flags, from = f, src
			}
			fmt.Fprintf(&file, "COPY --from=s %s %s /%d/\n", flags, from, n)
		}
		p, err := New(t.Context(), Input{Dockerfile: []byte(file.String()), Filename: "Dockerfile"}, Offline{})
		if err != nil {
			t.Fatalf("%v\n%s", err, &file)
		}
		found, err := p.Shortcuts(shortcutFiles)
		if err != nil {
			t.Fatal(err)
		}
		rerun := make([]Prediction, len(p.Steps))
		for i := range rerun {
			rerun[i].Prediction = event.WillRerun
		}
		short := p.Shortened(found, rerun, nil, "mark")
		var got strings.Builder
		taken := short.TakenShortcuts()
		for _, s := range short.Steps {
			if s.Stage != short.Target || s.From {
				continue
			}
			fmt.Fprintf(&got, "%s:", copies[s.Index-2])
			for _, c := range taken {
				if c.Step != s.ID() {
					continue
				}
				for _, id := range c.LeftOut {
					fmt.Fprintf(&got, " -%d", id.Index)
				}
				for _, id := range c.Aside {
					fmt.Fprintf(&got, " +%d", id.Index)
				}
			}
			got.WriteString("\n")
		}
		if diff := cmp.Diff(tt.want, got.String()); diff != "" {
			t.Errorf("%s", cmp.Diff(tt.want, got.String())+file.String())
		}
		checkComplete(t, short)
		// What is not expected to rerun is not done aside.
		if hit := p.Shortened(found, make([]Prediction, len(p.Steps)), nil, "mark"); len(found) > 0 {
			for _, c := range hit.TakenShortcuts() {
				if len(c.Aside) > 0 {
					t.Errorf("%v is done aside in\n%s", c.Aside, &file)
				}
			}
			checkComplete(t, hit)
			if again := p.Shortened(found, make([]Prediction, len(p.Steps)), short.DoneAside(), "mark"); !slices.Equal(again.DoneAside(), short.DoneAside()) {
				t.Errorf("the ops %v were done aside, the next time %v in\n%s", short.DoneAside(), again.DoneAside(), &file)
			}
		}
	}
}

// checkComplete checks that the bound graph is whole, and that it executes every step.
func checkComplete(t *testing.T, p *Plan) {
	t.Helper()
	bound, err := p.Bind("s")
	if err != nil {
		t.Fatal(err)
	}
	done := map[int]bool{}
	seen := map[string]bool{}
	for _, dt := range bound.Definition.Def {
		d := bound.Digests[0].Algorithm().FromBytes(dt)
		op := bound.Ops[bound.At[d]]
		for _, in := range op.Inputs {
			if !seen[in.Digest] {
				t.Errorf("%s needs %s, which does not come before it", d, in.Digest)
			}
		}
		seen[string(d)] = true
		for _, s := range bound.Steps[d] {
			done[s] = true
		}
		if bound.Definition.Metadata[string(d)] == nil && op.Op != nil {
			t.Errorf("%s has no metadata", d)
		}
	}
	for i, s := range p.Steps {
		if !done[i] {
			t.Errorf("step %s is not built", s.ID())
		}
	}
}
