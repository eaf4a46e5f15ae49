package compose

import (
	"bufio"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/cli"
)

// Found reports whether docker compose would find a project in a folder: a compose file in it, or one that COMPOSE_FILE
// names, in the environment or in the folder's .env.
func Found(dir string) bool {
	for _, name := range cli.DefaultFileNames {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return true
		}
	}
	found := false
	logged(func() {
		s, err := cli.NewProjectOptions(nil, cli.WithWorkingDirectory(dir), cli.WithOsEnv, cli.WithEnvFiles(), cli.WithDotEnv)
		found = err == nil && s.Environment["COMPOSE_FILE"] != ""
	})
	return found
}

// FoundAbove reports whether a folder further up has a compose file.
func FoundAbove(dir string) bool {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return false
	}
	for up := filepath.Dir(dir); up != dir; dir, up = up, filepath.Dir(up) {
		if slices.ContainsFunc(cli.DefaultFileNames, func(name string) bool {
			_, err := os.Stat(filepath.Join(up, name))
			return err == nil
		}) {
			return true
		}
	}
	return false
}

// topLevel matches a line that begins an element of a compose file, and no instruction of a Dockerfile.
var topLevel = regexp.MustCompile(`^(?:services|name|include|networks|volumes|configs|secrets|version|models|jobs|x-[\w.-]+)\s*:`)

// IsFile reports whether the value of -f names a compose file, and not a Dockerfile. Its first line that is no comment
// says so; where it can't be read its extension does, .yaml or .yml.
func IsFile(path string) bool {
	ext := strings.ToLower(filepath.Ext(path))
	yaml := ext == ".yaml" || ext == ".yml"
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return yaml
	}
	f, err := os.Open(path)
	if err != nil {
		return yaml
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		line := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\ufeff"))
		if line == "" || line == "---" || strings.HasPrefix(line, "#") {
			continue
		}
		if word, _, _ := strings.Cut(line, " "); strings.EqualFold(word, "FROM") || strings.EqualFold(word, "ARG") {
			return false
		}
		return yaml || topLevel.MatchString(line)
	}
	return yaml
}
