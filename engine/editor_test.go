package engine

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// editor edits a live session's folder as people and tools do.
type editor struct {
	live  *live
	r     *rand.Rand
	edits int
	// undo are the files as they were before the last edits.
	undo []edited
}

// edited is a file before and after an edit; nil where it was not there.
type edited struct {
	name          string
	before, after []byte
}

// soakFiles are what is edited; a file's folder may come and go with it.
var soakFiles = []string{"page.txt", "requirements.txt", "lib/a.py", "lib/b.py", "lib/deep/c.py", "static/d.css", "junk/e.pyc", "notes.md"}

// soakDockerfiles are what the Dockerfile is edited to: as good, other steps, an extra one, and broken ones.
var soakDockerfiles = []string{
	liveDockerfile,
	"# a comment\n" + liveDockerfile,
	strings.Replace(liveDockerfile, "COPY . .\n", "COPY . .\nRUN date -r main.py > /dev/null\n", 1),
	strings.Replace(liveDockerfile, "COPY . .\n", "ENV A=1\nCOPY . .\n", 1),
	liveDockerfile + "LABEL a=b\n",
	liveDockerfile + "RUNN\n",
	liveDockerfile + "RUN exit 1\n",
	liveDockerfile + "COPY not-there /\n",
}

// burst is some edits one right after the other, and a pause from nothing to what a build takes.
func (e *editor) burst() {
	for range 1 + e.r.IntN(6) {
		e.once()
		if e.r.IntN(3) == 0 {
			time.Sleep(time.Duration(e.r.IntN(60)) * time.Millisecond)
		}
	}
	time.Sleep(time.Duration(e.r.IntN(1500)) * time.Millisecond)
}

// rest mends what may be broken, and writes last.txt, after which nothing is edited.
func (e *editor) rest(last string) {
	e.live.write("Dockerfile", soakDockerfiles[e.r.IntN(5)])
	e.live.write("main.py", soakApp)
	e.live.write("requirements.txt", "UNIQUE")
	e.live.write("last.txt", last)
}

func (e *editor) once() {
	e.edits++
	name := soakFiles[e.r.IntN(len(soakFiles))]
	switch e.r.IntN(16) {
	case 0, 1:
		e.change("Dockerfile", []byte(strings.ReplaceAll(soakDockerfiles[e.r.IntN(len(soakDockerfiles))], "UNIQUE", e.live.unique)))
	case 2, 3:
		e.again()
	case 4:
		e.change(name, nil)
	case 5:
		e.check(os.RemoveAll(e.path("lib")))
	case 6:
		mode := []os.FileMode{0o600, 0o644, 0o755}[e.r.IntN(3)]
		e.maybe(os.Chmod(e.path(name), mode))
	case 7:
		e.maybe(os.Rename(e.path(name), e.path(soakFiles[e.r.IntN(len(soakFiles))])))
	case 8:
		_ = os.Remove(e.path("link"))
		e.check(os.Symlink(name, e.path("link")))
	case 9:
		e.change("main.py", []byte([]string{soakApp, "raise SystemExit(1)\n"}[e.r.IntN(2)]))
	case 10:
		// In place, and of the same size.
		e.change("page.txt", fmt.Appendf(nil, "%08d", e.r.IntN(100)))
	default:
		e.change(name, fmt.Append(nil, strings.Repeat("x", e.r.IntN(5)), e.r.IntN(1000)))
	}
}

// change writes a file in place, or takes it away.
func (e *editor) change(name string, after []byte) {
	before, err := os.ReadFile(e.path(name))
	if err != nil {
		before = nil
	}
	e.undo = append(e.undo, edited{name, before, after})
	e.set(name, after)
}

// again takes back one of the last edits, or makes it anew.
func (e *editor) again() {
	if len(e.undo) == 0 {
		return
	}
	e.undo = e.undo[max(0, len(e.undo)-20):]
	u := e.undo[e.r.IntN(len(e.undo))]
	e.set(u.name, [][]byte{u.before, u.after}[e.r.IntN(2)])
}

func (e *editor) set(name string, text []byte) {
	if text == nil {
		e.maybe(os.Remove(e.path(name)))
		return
	}
	e.check(os.MkdirAll(filepath.Dir(e.path(name)), 0o755))
	e.check(os.WriteFile(e.path(name), text, 0o644))
}

func (e *editor) path(name string) string { return filepath.Join(e.live.dir, name) }

// maybe is check where the file need not be there.
func (e *editor) maybe(err error) {
	if !os.IsNotExist(err) {
		e.check(err)
	}
}

func (e *editor) check(err error) {
	e.live.t.Helper()
	if err != nil {
		e.live.t.Fatal(err)
	}
}
