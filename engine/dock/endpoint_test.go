package dock

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/docker/cli/cli/config"
	dockercontext "github.com/docker/cli/cli/context"
	"github.com/docker/cli/cli/context/store"
	"github.com/docker/docker/client"

	"github.com/stagewatch/stagewatch/engine/fault"
)

// home makes a docker configuration of the test's own, in an environment without variables that choose an engine.
func home(t *testing.T, current string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	before := config.Dir()
	config.SetDir(dir)
	t.Cleanup(func() { config.SetDir(before) })
	for _, name := range []string{"DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"} {
		t.Setenv(name, "")
	}
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(`{"currentContext":"`+current+`"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	contexts := store.New(filepath.Join(dir, "contexts"), store.NewConfig(func() any { return &map[string]any{} },
		store.EndpointTypeGetter(dockerEndpoint, func() any { return &dockercontext.EndpointMetaBase{} })))
	for _, name := range []string{"one", "two"} {
		err := contexts.CreateOrUpdate(store.Metadata{Name: name, Metadata: map[string]any{},
			Endpoints: map[string]any{dockerEndpoint: dockercontext.EndpointMetaBase{Host: "tcp://" + name + ":2375"}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// The order is the docker command's.
func TestTheEngineIsFoundAsDockerFindsIt(t *testing.T) {
	for _, c := range []struct {
		name    string
		current string
		env     map[string]string
		opts    Options
		want    string
		from    string
	}{
		{"nothing is said", "", nil, Options{}, client.DefaultDockerHost, ""},
		{"the current context", "one", nil, Options{}, "tcp://one:2375", "one"},
		{"the default context", "default", nil, Options{}, client.DefaultDockerHost, ""},
		{"DOCKER_CONTEXT before the current one", "one", map[string]string{"DOCKER_CONTEXT": "two"}, Options{}, "tcp://two:2375", "two"},
		{"DOCKER_HOST before DOCKER_CONTEXT", "one", map[string]string{"DOCKER_CONTEXT": "two", "DOCKER_HOST": "tcp://env:1"}, Options{}, "tcp://env:1", "DOCKER_HOST"},
		{"--context before DOCKER_HOST", "one", map[string]string{"DOCKER_HOST": "tcp://env:1"}, Options{Context: "two"}, "tcp://two:2375", "two"},
		{"--context default means DOCKER_HOST", "one", map[string]string{"DOCKER_HOST": "tcp://env:1"}, Options{Context: "default"}, "tcp://env:1", "DOCKER_HOST"},
		{"--host before everything", "one", map[string]string{"DOCKER_HOST": "tcp://env:1"}, Options{Host: "ssh://me@far"}, "ssh://me@far", "--host"},
		{"a host without a scheme and a port", "", nil, Options{Host: "far"}, "tcp://far:2375", "--host"},
	} {
		t.Run(c.name, func(t *testing.T) {
			home(t, c.current)
			for name, value := range c.env {
				t.Setenv(name, value)
			}
			ep, err := resolve(c.opts)
			if err != nil || ep.host != c.want || !strings.Contains(ep.origin, c.from) || (c.from == "") != (ep.origin == "") {
				t.Errorf("%s from %q, %v; want %s from %q", ep.host, ep.origin, err, c.want, c.from)
			}
		})
	}
}

func TestTLSIsAskedForAsDockerDoes(t *testing.T) {
	dir := home(t, "")
	t.Setenv("DOCKER_TLS_VERIFY", "1")
	ep, err := resolve(Options{Host: "tcp://far"})
	if err != nil || ep.host != "tcp://far:2376" || ep.tls == nil || ep.tls.InsecureSkipVerify {
		t.Errorf("%+v, %v", ep, err)
	}
	t.Setenv("DOCKER_CERT_PATH", dir)
	if err := os.WriteFile(filepath.Join(dir, "cert.pem"), []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "key.pem"), []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	wantHint(t, second(resolve(Options{Host: "tcp://far"})), "DOCKER_CERT_PATH")
}

func TestWhatIsWrongWithTheChoiceIsSaid(t *testing.T) {
	home(t, "gone")
	wantHint(t, second(resolve(Options{Host: "tcp://a:1", Context: "one"})), "one of them")
	wantHint(t, second(resolve(Options{})), "docker context ls")
	wantHint(t, second(resolve(Options{Context: "nope"})), "docker context ls")
	// A broken context does not matter if there is an address.
	if ep, err := resolve(Options{Host: "unix:///x.sock"}); err != nil || ep.host != "unix:///x.sock" {
		t.Errorf("%+v, %v", ep, err)
	}
}

func TestAnEngineThatDoesNotAnswerIsExplained(t *testing.T) {
	home(t, "")
	dir := t.TempDir()
	dead := filepath.Join(dir, "dead.sock")
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: dead})
	if err != nil {
		t.Fatal(err)
	}
	listener.SetUnlinkOnClose(false)
	listener.Close()
	refusing, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refusing.Close()
	// A suspended program looks like this: the kernel accepts the connection for it.
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	for _, c := range []struct {
		name, host string
		want       error
		hint       string
	}{
		{"one that hangs", "tcp://" + mute.Addr().String(), ErrNoAnswer, "may hang"},
		{"no socket", "unix://" + dir + "/none.sock", ErrNotRunning, "Start it"},
		{"a socket that a dead engine left", "unix://" + dead, ErrNotRunning, "comes from --host"},
		{"a closed port", "tcp://" + refusing.Addr().String(), ErrNotRunning, "--context"},
		{"an unknown name", "tcp://no-such-host.invalid:2375", ErrNoAnswer, "address is right"},
	} {
		t.Run(c.name, func(t *testing.T) {
			within := time.Minute
			if c.want == ErrNoAnswer {
				within = 3 * time.Second // which it takes
			}
			ctx, cancel := context.WithTimeout(t.Context(), within)
			defer cancel()
			_, err := Connect(ctx, Options{Host: c.host})
			if !errors.Is(err, c.want) || strings.Contains(err.Error(), "%2F") {
				t.Errorf("%v, want %v", err, c.want)
			}
			wantHint(t, err, c.hint)
		})
	}
}

func TestAnErrorIsToldWithoutItsRequest(t *testing.T) {
	asked := func(err error) error {
		return fmt.Errorf("stopping container x: %w", &url.Error{Op: "Post", URL: "http://%2Frun%2Fdocker.sock/v1.41/stop", Err: err})
	}
	for _, c := range []struct {
		err, is error
		want    string
	}{
		{asked(context.DeadlineExceeded), ErrNoAnswer, "stopping container x: no answer"},
		{asked(syscall.ECONNRESET), syscall.ECONNRESET, "stopping container x: connection reset by peer"},
		{ErrNotRunning, ErrNotRunning, "the engine is not running"},
	} {
		if got := Plain(c.err); got.Error() != c.want || !errors.Is(got, c.is) {
			t.Errorf("%v became %v", c.err, got)
		}
	}
}

func second(_ endpoint, err error) error { return err }

// wantHint fails the test unless the error is a fault.Error whose hint contains the text.
func wantHint(t *testing.T, err error, text string) {
	t.Helper()
	var explained *fault.Error
	if !errors.As(err, &explained) || !strings.Contains(explained.Hint, text) {
		t.Errorf("%v: want an *fault.Error that hints at %q", err, text)
	}
}
