package run

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/dock/docktest"
)

// An engine behind ssh, with a replacement for the ssh command that connects to this machine.
func TestAnAppBehindSSHIsReachedThroughSSH(t *testing.T) {
	engine := docktest.Engine(t)
	session := docktest.Session(t, engine)
	socket, isSocket := strings.CutPrefix(engine.Host, "unix://")
	if !isSocket {
		t.Skip("the stand-in for ssh knows local engines only")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if err := os.Symlink(self, filepath.Join(bin, "ssh")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Setenv("STAGEWATCH_TEST_SSH", socket)

	far, err := dock.Connect(t.Context(), dock.Options{Host: "ssh://somebody@far.example:2222"})
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	if far.Local || far.Direct(t.Context()) {
		t.Error("an engine behind ssh passes for a local one")
	}
	runner := New(t.Context(), far, session.Labels())
	r := &rig{t, far, session, runner}
	c := r.serve(Spec{Image: docktest.Image(t, engine, session, cmd("-listen", ":8080", "-boot", "200ms"))})
	conn, err := c.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET / HTTP/1.0\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if answer, err := io.ReadAll(conn); err != nil || !strings.HasSuffix(string(answer), "hello") {
		t.Errorf("%q, %v", answer, err)
	}
	mute := r.start(Spec{Image: docktest.Image(t, engine, session, cmd("-listen", ":8080", "-speak", "mute")), Port: 8080})
	if err := mute.Ready(t.Context(), Readiness{Within: 30 * time.Second}); err != nil {
		t.Errorf("an app that says nothing: %v", err)
	}
}

// TestMain is also the replacement for ssh.
func TestMain(m *testing.M) {
	socket := os.Getenv("STAGEWATCH_TEST_SSH")
	if socket == "" || filepath.Base(os.Args[0]) != "ssh" {
		os.Exit(m.Run())
	}
	network, address := "unix", socket
	if i := slices.Index(os.Args, "-W"); i > 0 {
		network, address = "tcp", os.Args[i+1]
	}
	conn, err := net.Dial(network, address)
	if err != nil {
		os.Exit(255)
	}
	go func() {
		_, _ = io.Copy(conn, os.Stdin)
		_ = conn.(interface{ CloseWrite() error }).CloseWrite()
	}()
	_, _ = io.Copy(os.Stdout, conn)
}
