package past

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"time"

	"github.com/stagewatch/stagewatch/engine/state"
)

// Commits are the sizes of what a Dockerfile built of commits, a file each: two builds may end at the same time.
type Commits struct{ dir string }

// OfCommits returns the sizes of commits of what a Dockerfile builds for a service, a target and a platform, each empty for
// none or the usual one.
func OfCommits(root, dockerfile, service, target, platform string) Commits {
	return Commits{strings.TrimSuffix(file("commits", root, strings.Join([]string{dockerfile, service, target, platform}, "\x00")), ".json")}
}

// CommitSize is what an image of a commit came to.
type CommitSize struct {
	At time.Time `json:"at"`
	// Bytes are those of the target, Before those of the stage that it was compared with, 0 for none.
	Bytes  int64 `json:"bytes"`
	Before int64 `json:"before,omitempty"`
}

// Of returns the size of a commit's image, and whether it is known.
func (c Commits) Of(commit string) (s CommitSize, known bool) {
	if c.dir == "" {
		return s, false
	}
	dt, err := state.Read(c.file(commit))
	return s, err == nil && json.Unmarshal(dt, &s) == nil && s.Bytes > 0
}

// Keep writes down the size of a commit's image.
func (c Commits) Keep(commit string, s CommitSize) error {
	if c.dir == "" {
		return nil
	}
	dt, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return state.Save(c.file(commit), dt)
}

func (c Commits) file(commit string) string {
	return filepath.Join(c.dir, filepath.Base(commit)+".json")
}
