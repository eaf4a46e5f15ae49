package tree

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestMatchNamesTheRuleThatDecided(t *testing.T) {
	for _, test := range []struct {
		rules, path string
		ignored     bool
		rule        string
	}{
		{"*.pyc", "app.pyc", true, "*.pyc"},
		{"*.pyc", "src/app.pyc", false, ""},
		{"**/*.pyc", "src/app.pyc", true, "**/*.pyc"},
		{"**/__pycache__/", "src/__pycache__/app.pyc", true, "**/__pycache__"},
		{"/Dockerfile\n.dockerignore", "Dockerfile", true, "Dockerfile"},
		{"*\n!src", "src/app.py", false, "!src"},
		{"*\n!src\nsrc/*.log", "src/x.log", true, "src/*.log"},
		{"*.log\nx.log\n", "x.log", true, "*.log"}, // the second changes nothing any more
		{"*.log\nlib", "lib/x.log", true, "lib"},
		{"**/*.log\nlib", "lib/x.log", true, "lib"},
		{"docs\n!docs/README.md", "docs/README.md", false, "!docs/README.md"},
		{"docs\n!docs/README.md", "docs/a.md", true, "docs"},
		{"a/b\n!a", "a/b", true, "a/b"}, // BuildKit's way: "!a" was not looked at for a
		{"# comment\n\n  spaced  \n", "spaced", true, "spaced"},
		{"\xef\xbb\xbfbom", "bom", true, "bom"},
		{"", "any", false, ""},
		{"*", ".", false, ""},
	} {
		rules, err := ParseRules("x", []byte(test.rules))
		must(t, err)
		ignored, rule := rules.Match(test.path)
		if ignored != test.ignored || rule.String() != test.rule {
			t.Errorf("%q, %s: got %v by %q, want %v by %q", test.rules, test.path, ignored, rule, test.ignored, test.rule)
		}
	}
}

func TestSkipDirOnlyWhereNothingIsReincluded(t *testing.T) {
	for _, test := range []struct {
		rules, dir string
		skip       bool
	}{
		{"node_modules", "node_modules", true},
		{"node_modules", "node_modules/a", true},
		{"node_modules", "src", false},
		{"docs\nlib\n!docs/README.md", "docs", false},
		{"docs\nlib\n!docs/README.md", "lib", true},
		{"docs\n!docs/a/b.md", "docs/a", false},
		{"docs\n!docs/a/b.md", "docs/ab", true},
		{"doc\n!docs/README.md", "doc", true},
		{"lib\n!**/keep", "lib/x", false},
		{"lib\n!lib/**", "lib", false},
	} {
		rules, err := ParseRules("x", []byte(test.rules))
		must(t, err)
		if skip := rules.SkipDir(test.dir); skip != test.skip {
			t.Errorf("%q: SkipDir(%s) = %v", test.rules, test.dir, skip)
		}
	}
}

func TestNoRulesIgnoreNothing(t *testing.T) {
	var none *Rules
	if ignored, _ := none.Match("a/b"); ignored || none.SkipDir("a") || none.Name() != "" || none.Patterns() != nil {
		t.Error("nil rules ignore something")
	}
}

func TestBadRulesNameFileAndLine(t *testing.T) {
	for _, text := range []string{"ok\n\n[\n", "ok\n\n!\n", "ok\n\n[z-a]\n"} {
		_, err := ParseRules(".dockerignore", []byte(text))
		if err == nil || !strings.Contains(err.Error(), "parsing .dockerignore: line 3:") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestIgnoreFileOfTheDockerfileWins(t *testing.T) {
	for _, test := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"none", map[string]string{}, ""},
		{"the context's", map[string]string{".dockerignore": "a"}, "a"},
		{"the Dockerfile's", map[string]string{".dockerignore": "a", "docker/Dockerfile.dockerignore": "b"}, "b"},
		{"the Dockerfile's, empty", map[string]string{".dockerignore": "a", "docker/Dockerfile.dockerignore": ""}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			root := files(t, test.files)
			rules, err := LoadRules(root, filepath.Join(root, "docker/Dockerfile"))
			must(t, err)
			equal(t, strings.Join(rules.Patterns(), ","), test.want)
		})
	}
	root := files(t, map[string]string{".dockerignore/": ""})
	if _, err := LoadRules(root, filepath.Join(root, "Dockerfile")); err == nil || os.IsNotExist(err) {
		t.Errorf("an ignore file that cannot be read: %v", err)
	}
}

// A pipe may never be written to.
func TestIgnoreFileThatIsAPipe(t *testing.T) {
	root := t.TempDir()
	must(t, exec.Command("mkfifo", filepath.Join(root, ".dockerignore")).Run())
	if _, err := LoadRules(root, filepath.Join(root, "Dockerfile")); err == nil {
		t.Error("a pipe is read as an ignore file")
	}
}
