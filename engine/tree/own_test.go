package tree

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// own returns the rules of an ignore file with own ones besides them.
func own(t *testing.T, ignore string, added []string, names ...string) *Rules {
	t.Helper()
	rules, err := ParseRules(".dockerignore", []byte(ignore))
	must(t, err)
	beside, err := NewOwnRules(added, nil, nil)
	must(t, err)
	return rules.With(beside).Naming(names)
}

func TestOwnRules(t *testing.T) {
	const built = " (built in; --ignore none switches it off)"
	for _, test := range []struct {
		ignore, added, name, path string
		// rule is the rule that leaves the path out, empty for none.
		rule string
	}{
		// What editors and git keep for themselves, at any depth.
		{path: ".git/HEAD", rule: "**/.git" + built},
		{path: "lib/.git", rule: "**/.git" + built}, // a submodule's is a file
		{path: ".idea/workspace.xml", rule: "**/.idea" + built},
		{path: ".main.py.swp", rule: "**/.*.swp" + built},
		{path: "app/.main.py.swo", rule: "**/.*.swo" + built},
		{path: "4913", rule: "**/4913" + built},
		{path: "main.py~", rule: "**/*~" + built},
		{path: ".main.py.un~", rule: "**/*~" + built},
		{path: "app/#main.py#", rule: "**/#*#" + built},
		{path: "app/.#main.py", rule: "**/.#*" + built},
		{path: "main.py___jb_tmp___", rule: "**/*___jb_tmp___" + built},
		{path: ".main.py.kate-swp", rule: "**/.*.kate-swp" + built},
		// Similar names of other files.
		{path: "movie.swp"}, {path: ".swp"}, {path: "#"}, {path: "49130"}, {path: ".github/x"}, {path: ".gitignore"}, {path: "4913/tile.png"}, {path: "old~/a.py"},
		// The ignore file's rule is named first.
		{ignore: "*~", path: "main.py~", rule: "*~"},
		{ignore: "*\n!app", path: "main.py~", rule: "*"},
		// "!app" does not mean the swap files in app; "!.git" means .git.
		{ignore: "*\n!app", path: "app/main.py"},
		{ignore: "*\n!app", path: "app/.main.py.swp", rule: "**/.*.swp" + built},
		{ignore: "*\n!**/*.py", path: ".idea/a.py", rule: "**/.idea" + built},
		{ignore: "!**", path: ".git/HEAD", rule: "**/.git" + built},
		{ignore: "!.git", path: ".git/HEAD"},
		{ignore: "!.git", path: "lib/.git/HEAD", rule: "**/.git" + built},
		{ignore: "!**/.git", path: "lib/.git/HEAD"},
		{ignore: "!.git/HEAD", path: ".git/HEAD"},
		{ignore: "!.git/HEAD", path: ".git/index", rule: "**/.git" + built},
		{ignore: "*\n!.git", path: ".git/a~", rule: "**/*~" + built},
		{ignore: "!*~", path: "main.py~"},
		{ignore: "!app/*~", path: "main.py~", rule: "**/*~" + built},
		{ignore: ".git", path: ".git/HEAD", rule: ".git"},
		// What a step names.
		{name: ".git", path: ".git/HEAD"},
		{name: ".git", path: "lib/.git/HEAD", rule: "**/.git" + built},
		{name: ".git", path: ".git/.COMMIT_EDITMSG.swp", rule: "**/.*.swp" + built},
		{name: ".git/HEAD", path: ".git/HEAD"},
		{name: ".git/refs", path: ".git/refs/heads/main"},
		{name: ".git/HEAD", path: ".git/index", rule: "**/.git" + built},
		{name: ".git*", path: ".git/HEAD"},
		{name: ".gi[t]", path: ".git/HEAD"}, // how a source is written that may be missing
		{name: ".gi[t]/HEAD", path: ".git/HEAD"},
		{name: ".gi[t]/HEAD", path: ".git/index", rule: "**/.git" + built},
		{name: ".gi[a-z]", path: ".git/HEAD", rule: "**/.git" + built},
		{name: "main.py~", path: "main.py~"},
		{name: "main.py~", path: "other.py~", rule: "**/*~" + built},
		{name: "*~", path: "other.py~"},
		{name: "*.swp", path: ".main.py.swp"},
		{name: "*", path: "main.py~", rule: "**/*~" + built},
		{name: "app", path: "app/main.py~", rule: "**/*~" + built},
		{name: ".git", ignore: ".git", path: ".git/HEAD", rule: ".git"}, // docker refuses that too
		// The --ignore flag.
		{added: "none", path: ".git/HEAD"},
		{added: "none", path: "main.py~"},
		{added: "*.log", path: "a.log", rule: "*.log (--ignore)"},
		{added: "*.log", path: "lib/a.log"},
		{added: "*.log", path: "main.py~", rule: "**/*~" + built},
		{added: "*.log", name: "a.log", path: "a.log"},
		{added: "*.log", name: "a.log", path: "b.log", rule: "*.log (--ignore)"},
		{added: "#*", path: "#x", rule: "#* (--ignore)"},
		{added: "!.idea", path: ".idea/a"},
		{added: "docs", ignore: "!docs/a.md", path: "docs/a.md"},
	} {
		var added, names []string
		if test.added != "" {
			added = []string{test.added}
		}
		if test.name != "" {
			names = []string{test.name}
		}
		ignored, rule := own(t, test.ignore, added, names...).Match(test.path)
		if ignored != (test.rule != "") || ignored && rule.String() != test.rule {
			t.Errorf("ignore file %q, --ignore %q, named %q: %s is left out by %q (%v), want %q", test.ignore, test.added, test.name, test.path, rule, ignored, test.rule)
		}
	}
}

func TestLifting(t *testing.T) {
	beside, err := NewOwnRules([]string{"*.log"}, []string{"cache/stagewatch"}, nil)
	must(t, err)
	got := beside.Lifting([]string{".git/HEAD", "*~", "a.log", "app", "app/*", "cache/stagewatch", "main.py"})
	equal(t, got, []string{".git/HEAD", "*~", "a.log"})
}

func TestAddedRulesThatAreNone(t *testing.T) {
	for _, text := range []string{"", "[", "!"} {
		if _, err := NewOwnRules([]string{text}, nil, nil); err == nil {
			t.Errorf("--ignore %q is taken", text)
		}
	}
}

// Updates and reads of the disk follow the same rules, also for folders with an editor's name.
func TestContextWithoutWhatEditorsKeep(t *testing.T) {
	root := files(t, map[string]string{
		"main.py": "x", "main.py~": "x", ".main.py.swp": "x", ".git/HEAD": "x", ".git/objects/ab/c": "x", "old~/a.py": "x", "4913/tile": "x", ".#main.py": "->nobody@nowhere",
	})
	tr, err := Load(t.Context(), root, own(t, "", nil, ".git/HEAD"))
	must(t, err)
	equal(t, names(tr), []string{".git", ".git/HEAD", "4913", "4913/tile", "main.py", "old~", "old~/a.py"})
	var left []string
	for _, i := range tr.LeftOut() {
		left = append(left, i.Path)
	}
	equal(t, left, []string{".#main.py", ".git", ".main.py.swp", "main.py~"})

	write(t, root, ".git/HEAD", "other")
	write(t, root, ".git/index", "x")
	write(t, root, "new~/b.py", "x")
	write(t, root, "new~/b.py~", "x")
	changes, err := tr.Update(t.Context(), []string{".git/HEAD", ".git/index", "new~", "new~/b.py", "new~/b.py~"})
	must(t, err)
	var changed, ignored []string
	for _, c := range changes.Changed {
		changed = append(changed, c.Path)
	}
	for _, i := range changes.Ignored {
		ignored = append(ignored, i.Path)
	}
	equal(t, changed, []string{".git/HEAD", "new~", "new~/b.py"})
	equal(t, ignored, []string{".git/index", "new~/b.py~"})

	// The disk has not changed, so nothing is unnoticed.
	missed, err := tr.Unnoticed(t.Context())
	must(t, err)
	equal(t, missed, []string(nil))
}

// Another name, a rename and other content make no difference: we write it.
func TestWhatIsWrittenHereIsNoPartOfTheContext(t *testing.T) {
	root := files(t, map[string]string{"main.py": "x", "cache/stagewatch/lock": "x"})
	out, err := os.Create(filepath.Join(root, "events.jsonl"))
	must(t, err)
	defer out.Close()
	outputs := &Outputs{}
	outputs.Add(out)
	beside, err := NewOwnRules([]string{NoRules}, []string{"cache/stagewatch"}, outputs)
	must(t, err)
	tr, err := Load(t.Context(), root, (*Rules)(nil).With(beside))
	must(t, err)
	equal(t, names(tr), []string{"cache", "main.py"})
	if !tr.Writes("events.jsonl") || tr.Writes("main.py") {
		t.Error("which of the files is ours is not known")
	}

	_, err = out.WriteString("{}\n")
	must(t, err)
	must(t, os.Rename(out.Name(), filepath.Join(root, "events.1")))
	write(t, root, "events.jsonl", "somebody else's")
	changes, err := tr.Update(t.Context(), []string{"events.1", "events.jsonl", "cache/stagewatch/lock"})
	must(t, err)
	if len(changes.Changed) != 1 || changes.Changed[0].Path != "events.jsonl" {
		t.Errorf("changed are %v, want the file that took the name", changes.Changed)
	}
	equal(t, changes.Ignored, []IgnoredPath{
		{"cache/stagewatch/lock", Rule{Text: "cache/stagewatch", Note: writtenHere}, true},
		{"events.1", Rule{Text: "events.1", Note: writtenHere}, true},
	})
}

func names(tr *Tree) []string {
	var out []string
	tr.Snapshot().Walk("", func(rel string, _ Entry) bool {
		out = append(out, rel)
		return true
	})
	return out
}

// An ignored .git is noise, whether or not the ignore file names it.
func TestNoise(t *testing.T) {
	root := files(t, map[string]string{"main.py": "x"})
	tr, err := Load(t.Context(), root, own(t, ".git\n*.log\n", nil))
	must(t, err)
	changes, err := tr.Update(t.Context(), []string{".git/index", "a.log"})
	must(t, err)
	equal(t, changes.Ignored, []IgnoredPath{{".git/index", Rule{Text: ".git", Line: 1}, true}, {"a.log", Rule{Text: "*.log", Line: 2}, false}})
}

// What goes through a pipe and other programs into a file is written by us, too.
func TestFileBehindAPipe(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("what is behind a pipe is known on Linux alone")
	}
	root := files(t, map[string]string{"main.py": "x"})
	reader, writer, err := os.Pipe()
	must(t, err)
	defer writer.Close()
	pipeline := exec.Command("sh", "-c", "sed -u s/a/b/ | tee events.txt >/dev/null")
	pipeline.Stdin, pipeline.Dir = reader, root
	must(t, pipeline.Start())
	t.Cleanup(func() {
		writer.Close()
		must(t, pipeline.Wait())
	})
	must(t, reader.Close())
	_, err = writer.WriteString("a\n")
	must(t, err)
	for { // until all of them run
		if dt, _ := os.ReadFile(filepath.Join(root, "events.txt")); string(dt) == "b\n" {
			break
		}
		time.Sleep(time.Millisecond)
	}
	write(t, root, "other.txt", "x")

	outputs := &Outputs{}
	outputs.Add(writer)
	beside, err := NewOwnRules(nil, nil, outputs)
	must(t, err)
	tr, err := Load(t.Context(), root, (*Rules)(nil).With(beside))
	must(t, err)
	equal(t, names(tr), []string{"main.py", "other.txt"})
}
