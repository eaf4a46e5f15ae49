package engine

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/dock/docktest"
	"github.com/stagewatch/stagewatch/engine/event"
)

// testappDockerfile serves page.txt at /file/page.txt, after a step that takes the time SLEEP.
const testappDockerfile = `FROM base AS build
COPY page.txt /page.txt
RUN ["/app", "-life", "SLEEP"]

FROM base
COPY --from=build /page.txt /page.txt
CMD ["/app", "-listen", ":8080"]
`

// onPrivate is a live session on an engine that the test may do anything to.
func onPrivate(t *testing.T, dir string) (*live, *docktest.Private) {
	t.Helper()
	p := docktest.NewPrivate(t, dir)
	return onThis(t, p), p
}

func onThis(t *testing.T, p *docktest.Private) *live {
	t.Helper()
	p.Base()
	t.Setenv("DOCKER_HOST", p.Engine.Host)
	l := newLive(t)
	l.write("Dockerfile", strings.Replace(testappDockerfile, "SLEEP", "1ms", 1))
	return l
}

// TestTheEngineIsStoppedAndStartedAgain, while the app serves and amidst a build: that is said, and the loop goes
// on where it was.
func TestTheEngineIsStoppedAndStartedAgain(t *testing.T) {
	l, p := onPrivate(t, "")
	l.start(config.Config{})
	first, _ := await[event.Serving](l, nil)
	url := first.URL + "/file/page.txt"
	if got := l.get(url); got != "one" {
		t.Errorf("page is %q", got)
	}
	session := l.session(first.Container)

	p.Stop()
	await(l, func(w event.Warning) bool { return w.Code == event.CodeEngineGone })
	// Who asks now waits.
	waited := make(chan error, 1)
	go func() {
		res, err := http.Get(url)
		if err == nil && l.body(res) != "one" {
			err = fmt.Errorf("status %s", res.Status)
		}
		waited <- err
	}()
	p.Start()
	again, _ := await[event.Serving](l, nil)
	if got := l.get(url); got != "one" || again.Container == first.Container {
		t.Errorf("container %s serves %q", again.Container, got)
	}
	if err := <-waited; err != nil {
		t.Errorf("the request made meanwhile: %v", err)
	}

	l.write("Dockerfile", strings.Replace(testappDockerfile, "SLEEP", "1h", 1))
	await(l, func(s event.Step) bool { return s.Index == 3 && s.State == event.Running })
	p.Stop()
	await(l, func(w event.Warning) bool { return w.Code == event.CodeEngineGone })
	l.write("Dockerfile", strings.Replace(testappDockerfile, "SLEEP", "2ms", 1))
	l.write("page.txt", "two")
	p.Start()
	l.serves(url, "two")
	l.stop()
	if containers, images := l.left(session); containers+images != 0 {
		t.Errorf("%d containers and %d images are left", containers, images)
	}
}

// TestTheEnginesDiskIsFull: a build that finds no room says so, what served before goes on, and what was edited
// meanwhile is built when there is room again.
func TestTheEnginesDiskIsFull(t *testing.T) {
	disk := newDisk(t)
	l, _ := onPrivate(t, disk)
	l.start(config.Config{})
	first, _ := await[event.Serving](l, nil)
	url := first.URL + "/file/page.txt"
	session := l.session(first.Container)
	await[event.Ledger](l, nil)

	fill(t, disk)
	l.write("page.txt", strings.Repeat("two", 1<<20))
	failed, _ := await[event.Failed](l, nil)
	if !strings.Contains(failed.Message, "no space left on device") || !strings.Contains(failed.Hint, "disk") {
		t.Errorf("failed with %+v", failed)
	}
	if stale, _ := await[event.Stale](l, nil); stale.ServingBuild != 1 || stale.EditsBehind != 1 {
		t.Errorf("stale is %+v", stale)
	}
	if got := l.get(url); got != "one" {
		t.Errorf("page is %.20q", got)
	}

	if err := os.Remove(filepath.Join(disk, "filler")); err != nil {
		t.Fatal(err)
	}
	l.write("page.txt", "three")
	l.serves(url, "three")
	l.stop()
	if containers, images := l.left(session); containers+images != 0 {
		t.Errorf("%d containers and %d images are left", containers, images)
	}
}

// newDisk is a small disk of its own: a file system in a sparse file.
func newDisk(t *testing.T) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("mounting a disk of its own takes root")
	}
	// Not under t.TempDir: it must be unmounted before its folder is removed, and after the engine on it has gone.
	dir, err := os.MkdirTemp("", "sw")
	if err != nil {
		t.Fatal(err)
	}
	file, mounted := filepath.Join(dir, "disk"), filepath.Join(dir, "mounted")
	t.Cleanup(func() {
		_ = exec.Command("umount", "-l", mounted).Run()
		os.RemoveAll(dir)
	})
	for _, args := range [][]string{
		{"truncate", "-s", "4G", file}, {"mkfs.ext4", "-q", "-m", "0", file}, {"mkdir", mounted}, {"mount", "-o", "loop", file, mounted},
	} {
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Skipf("making a small disk: %s: %v: %s", args[0], err, out)
		}
	}
	return mounted
}

// fill leaves next to no room on a disk.
func fill(t *testing.T, disk string) {
	t.Helper()
	filler := filepath.Join(disk, "filler")
	script := `fallocate -l "$(( $(df --output=avail -B1 "$1" | tail -n 1) - (1 << 20) ))" "$2"`
	if out, err := exec.Command("sh", "-c", script, "fill", disk, filler).CombinedOutput(); err != nil {
		t.Fatalf("filling the disk: %v: %s", err, out)
	}
}
