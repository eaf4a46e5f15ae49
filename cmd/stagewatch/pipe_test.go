package main

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stagewatch/stagewatch/engine/dock/docktest"
)

// TestAReaderWhoHasHadEnough: where the stream's reader goes, as in `stagewatch | head`, the session ends as ever and
// leaves nothing on the engine.
func TestAReaderWhoHasHadEnough(t *testing.T) {
	e := docktest.Engine(t)
	dir := killable(t)
	near, far, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("stagewatch", "--progress", "plain", "-p", "0:8080", dir)
	cmd.Stdout = far
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	far.Close()
	stuck := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer stuck.Stop()
	for lines := bufio.NewScanner(near); lines.Scan() && !strings.HasPrefix(lines.Text(), "#1 SERVING "); {
	}
	near.Close()
	// So that it has something to say.
	if err := os.WriteFile(filepath.Join(dir, "index.html"), []byte(time.Now().String()), 0o644); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 141 {
		t.Errorf("it ended with %v, want exit status 141", err)
	}
	if left, err := leftBy(e, cmd.Process.Pid); err != nil || left != "" {
		t.Errorf("left on the engine: %s %v", left, err)
	}
}
