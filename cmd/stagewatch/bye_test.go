package main

import (
	"strings"
	"testing"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/ui/story"
)

// TestByeNamesWhatStays: an engine keeps the volumes that -v names, as docker run does.
func TestByeNamesWhatStays(t *testing.T) {
	s := story.New(10)
	s.Builds = []*story.Build{{Number: 1, State: story.Built}}
	for want, cfg := range map[string]config.Config{
		"Nothing is left on the engine but the build cache.":                                             {App: config.App{Volumes: []string{"/tmp:/x", "./y:/y", "/z"}}},
		"Kept: the volume data. Nothing else is left on the engine but the build cache.":                 {App: config.App{Volumes: []string{"data:/x:ro"}}},
		"Kept: the image a, b; the volume data. Nothing else is left on the engine but the build cache.": {Build: config.Build{Tags: []string{"a", "b"}}, App: config.App{Volumes: []string{"data:/x"}}},
		"Kept: the image a.": {Build: config.Build{Tags: []string{"a"}}, Session: config.Session{Once: true}},
	} {
		if got := kept(s, cfg); !strings.HasPrefix(got, want) {
			t.Errorf("%+v: %q, want %q", cfg.Volumes, got, want)
		}
	}
}
