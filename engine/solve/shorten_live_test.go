package solve

import (
	"archive/tar"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tonistiigi/fsutil"

	"github.com/stagewatch/stagewatch/engine/dock/docktest"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/tree"
)

// shortcutStage is the beginning of every stage that is copied from: folders, and links of every kind between them.
const shortcutStage = `FROM python:3.9-alpine AS build
RUN mkdir -p /app/sub /data/a/b /r /opt/lib && echo SECRET >/app/own && ln /app/own /app/hard && ln /app/own /data/hard && \
  ln -s /data /l1 && ln -s ../data/a /r/l2 && ln -s l1 /l3 && ln -s /made /dangling && ln -s sub /app/to && ln -s /opt/lib /app/out && \
  echo x >/data/a/x && echo y >/data/a/b/y && echo z >/opt/lib/z && chmod 2750 /app && chown 7:8 /app /data/a
`

var (
	shortcutSources = []string{"src", "src/f", "src/sub", "f"}
	// Every folder that a step would make on the way is there: its time is that of its making, whichever way it is made.
	shortcutDests = []string{"/app", "/app/", "/app/", "/app/", "/app/sub/", "/app/sub/", "/app/f", "/app/to/", "/app/out/", "/l1/", "/l1/a/", "/r/l2/", "/l3/a/b/", "/data/a", "/data/a/b/x", "/opt/", "/opt/lib/z", "/usr/local/", "/f", "/"}
	shortcutPaths = []string{"/app", "/app", "/app", "/app", "/app/sub", "/app/sub", "/app/to", "/app/out", "/data", "/data/a", "/data/a/b", "/l1", "/l1/a", "/r/l2", "/r", "/l3/a", "/opt", "/opt/lib", "/app/own"}
)

// shortcutCase returns a Dockerfile whose last stage copies from a stage that ends with random file steps. Its salt makes
// the copies unknown to the cache.
func shortcutCase(r *rand.Rand, salt string) string {
	pick := func(of []string) string { return of[r.IntN(len(of))] }
	var b strings.Builder
	b.WriteString(shortcutStage)
	for range 1 + r.IntN(4) {
		flags := pick([]string{"", "", "", "--chown=5:6 ", "--chmod=640 ", "--chown=root ", "--link "})
		switch r.IntN(10) {
		case 0:
			fmt.Fprintf(&b, "WORKDIR %s\n", strings.TrimSuffix(pick([]string{"/app", "/app/sub", "/l1/a", "/opt/"}), "/"))
		case 1:
			fmt.Fprintf(&b, "COPY %s<<E %s/text\n%d\nE\n", flags, strings.TrimSuffix(pick([]string{"/app", "/data/a/", "/opt/lib", "/l1"}), "/"), r.IntN(3))
		case 2:
			fmt.Fprintf(&b, "ADD %s %s\n", pick(shortcutSources), pick(shortcutDests))
		case 3:
			fmt.Fprintf(&b, "COPY %sf src/f %s/\n", flags, strings.TrimSuffix(pick([]string{"/app", "/data/a", "/r/l2", "/opt"}), "/"))
		default:
			fmt.Fprintf(&b, "COPY %s%s %s\n", flags, pick(shortcutSources), pick(shortcutDests))
		}
	}
	fmt.Fprintf(&b, "FROM scratch\nCOPY <<E /salt\n%s\nE\n", salt)
	for n := range 1 + r.IntN(3) {
		fmt.Fprintf(&b, "COPY --from=build %s /to%d\n", pick(shortcutPaths), n)
	}
	return b.String()
}

// TestShortcutsCopyTheSame compares the layers of copies that take shortcuts with those of the same copies that don't, of
// random Dockerfiles with links: they are equal to the byte. What BuildKit gives the time of the build, a folder into which a
// file was put, has that of its own build. SHORTCUT_CASES is how many, SHORTCUT_SEED a failure's seed.
func TestShortcutsCopyTheSame(t *testing.T) {
	if testing.Short() {
		t.Skip("builds some hundred images, and -short says to be quick")
	}
	b := newBench(t)
	b.write("f", "SECRET")
	b.write("src/f", "SECRET of src")
	b.write("src/sub/deep/g", "SECRET deep")
	b.link("/data", "src/abs")
	b.link("sub/deep", "src/rel")
	cases, seed := 4, uint64(time.Now().UnixNano())
	if s := os.Getenv("SHORTCUT_SEED"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatalf("reading SHORTCUT_SEED: %v", err)
		}
		seed = n
	}
	if s := os.Getenv("SHORTCUT_CASES"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatalf("reading SHORTCUT_CASES: %v", err)
		}
		cases = n
	}
	// A layer may be saved with times in whole seconds.
	shortened, aside, begin := 0, 0, time.Now().Truncate(time.Second)
	for n := uint64(1); shortened < cases || aside == 0; n++ {
		at := func(salt string) string {
			return shortcutCase(rand.New(rand.NewPCG(seed, n)), fmt.Sprint(b.secret, " ", n, salt))
		}
		// Each run of a case has other content, so that what is done aside is done anew.
		b.write("src/sub/n", fmt.Sprint(b.secret, n))
		b.write("Dockerfile", at("plain"))
		plain, err := b.buildWith(t.Context(), func(r *Request) { r.plain = true }, nil)
		if err != nil {
			continue // such as a folder onto a file
		}
		b.write("Dockerfile", at("learn"))
		contexts := map[string]fsutil.FS{"context": b.served("src/sub/n")}
		learned, err := b.buildWith(t.Context(), func(r *Request) { r.Contexts = contexts }, nil)
		if err == nil {
			err = b.builder.Settle(t.Context(), learned.Plan, contexts)
		}
		if err != nil {
			t.Fatalf("seed %d, case %d: %v", seed, n, err)
		}
		b.write("Dockerfile", at("short"))
		short, err := b.buildWith(t.Context(), func(r *Request) {
			r.Contexts = contexts
			last, _ := b.builder.shortcuts.get(learned.Plan)
			b.builder.shortcuts.set(r.Plan, last)
			rerunning(r)
		}, nil)
		if err != nil {
			t.Fatalf("seed %d, case %d: %v\n%s", seed, n, err, at("short"))
		}
		if short.Plan.Shortens() {
			shortened++
			for _, c := range short.Plan.TakenShortcuts() {
				aside += len(c.Aside)
			}
		}
		if !slices.Equal(b.layers(plain.Image)[1:], b.layers(short.Image)[1:]) {
			if diff := cmp.Diff(b.saved(plain.Image, begin)[1:], b.saved(short.Image, begin)[1:]); diff != "" {
				t.Fatalf("seed %d, case %d: the layers differ, plain (-) and shortened (+):\n%s\n%s", seed, n, diff, at("short"))
			}
		}
		for _, o := range []outcome{plain, learned, short} {
			b.remove(o.Image)
		}
	}
	t.Logf("seed %d: %d shortened, %d steps done aside", seed, shortened, aside)
}

// layers returns the ids of an image's layers, uncompressed.
func (b *bench) layers(id string) []string {
	b.t.Helper()
	img, err := b.engine.Client.ImageInspect(b.t.Context(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	return img.RootFS.Layers
}

// served returns the folder as a session serves it. Changed are the paths that may differ since it was last called.
func (b *bench) served(changed ...string) *tree.FS {
	b.t.Helper()
	var err error
	if b.tree == nil {
		b.tree, err = tree.Load(b.t.Context(), b.dir, nil)
	} else {
		_, err = b.tree.Update(b.t.Context(), changed)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return b.tree.Snapshot().FS(true)
}

// TestALargeContextIsCopiedOnce: what is done aside is done once more as it is.
func TestALargeContextIsCopiedOnce(t *testing.T) {
	b := &bench{t: t, dir: t.TempDir()}
	b.write("f", "small")
	if contexts := map[string]fsutil.FS{"context": b.served()}; !light(contexts) {
		t.Error("a file of 5 bytes is too much")
	}
	if err := os.Truncate(filepath.Join(b.dir, "f"), lightBytes+1); err != nil {
		t.Fatal(err)
	}
	if contexts := map[string]fsutil.FS{"context": b.served("f")}; light(contexts) {
		t.Error("a file of 64 MiB and more is not too much")
	}
	b.write("f", "small")
	for n := range lightFiles {
		b.write(fmt.Sprint("d/", n), "")
	}
	if contexts := map[string]fsutil.FS{"context": b.served("f", "d")}; light(contexts) {
		t.Error("2000 files and more are not too many")
	}
}

// saved describes the layers of an image as `docker save` has them. The times of folders since begin are told as now.
func (b *bench) saved(id string, begin time.Time) (layers []string) {
	b.t.Helper()
	for _, l := range docktest.Saved(b.t, b.engine, id) {
		var all strings.Builder
		for _, e := range l.Entries {
			at := e.ModTime.Format(time.RFC3339Nano)
			if e.Typeflag == tar.TypeDir && !e.ModTime.Before(begin) {
				at = "now"
			}
			fmt.Fprintln(&all, e.Name, e.Linkname, e.FileInfo().Mode(), e.Uid, e.Gid, e.Size, at, xattrs(e.Header), e.Content)
		}
		layers = append(layers, all.String())
	}
	return layers
}

func xattrs(h *tar.Header) map[string]string {
	own := maps.Clone(h.PAXRecords)
	maps.DeleteFunc(own, func(name, _ string) bool { return name == "mtime" })
	return own
}

// TestAShortcutThatLeadsElsewhereIsNotTaken: a step that runs anew leaves a link where its last run left a folder.
func TestAShortcutThatLeadsElsewhereIsNotTaken(t *testing.T) {
	b := newBench(t)
	b.write("Dockerfile", `FROM python:3.9-alpine AS build
COPY made /made
RUN mkdir /data && echo SECRET >/data/old && if grep link /made; then ln -s /data /app; else mkdir /app; fi
COPY page /app/
FROM scratch
COPY --from=build /data /data
COPY --from=build /app /app
`)
	for n, tt := range []struct{ made, want string }{
		{"folder 1", "/app/page /data/old"},
		{"folder 2", "/app/page /data/old"},
		{"folder 2", "/app/page /data/old"},
		{"link", "/app/old /app/page /data/old /data/page"},
		{"folder 3", "/app/page /data/old"},
	} {
		b.write("page", fmt.Sprint(b.secret, n))
		changed := []string{"page"}
		if n != 2 {
			b.write("made", tt.made)
			changed = append(changed, "made")
		}
		contexts := map[string]fsutil.FS{"context": b.served(changed...)}
		o, err := b.buildWith(t.Context(), func(r *Request) {
			r.Contexts = contexts
			rerunning(r)
		}, nil)
		if err == nil {
			err = b.builder.Settle(t.Context(), o.Plan, contexts)
		}
		if err != nil {
			t.Fatal(err)
		}
		var made []string
		for _, l := range docktest.Saved(t, b.engine, o.Image) {
			made = slices.AppendSeq(made, maps.Keys(l.Files))
		}
		slices.Sort(made)
		if got := strings.Join(made, " "); got != tt.want {
			t.Errorf("%s: the image has %s, want %s", tt.made, got, tt.want)
		}
		// A fragile engine first has to have the twin of what the step made.
		if short := o.Plan.Shortens(); short != (n == 1 && !b.builder.lingering.fragile || n == 2) {
			t.Errorf("build %d: built with shortcuts: %v", n, short)
		}
	}
}

// TestShortcutsFollowARebuild: a step that ran anew, here or in a build that the session knows nothing of, has made other
// files, though all that it was made of is the same. No copy takes those of its earlier run.
func TestShortcutsFollowARebuild(t *testing.T) {
	b := newBench(t)
	b.write("Dockerfile", `FROM python:3.9-alpine AS build
RUN echo SECRET && mkdir /data /app && cat /proc/sys/kernel/random/uuid >/data/run && cp /data/run /app/run
COPY page /app/
FROM scratch
COPY --from=build /data /data
COPY --from=build /app /app
`)
	other := *b
	var err error
	if other.builder, err = New(t.Context(), b.engine); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { other.builder.Close() })
	last, seen := "", map[string]bool{}
	for n, tt := range []struct {
		by      *bench
		noCache bool
		// runs says that another run of the step is in the image, short that the image is built with shortcuts.
		runs, short bool
	}{
		{by: b, runs: true},
		{by: b, short: true},
		{by: b, noCache: true, runs: true},
		{by: b, short: true},
		{by: &other, noCache: true, runs: true},
		{by: b},
		{by: b, short: true},
		// A fragile engine was looked at after the build without the cache.
		{by: &other, short: b.builder.lingering.fragile},
		{by: &other, short: true},
	} {
		b.write("page", fmt.Sprint(b.secret, n))
		contexts := map[string]fsutil.FS{"context": b.served("page")}
		o, err := tt.by.buildWith(t.Context(), func(r *Request) {
			r.Contexts, r.NoCache = contexts, tt.noCache
			rerunning(r)
		}, nil)
		if err == nil {
			err = tt.by.builder.Settle(t.Context(), o.Plan, contexts)
		}
		if err != nil {
			t.Fatal(err)
		}
		if short := o.Plan.Shortens(); short != tt.short {
			t.Errorf("build %d: with shortcuts: %v", n, short)
		}
		files := map[string]string{}
		for _, l := range docktest.Saved(t, b.engine, o.Image) {
			for _, e := range l.Entries {
				files[e.Name] = string(e.Content)
			}
		}
		run := files["data/run"]
		if run == "" || files["app/run"] != run || (run != last) != tt.runs || tt.runs && seen[run] {
			t.Errorf("build %d: the image has %q in /data and %q in /app, the one before has %q", n, run, files["app/run"], last)
		}
		last, seen[run] = run, true
	}
}

// rerunning says of each step that it is expected to rerun.
func rerunning(r *Request) {
	for range r.Plan.Steps {
		r.Predictions = append(r.Predictions, plan.Prediction{Prediction: event.WillRerun})
	}
}
