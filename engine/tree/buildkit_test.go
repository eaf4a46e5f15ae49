package tree

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/moby/patternmatcher/ignorefile"
	"github.com/tonistiigi/fsutil"
)

// TestContextIsWhatBuildKitTransfers compares, for random trees and random rules, the paths of the tree, those that
// Match does not ignore, and those that BuildKit's client would send.
func TestContextIsWhatBuildKitTransfers(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 60 {
		root, all := randomTree(t, random)
		for range 40 {
			text := randomRules(random)
			compareWithBuildKit(t, root, all, text)
			if t.Failed() {
				t.Fatalf("round %d", round)
			}
		}
	}
}

// FuzzRules looks for rules that BuildKit reads differently.
func FuzzRules(f *testing.F) {
	root, all := randomTree(f, rand.New(rand.NewPCG(3, 4)))
	for _, seed := range []string{"a\n!a/b", "**/b\n!*", "a*\n!a/*/c\n", "!!a", "!../a", "[a-b]?", "a\\*", "/", ".", "a/../b", " ! a "} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) { compareWithBuildKit(t, root, all, text) })
}

func compareWithBuildKit(t *testing.T, root string, all []string, text string) {
	t.Helper()
	rules, err := ParseRules(".dockerignore", []byte(text))
	if err != nil {
		return // an error is reported before any build
	}
	want, err := sentByBuildKit(t, root, text)
	if err != nil {
		t.Fatalf("rules %q: BuildKit fails and ParseRules did not: %v", text, err)
	}
	tr, err := Load(t.Context(), root, rules)
	must(t, err)
	var got []string
	tr.Snapshot().Walk("", func(rel string, e Entry) bool {
		got = append(got, rel)
		return true
	})
	if !slices.Equal(got, want) {
		t.Errorf("rules %q:\n got %v\nwant %v", text, got, want)
	}
	for _, p := range all {
		sent := slices.Contains(want, p)
		ignored, rule := rules.Match(p)
		holdsSent := slices.ContainsFunc(want, func(w string) bool { return strings.HasPrefix(w, p+"/") })
		if ignored == sent && !(ignored && holdsSent) {
			t.Errorf("rules %q: Match(%s) = %v by %q, sent %v", text, p, ignored, rule, sent)
		}
		if rules.SkipDir(p) && (sent || holdsSent) {
			t.Errorf("rules %q: SkipDir(%s), but it or something below it is sent", text, p)
		}
	}
}

// sentByBuildKit lists what the client of BuildKit would send.
func sentByBuildKit(t *testing.T, root, text string) ([]string, error) {
	t.Helper()
	patterns, err := ignorefile.ReadAll(strings.NewReader(text))
	must(t, err)
	disk, err := fsutil.NewFS(root)
	must(t, err)
	filtered, err := fsutil.NewFilterFS(disk, &fsutil.FilterOpt{ExcludePatterns: patterns})
	if err != nil {
		return nil, err
	}
	var sent []string
	err = filtered.Walk(t.Context(), "", func(p string, _ fs.DirEntry, err error) error {
		sent = append(sent, p)
		return err
	})
	return sent, err
}

// letters are the elements of names and patterns: few, so that they match often.
var letters = []string{"a", "b", "ab", "a.b", "ba"}

func randomTree(t testing.TB, random *rand.Rand) (root string, all []string) {
	content := map[string]string{}
	for range 12 {
		name := randomPath(random, letters)
		if random.IntN(6) == 0 {
			name += "/"
		}
		content[name] = ""
	}
	taken := func(p string) bool {
		for other := range content {
			if other != p && (strings.HasPrefix(other, strings.TrimSuffix(p, "/")+"/") || other == strings.TrimSuffix(p, "/")) {
				return true
			}
		}
		return false
	}
	for p := range content {
		if taken(p) { // a name is a file or a folder, not both
			delete(content, p)
		}
	}
	for p := range content {
		for p = path.Clean(p); p != "."; p = path.Dir(p) {
			if !slices.Contains(all, p) {
				all = append(all, p)
			}
		}
	}
	return files(t, content), all
}

func randomPath(random *rand.Rand, names []string) string {
	parts := make([]string, 1+random.IntN(4))
	for i := range parts {
		parts[i] = names[random.IntN(len(names))]
	}
	return path.Join(parts...)
}

func randomRules(random *rand.Rand) string {
	wild := append([]string{"*", "**", "a*", "*b", "?", "[a-b]", "a?b", "..", "!a", "**a", "a**"}, letters...)
	wild = append(wild, letters...)
	var text strings.Builder
	for range 1 + random.IntN(5) {
		if random.IntN(3) == 0 {
			text.WriteByte('!')
		}
		if random.IntN(8) == 0 {
			text.WriteByte('/')
		}
		fmt.Fprintln(&text, randomPath(random, wild))
	}
	return text.String()
}
