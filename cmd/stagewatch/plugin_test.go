package main

import (
	"bytes"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	plugin "github.com/docker/cli/cli-plugins/metadata"
	"github.com/docker/cli/cli-plugins/socket"
)

func TestWhatDockerLearnsOfThePlugin(t *testing.T) {
	out, err := exec.Command(pluginName, plugin.MetadataSubcommandName).Output()
	if err != nil {
		t.Fatal(err)
	}
	var m plugin.Metadata
	if err := json.Unmarshal(out, &m); err != nil || m.SchemaVersion != "0.1.0" || m.Vendor == "" || m.ShortDescription == "" {
		t.Errorf("%+v, %v", m, err)
	}
}

// TestDockersOwnFlags become the variables that say the same.
func TestDockersOwnFlags(t *testing.T) {
	for _, tt := range []struct {
		args, rest, env, err string
	}{
		{args: "stagewatch -c x build", rest: "stagewatch -c x build"},
		{args: "--help", rest: ""},
		{args: "-D -l debug -H tcp://a stagewatch", rest: "stagewatch", env: "DOCKER_HOST=tcp://a"},
		{args: "--host=tcp://a --tls stagewatch plan", rest: "stagewatch plan", env: "DOCKER_HOST=tcp://a DOCKER_TLS=1"},
		{args: "--tlsverify --tlscacert /c/ca.pem --tlskey /c/key.pem stagewatch", rest: "stagewatch", env: "DOCKER_CERT_PATH=/c DOCKER_TLS=1 DOCKER_TLS_VERIFY=1"},
		{args: "--tlsverify=false stagewatch", rest: "stagewatch", env: "DOCKER_TLS=1"},
		{args: "--context=b stagewatch", rest: "stagewatch", env: "DOCKER_CONTEXT=b"},
		{args: "-c b -H a stagewatch", err: "both --host and --context"},
		{args: "--tlscacert /c/mine.pem stagewatch", err: "reading the TLS file /c/mine.pem: "},
		{args: "--tlscert /c/cert.pem --tlskey /d/key.pem stagewatch", err: "of one folder"},
	} {
		t.Run(tt.args, func(t *testing.T) {
			names := []string{"DOCKER_CERT_PATH", "DOCKER_CONTEXT", "DOCKER_HOST", "DOCKER_TLS", "DOCKER_TLS_VERIFY"}
			for _, name := range names {
				t.Setenv(name, "")
			}
			rest, err := takeGlobalFlags(strings.Fields(tt.args))
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("got %v", err)
				}
				return
			}
			var env []string
			for _, name := range names {
				if value := os.Getenv(name); value != "" {
					env = append(env, name+"="+value)
				}
			}
			if err != nil || !slices.Equal(rest, strings.Fields(tt.rest)) || strings.Join(env, " ") != tt.env {
				t.Errorf("%q, %q, %v", rest, env, err)
			}
		})
	}
}

// TestThePluginEndsWithDocker: off a terminal docker passes no signal on, and closes a connection in its place.
func TestThePluginEndsWithDocker(t *testing.T) {
	connected := make(chan struct{})
	server, err := socket.NewPluginServer(func(net.Conn) { close(connected) })
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(pluginName, "stagewatch", "plan", "-f", "pipe", "x")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), socket.EnvKey+"="+server.Addr().String())
	waits := &awaited{text: "waiting until somebody writes to the pipe", seen: make(chan struct{})}
	cmd.Stderr = waits
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stuck := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer stuck.Stop()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait()
	}()
	// A connection that nobody has accepted yet ends in another way.
	for _, come := range []chan struct{}{connected, waits.seen} {
		select {
		case <-come:
		case <-ended:
		}
	}
	server.Close()
	<-ended
	if code := cmd.ProcessState.ExitCode(); code != 128+int(syscall.SIGTERM) {
		t.Errorf("it ended with %d: %s", code, waits.all.String())
	}
}

// awaited closes seen once a text was written.
type awaited struct {
	text string
	seen chan struct{}
	all  bytes.Buffer
}

func (a *awaited) Write(p []byte) (int, error) {
	before := strings.Contains(a.all.String(), a.text)
	n, err := a.all.Write(p)
	if !before && strings.Contains(a.all.String(), a.text) {
		close(a.seen)
	}
	return n, err
}
