package compose

import "testing"

func TestIsFile(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, tt := range []struct {
		name, text string
		want       bool
	}{
		{"compose.yaml", "# A project.\n\nservices:\n", true},
		{"stack.yml", "", true},
		{"stack.yaml", "---\nx-build: &b\n", true},
		{"Dockerfile.yaml", "# syntax=docker/dockerfile:1\nFROM x\n", false},
		{"app.yml", "ARG V=1\nFROM x\n", false},
		{"Dockerfile", "FROM x\n", false},
		{"Dockerfile.dev", "# services:\nFROM x\n", false},
		{"project", "\ufeffname: app\nservices: {}\n", true},
		{"odd", "include:\n  - a\n", true},
		{"empty", "", false},
	} {
		write(t, tt.name, tt.text)
		if got := IsFile(tt.name); got != tt.want {
			t.Errorf("%s: %t", tt.name, got)
		}
	}
	for name, want := range map[string]bool{"missing.yaml": true, "missing": false, ".": false} {
		if got := IsFile(name); got != want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestFound(t *testing.T) {
	noVariables(t)
	dir := t.TempDir()
	t.Chdir(dir)
	found := func(want, above bool) {
		t.Helper()
		if got, gotAbove := Found("."), FoundAbove("."); got != want || gotAbove != above {
			t.Errorf("found %t, above %t", got, gotAbove)
		}
	}
	found(false, false)
	write(t, ".env", "COMPOSE_FILE=a.yaml\n")
	found(true, false)
	write(t, ".env", "no env file")
	found(false, false)
	t.Setenv("COMPOSE_FILE", "b.yaml")
	found(true, false)
	noVariables(t)
	write(t, "docker-compose.yml", "")
	found(true, false)
	write(t, "src/x", "")
	t.Chdir("src")
	found(false, true)
}
