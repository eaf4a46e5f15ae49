package past

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/stagewatch/stagewatch/engine/state"
)

// Size is what an image came to when it was last measured.
type Size struct {
	At    time.Time `json:"at"`
	Bytes int64     `json:"bytes"`
	// Steps are the bytes that each step added, by a hash: an instruction may have the values of arguments in it.
	Steps map[string]int64 `json:"steps"`
}

// SizeFile returns the file of the last size of what a Dockerfile builds for a service, a target and a platform, each empty
// for none or the usual one. It is empty where there is no cache folder.
func SizeFile(root, dockerfile, service, target, platform string) string {
	return file("sizes", root, strings.Join([]string{dockerfile, service, target, platform}, "\x00"))
}

// LoadSize reads the last size, nil where none is known.
func LoadSize(file string) *Size {
	dt, err := state.Read(file)
	if err != nil {
		return nil
	}
	var s Size
	if json.Unmarshal(dt, &s) != nil || s.At.IsZero() {
		return nil
	}
	return &s
}

// Add records what a step adds.
func (s *Size) Add(stage, instruction string, bytes int64) {
	if s.Steps == nil {
		s.Steps = map[string]int64{}
	}
	s.Steps[stepKey(stage, instruction)] += bytes
}

// Of returns what a step added, less than 0 where it was not there.
func (s *Size) Of(stage, instruction string) int64 {
	if bytes, ok := s.Steps[stepKey(stage, instruction)]; ok {
		return bytes
	}
	return -1
}

// Save writes the size to a file, for the next session.
func (s *Size) Save(file string) error {
	dt, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return state.Save(file, dt)
}
