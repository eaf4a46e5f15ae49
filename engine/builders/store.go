package builders

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/docker/cli/cli/config"
	"github.com/opencontainers/go-digest"

	"github.com/stagewatch/stagewatch/engine/fault"
)

// store is the folder in which docker buildx keeps its builders. It is read and never written.
type store string

// group is a builder as buildx keeps it.
type group struct {
	Name, Driver string
	Nodes        []node
}

// storeDir returns the folder of buildx.
func storeDir() string {
	if dir := os.Getenv("BUILDX_CONFIG"); dir != "" {
		return dir
	}
	return filepath.Join(config.Dir(), "buildx")
}

var errName = errors.New("a builder's name has letters, digits and . _ - + only")

var validName = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9._+-]*$`)

// read returns the builder with a name, in small letters as buildx keeps it.
func (s store) read(name string) (group, error) {
	var g group
	if !validName.MatchString(name) {
		return g, errName
	}
	data, err := os.ReadFile(filepath.Join(string(s), "instances", strings.ToLower(name)))
	if err != nil {
		return g, err
	}
	if err := json.Unmarshal(data, &g); err != nil {
		return g, err
	}
	if g.Name == "" || len(g.Nodes) == 0 {
		return g, errors.New("it names no node")
	}
	if g.Driver == "" {
		// Of before there was a choice.
		g.Driver = "docker-container"
	}
	return g, nil
}

// current returns the name of the builder that is used where none is named, empty for the engine's own. The key is that of
// an engine: buildx remembers a builder for each, and one for all of them. One that is gone is passed over, as buildx does.
func (s store) current(key string) string {
	var c struct {
		Key, Name string
		Global    bool
	}
	data, err := os.ReadFile(filepath.Join(string(s), "current"))
	if err == nil && json.Unmarshal(data, &c) == nil && c.Name != "" {
		switch here := c.Key == key; {
		case (c.Global || here) && s.has(c.Name):
			return c.Name
		case here:
			return ""
		}
	}
	data, err = os.ReadFile(filepath.Join(string(s), "defaults", digest.FromString(key).Encoded()[:20]))
	if name := string(data); err == nil && s.has(name) {
		return name
	}
	return ""
}

func (s store) has(name string) bool {
	_, err := s.read(name)
	return !errors.Is(err, fs.ErrNotExist)
}

// Names returns what --builder can name: the engine's own, and the builders of docker buildx.
func Names() []string { return append([]string{Default}, store(storeDir()).names()...) }

// names returns the names of all builders.
func (s store) names() (names []string) {
	entries, _ := os.ReadDir(filepath.Join(string(s), "instances"))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// explain says why a builder can't be read. Current: nobody named it.
func (s store) explain(err error, name string, current bool, contexts []string) error {
	what := fmt.Sprintf("looking up the builder %q", name)
	hint := "List them: docker buildx ls"
	switch {
	case errors.Is(err, fs.ErrNotExist) && slices.Contains(contexts, name):
		return &fault.Error{What: what + ": it is the engine of another docker context", Hint: "Build and run there: --context " + name}
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, errName):
		if names := s.names(); len(names) > 0 {
			hint = "There are: default, " + strings.Join(names, ", ")
		}
		if errors.Is(err, fs.ErrNotExist) {
			return &fault.Error{What: what + ": docker buildx knows no such builder", Hint: hint}
		}
	case current:
		hint += ". --builder default builds with the engine's own."
	}
	return &fault.Error{What: what, Err: err, Hint: hint}
}
