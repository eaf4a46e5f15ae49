package compose

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestEdits: what an edit means for each service, without a value that may be a secret.
func TestEdits(t *testing.T) {
	const before = `name: p
services:
  app: {build: ., environment: {A: "1", B: "2"}, env_file: [app.env], ports: ["8080"]}
  named: {build: ., container_name: mine}
  db: {image: db, environment: {PASSWORD: x}}
include: [more.yaml]
`
	files := map[string]string{"Dockerfile": "FROM scratch\n", "app.env": "C=3\n", "more.yaml": "services: {more: {image: more}}\n"}
	for name, c := range map[string]struct {
		file, text string
		want       []Edit
	}{
		"nothing":          {"compose.yaml", before + "# a remark\n", nil},
		"variables":        {"compose.yaml", replaced(before, `A: "1"`, `A: "9", D: "4"`), []Edit{{"app", "environment changed (A, D)", true}}},
		"an env file":      {"app.env", "C=4\n", []Edit{{"app", "environment changed (C)", true}}},
		"a port":           {"compose.yaml", replaced(before, `"8080"]`, `"8081"], command: [x]`), []Edit{{"app", "command changed, ports changed", false}}},
		"a build":          {"compose.yaml", replaced(before, "app: {build: .", "app: {build: {context: ., target: x}"), []Edit{{"app", "build changed", false}}},
		"a fixed name":     {"compose.yaml", replaced(before, "mine}", "mine, init: true}"), []Edit{{"named", "init changed", false}}},
		"not built":        {"compose.yaml", replaced(before, "{PASSWORD: x}", "{PASSWORD: y}"), []Edit{{"db", "environment changed (PASSWORD)", true}}},
		"one more":         {"compose.yaml", replaced(before, "  db:", "  new: {image: new}\n  db:"), []Edit{{"new", "is new", false}}},
		"one less":         {"compose.yaml", replaced(before, "  db: {image: db, environment: {PASSWORD: x}}\n", ""), []Edit{{"db", "is gone", false}}},
		"what is shared":   {"compose.yaml", replaced(before, "{image: db,", "{image: db, volumes: [data:/d],") + "volumes: {data: {}}\n", []Edit{{"", "volumes changed", false}, {"db", "volumes changed", false}}},
		"what it is for":   {"compose.yaml", replaced(before, "{image: db,", "{image: db, develop: {watch: [{path: ., action: rebuild}]},"), nil},
		"what is included": {"more.yaml", "services: {more: {image: more, init: true}}\n", []Edit{{"more", "init changed", true}}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write := func(name, text string) {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			for name, text := range files {
				write(name, text)
			}
			write("compose.yaml", before)
			o := Options{Files: []string{filepath.Join(dir, "compose.yaml")}}
			read := func() *Project {
				p, err := Read(t.Context(), o)
				if err != nil {
					t.Fatal(err)
				}
				return p
			}
			was := read()
			write(c.file, c.text)
			if d := cmp.Diff(c.want, was.Edits(read())); d != "" {
				t.Errorf("want (-), got (+):\n%s", d)
			}
			var want []string
			for _, name := range []string{".env", "app.env", "compose.yaml", "more.yaml"} {
				want = append(want, filepath.Join(dir, name))
			}
			if d := cmp.Diff(want, was.Sources); d != "" {
				t.Errorf("sources: want (-), got (+):\n%s", d)
			}
		})
	}
}

// replaced returns the text with one part of it replaced, which is there.
func replaced(text, old, new string) string {
	before, after, found := strings.Cut(text, old)
	if !found {
		panic(old)
	}
	return before + new + after
}
