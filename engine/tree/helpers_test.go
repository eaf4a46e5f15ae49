package tree

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"
)

func equal(t testing.TB, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
}

// files makes a context. A key that ends in "/" is an empty folder, a value that begins with "->" a link.
func files(t testing.TB, content map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range content {
		write(t, root, name, text)
	}
	return root
}

func write(t testing.TB, root, name, text string) {
	t.Helper()
	path := filepath.Join(root, name)
	must(t, os.MkdirAll(filepath.Dir(path), 0o755))
	switch {
	case name[len(name)-1] == '/':
		must(t, os.MkdirAll(path, 0o755))
	case len(text) > 2 && text[:2] == "->":
		must(t, os.Symlink(text[2:], path))
	default:
		must(t, os.WriteFile(path, []byte(text), 0o644))
	}
}

// justNow has the files count as written just before they are read, however long this machine takes to get there.
func justNow(t testing.TB, root string, names ...string) {
	t.Helper()
	ahead := time.Now().Add(time.Hour)
	for _, name := range names {
		must(t, os.Chtimes(filepath.Join(root, name), ahead, ahead))
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func load(t testing.TB, root, ignore string) *Tree {
	t.Helper()
	rules, err := ParseRules(".dockerignore", []byte(ignore))
	must(t, err)
	tr, err := Load(t.Context(), root, rules)
	must(t, err)
	return tr
}

// learned returns a context that was hashed completely, without a background goroutine.
func learned(t testing.TB, root, ignore string) *Tree {
	t.Helper()
	rules, err := ParseRules(".dockerignore", []byte(ignore))
	must(t, err)
	tr := &Tree{root: root, rules: rules, wake: make(chan struct{}, 1)}
	n, err := tr.scan(t.Context(), rules, nil)
	must(t, err)
	tr.sent = newSentCopy(n.root)
	s := tr.publish(n, tr.rules)
	s.root.each("", func(rel string, n *node) bool {
		if n.wantsFacts() {
			must(t, s.learn(rel, n))
		}
		return true
	})
	return tr
}
