package config

import (
	"errors"
	"maps"
	"testing"

	"github.com/stagewatch/stagewatch/engine/fault"
)

func TestCheck(t *testing.T) {
	for name, c := range map[string]Config{
		"a tag in capitals":        {Build: Build{Tags: []string{"App"}}},
		"a digest":                 {Build: Build{Tags: []string{"app@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}}},
		"an unknown platform":      {Build: Build{Platform: "linux/a/b/c"}},
		"two platforms":            {Build: Build{Platform: "linux/amd64,linux/arm64"}},
		"a name of one letter":     {App: App{Name: "a"}},
		"a port that is a word":    {App: App{Publish: []string{"http"}}},
		"a variable without name":  {App: App{Env: []string{"=1"}}},
		"a volume without a path":  {App: App{Volumes: []string{"data:"}}},
		"a name, even with --once": {App: App{Name: "a"}, Session: Session{Once: true}},
	} {
		if err := c.Check(); fault.Hint(err) == "" {
			t.Errorf("%s: got %v, want an error with a hint", name, err)
		}
	}
	for name, c := range map[string]Config{
		"nothing":          {},
		"all that is good": {Build: Build{Tags: []string{"app", "r.example:5000/app:1"}, Platform: "linux/arm64"}, App: App{Name: "app-1", Publish: []string{"80"}}},
		// Nothing is published by one build.
		"a bad port where nothing runs": {App: App{Publish: []string{"http"}}, Session: Session{Once: true}},
	} {
		if err := c.Check(); err != nil {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestValuesOfBuildArguments(t *testing.T) {
	const secret = "s3cr3t-4711"
	c := Config{Build: Build{Context: t.TempDir(), BuildArgs: []string{"A=" + secret, "B=app:1.2.3-rc.1"}, Tags: []string{"app:1.2.3-rc.1"}}}
	err := errors.New(secret + " of app:1.2.3-rc.1")
	if got := c.Values(nil).Error(err).Error(); got != "$A of app:1.2.3-rc.1" {
		t.Errorf("got %q: what -t has in it is no secret, all else is", got)
	}
	if got := c.Values([]byte("ARG A=" + secret)).Error(err); got != err {
		t.Errorf("got %q: what the Dockerfile has in it is no secret", got)
	}
	c.ShowValues = true
	if got := c.Values(nil).Error(err); got != err {
		t.Errorf("got %q with ShowValues", got)
	}
}

// TestAttrs are the attributes of BuildKit's frontend, as buildx sets them for the same settings.
func TestAttrs(t *testing.T) {
	b := Build{
		Target: "final", Platform: "linux/arm64", Pull: true, BuildArgs: []string{"A=1=2", "B="}, Labels: []string{"note=a=b, c"},
		RunNetwork: "none", ExtraHosts: []string{"a=10.0.0.1", "b=::1"}, Ulimits: []string{"nofile=1:2", "nproc=3"}, ShmSize: 1 << 20, Uncached: []string{"deps", "tools"},
	}
	want := map[string]string{
		"target": "final", "platform": "linux/arm64", "image-resolve-mode": "pull", "build-arg:A": "1=2", "build-arg:B": "", "label:note": "a=b, c",
		"force-network-mode": "none", "add-hosts": "a=10.0.0.1,b=::1", "ulimit": "nofile=1:2,nproc=3", "shm-size": "1048576", "no-cache": "deps,tools",
	}
	if got := b.Attrs(); !maps.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if got, want := (Build{Uncached: []string{"*"}}).Attrs(), map[string]string{"no-cache": ""}; !maps.Equal(got, want) {
		t.Errorf("with no stage from the cache: %q", got)
	}
	if got := (Build{}).Attrs(); len(got) > 0 {
		t.Errorf("with nothing: %q", got)
	}
}
