package config

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// TestWithProxies: proxies of docker's configuration are build arguments and variables of the container, unless flags name
// them; who logs in there is never shown.
func TestWithProxies(t *testing.T) {
	c := Config{Build: Build{Context: t.TempDir(), BuildArgs: []string{"NO_PROXY=mine", "https_proxy"}}, App: App{Env: []string{"http_proxy"}}}
	got := c.WithProxies([]string{"HTTP_PROXY=http://agent:s3cr3t%21x@proxy:3128", "NO_PROXY=localhost", "http_proxy=http://agent:s3cr3t%21x@proxy:3128", "https_proxy=http://other"})
	a := got.Attrs()
	for name, want := range map[string]string{"HTTP_PROXY": "http://agent:s3cr3t%21x@proxy:3128", "http_proxy": "http://agent:s3cr3t%21x@proxy:3128", "NO_PROXY": "mine", "https_proxy": ""} {
		if a["build-arg:"+name] != want {
			t.Errorf("argument %s is %q, want %q", name, a["build-arg:"+name], want)
		}
	}
	if want := []string{"http_proxy", "HTTP_PROXY=http://agent:s3cr3t%21x@proxy:3128", "NO_PROXY=localhost", "https_proxy=http://other"}; !slices.Equal(got.Env, want) {
		t.Errorf("the container has %q, want %q", got.Env, want)
	}
	if len(c.Env) != 1 || len(c.Proxies) > 0 {
		t.Errorf("the caller's own configuration is changed: %q", c.Env)
	}
	for _, show := range []bool{false, true} {
		got.ShowValues = show
		err := got.Values(nil).Error(errors.New("connecting to http://agent:s3cr3t%21x@proxy:3128 with s3cr3t!x, but not to localhost"))
		if text := err.Error(); strings.Contains(text, "s3cr3t") || !strings.Contains(text, "@proxy:3128") || !strings.HasSuffix(text, "localhost") {
			t.Errorf("with ShowValues %v: %s", show, text)
		}
	}
}
