package dock

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/docker/cli/cli/config"
)

// TestProxies are those of docker's configuration file: of the engine's address, or else the default ones.
func TestProxies(t *testing.T) {
	dir, was := t.TempDir(), config.Dir()
	config.SetDir(dir)
	t.Cleanup(func() { config.SetDir(was) })
	if got := Proxies(Options{}); len(got) > 0 {
		t.Errorf("without a file: %q", got)
	}
	const file = `{"proxies":{"default":{"httpProxy":"http://user:word@proxy:3128","noProxy":"localhost"},"tcp://far:2375":{"allProxy":"socks5://far:1080"}}}`
	if err := os.WriteFile(filepath.Join(dir, config.ConfigFileName), []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string][]string{
		"unix:///run/x.sock": {"HTTP_PROXY=http://user:word@proxy:3128", "NO_PROXY=localhost", "http_proxy=http://user:word@proxy:3128", "no_proxy=localhost"},
		"tcp://far:2375":     {"ALL_PROXY=socks5://far:1080", "all_proxy=socks5://far:1080"},
	} {
		if got := Proxies(Options{Host: host}); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", host, got, want)
		}
	}
}
