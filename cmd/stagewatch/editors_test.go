package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stagewatch/stagewatch/engine/event"
)

// editors are the real ones: how each is started, and what is pressed there.
var editors = []struct {
	name, start string
	// open is on the screen once the file is; edit types TEXT, swap has kept what is typed written somewhere.
	open             string
	edit, swap, save []string
	saved            string
	quit             []string
}{
	{"vim", "vim page.txt", `page\.txt.*L`, vimEdit, vimSwap, vimSave, vimSaved, vimQuit},
	{"vim with backups, renamed", "vim -c 'set backup writebackup backupcopy=no undofile undodir=. backupdir=.' page.txt", `page\.txt.*L`, vimEdit, vimSwap, vimSave, vimSaved, vimQuit},
	{"vim with backups, copied", "vim -c 'set backup writebackup backupcopy=yes backupdir=.' page.txt", `page\.txt.*L`, vimEdit, vimSwap, vimSave, vimSaved, vimQuit},
	{"neovim", "nvim page.txt", `unique`, vimEdit, vimSwap, vimSave, vimSaved, vimQuit},
	{"neovim, all in the folder", "nvim -c 'set directory=. backup backupdir=. undofile undodir=.' page.txt", `unique`, vimEdit, vimSwap, vimSave, vimSaved, vimQuit},
	{"vim, the Dockerfile", "vim Dockerfile", `Dockerfile.*L`, vimEdit, vimSwap, vimSave, `Dockerfile.* written`, vimQuit},
	{"vim, the ignore file", "vim -c 'set backup backupcopy=no backupdir=.' .dockerignore", `dockerignore.*L`, vimEdit, vimSwap, vimSave, `dockerignore.* written`, vimQuit},
	{"nano", "nano page.txt", `unique`, []string{"TEXT", "Enter"}, nil, nanoSave, `Wrote [0-9]+ lines`, []string{"C-x"}},
	{"nano with backups and locks", "nano -B -G page.txt", `unique`, []string{"TEXT", "Enter"}, nil, nanoSave, `Wrote [0-9]+ lines`, []string{"C-x"}},
	{"emacs", "emacs -nw -Q page.txt", `unique`, []string{"TEXT", "Enter"}, []string{"M-x", "do-auto-save", "Enter"}, emacsSave, `Wrote .*page\.txt`, emacsQuit},
	{"emacs with versions", "emacs -nw -Q --eval '(setq version-control t backup-by-copying t)' page.txt", `unique`, []string{"TEXT", "Enter"}, []string{"M-x", "do-auto-save", "Enter"}, emacsSave, `Wrote .*page\.txt`, emacsQuit},
}

var (
	vimEdit   = []string{"O", "TEXT", "Escape"}
	vimSwap   = []string{":preserve", "Enter"}
	vimSave   = []string{":w", "Enter"}
	vimQuit   = []string{":q", "Enter"}
	nanoSave  = []string{"C-o", "Enter"}
	emacsSave = []string{"C-x", "C-s"}
	emacsQuit = []string{"C-x", "C-c"}
)

const vimSaved = `page\.txt.* written`

// A save is one build with every editor, while the editor stays open; opening and closing is none.
func TestEditors(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"vim", "nvim", "nano", "emacs"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("this test needs %s. Install it (testdata/engine/packages.sh test); make test does that by itself.", program)
		}
	}
	s := newEditing(t, "out.jsonl", "cache")
	for i, ed := range editors {
		before := s.builds()
		s.say("clear; " + ed.start + "; clear; echo closed")
		s.terminal.await(ed.open)
		for n := range 2 {
			text := fmt.Sprintf("# edit %d.%d", i, n)
			s.keys(ed.edit, text)
			s.terminal.await(text)
			s.keys(ed.swap, "")
			s.wantBuilds(ed.name+", before the save", before, n)
			s.keys(ed.save, "")
			s.terminal.await(ed.saved)
			s.wantServed(before + n + 1)
			s.wantBuilds(ed.name+", saved", before, n+1)
		}
		s.keys(ed.quit, "")
		s.terminal.await(`^closed$`)
		s.wantBuilds(ed.name+", closed", before, 2)
	}
	// Each rule was told of once, however often it counted.
	told := map[string]int{}
	for _, e := range s.events() {
		if skip, ok := e.Body.(event.Skipped); ok && skip.LeftOut {
			told[skip.Rule]++
		}
	}
	for _, rule := range []string{"**/.git", "**/.*.swp", "**/*~", "**/#*#"} {
		if n := told[rule+" (built in; --ignore none switches it off)"]; n != 1 {
			t.Errorf("%s was told of %d times: %v", rule, n, told)
		}
	}
}

// What tools and other editors do to save, as they do it; want is how many builds come of it.
var writes = []struct {
	name  string
	write func(s *editing)
	want  int
	// unlinks: the file is away for a moment, which is two changes where the machine has much else to do.
	unlinks bool
}{
	{"sed -i", runs(`sed -i 's/^unique/sed unique/' page.txt`), 1, false},
	{"as JetBrains does", renames("page.txt___jb_tmp___", "page.txt___jb_old___"), 1, true},
	{"in place, as VS Code does", func(s *editing) { s.write("page.txt", "in place\n") }, 1, false},
	{"by another name", renames("page.txt~", ""), 1, false},
	{"git commit", runs(`git commit -q -am two`), 0, false},
	{"git status", runs(`git status -s`), 0, false},
	{"an edit", runs(`echo more >> page.txt`), 1, false},
	{"git stash", runs(`git stash -q`), 1, true},
	{"git stash pop", runs(`git stash pop -q`), 1, true},
	{"git checkout", runs(`git checkout -q -f -b other HEAD^`), 1, true},
	{"git gc", runs(`git gc -q`), 0, false},
}

func runs(line string) func(*editing) { return func(s *editing) { s.shell(line) } }

// renames writes a file anew, and puts it in the page's place, which is put aside where aside is a name.
func renames(anew, aside string) func(*editing) {
	return func(s *editing) {
		s.t.Helper()
		at := func(name string) string { return filepath.Join(s.dir, name) }
		s.write(anew, "written as "+anew+"\n")
		var err error
		if aside != "" {
			err = os.Rename(at("page.txt"), at(aside))
		}
		if err == nil {
			err = os.Rename(at(anew), at("page.txt"))
		}
		if err == nil && aside != "" {
			err = os.Remove(at(aside))
		}
		if err != nil {
			s.t.Fatal(err)
		}
	}
}

func TestWritesOfTools(t *testing.T) {
	t.Parallel()
	s := newEditing(t, "out.jsonl", "cache")
	for _, w := range writes {
		before := s.builds()
		w.write(s)
		got := s.builds() - before
		if got != w.want && !(w.unlinks && got > w.want) {
			s.t.Errorf("%s: %d builds, want %d", w.name, got, w.want)
		}
		if got > 0 {
			s.wantServed(before + got)
		}
	}
}

// The stream and the recording of a session may lie in what it watches.
func TestOutputsInTheContext(t *testing.T) {
	t.Parallel()
	s := newEditing(t, "app/out.jsonl", "app/home/.cache", "--record", "rec.jsonl", "--ignore", "*.note")
	before := s.builds()
	if before != 1 {
		t.Errorf("the first build was followed by %d more", before-1)
	}
	s.shell("echo more >> page.txt; echo x > a.note")
	s.wantBuilds("an edit", before, 1)
	s.wantServed(before + 1)
	for _, name := range []string{"out.jsonl", "rec.jsonl", "a.note", ".git/HEAD", "home/.cache/stagewatch/sessions"} {
		if status(t, s.url+"/"+name) != 404 {
			t.Errorf("%s is in the image", name)
		}
	}
	if got := status(t, s.url+"/home/.cache"); got != 200 {
		t.Errorf("the folder above our own is left out: %d", got)
	}
	for _, name := range []string{"out.jsonl", "rec.jsonl", "home/.cache/stagewatch"} {
		var told []string
		for _, e := range s.events() {
			if skip, ok := e.Body.(event.Skipped); ok && slices.Contains(skip.Paths, name) {
				told = append(told, skip.Rule)
			}
		}
		if len(told) != 1 || !strings.Contains(told[0], "written by stagewatch itself") {
			t.Errorf("of %s is told %q", name, told)
		}
	}
}

// What a step names is in the context in spite of the rules, from the edit of the Dockerfile on that names it.
func TestNamedByAStep(t *testing.T) {
	t.Parallel()
	s := newEditing(t, "out.jsonl", "cache")
	s.write("page.txt~", "backup")
	before := s.builds()
	s.write("Dockerfile", editedDockerfile+"COPY .git/HEAD page.txt~ /app/named/\nRUN --mount=type=bind,source=.git,target=/git cp /git/COMMIT_EDITMSG /app/named/\n")
	s.wantServed(before + 1)
	for name, want := range map[string]string{"HEAD": "ref: refs/heads/main\n", "page.txt~": "backup", "COMMIT_EDITMSG": "one\n"} {
		if got := page(t, s.url+"/named/"+name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	// git writes the files of a commit one after the other: on a machine that is busy they are more than one change.
	s.shell("git commit -q --allow-empty -m two")
	poll(func() bool { return page(t, s.url+"/named/COMMIT_EDITMSG") == "two\n" }, func() { t.Error("a commit that a step reads is never served") })
}
