package doctor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/front"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/engine/run"
	"github.com/stagewatch/stagewatch/watch"
)

// checkPorts checks every port to be published.
func (x *examination) checkPorts(ctx context.Context) {
	wrong := false
	for _, value := range x.cfg.Published() {
		if config.OfUDP(value) {
			continue // which is the engine's
		}
		ports, err := config.ParsePublish(value)
		if err != nil {
			x.failed("port", err, "")
			wrong = true
			continue
		}
		for _, p := range ports {
			x.checkPort(ctx, p)
		}
	}
	// Each may be good, and all of them together not.
	if _, err := x.cfg.Ports(); err != nil && !wrong {
		x.failed("port", err, "")
	}
}

// checkPort opens the port as stagewatch would, and closes it at once.
func (x *examination) checkPort(ctx context.Context, p front.Published) {
	f, err := p.Listen()
	var inUse *front.InUseError
	switch {
	case err == nil:
		had := f.Addr().String()
		_ = f.Close(ctx)
		switch {
		case p.Last == 0:
			x.ok("port", "%s: any free one", p)
		case p.Last > p.First:
			x.ok("port", "%s is free, of %s", had, p)
		default:
			x.ok("port", "%s is free", p)
		}
	case errors.As(err, &inUse):
		by := ""
		if x.engine != nil && p.First == p.Last {
			if who := run.New(ctx, x.engine, nil).WhoHolds(ctx, p.String()); who != "" {
				by = " by " + who
			}
		}
		x.note("port", "stagewatch builds and runs the app anyway, and uses the port once it is free. Stop what holds it, or choose another one with -p.",
			"%s is taken%s", p, by)
	default:
		x.fail("port", "Choose another address or port with -p.", "can't listen on %s: %v", p, err)
	}
}

// checkWatching watches the context for a moment, as stagewatch would.
func (x *examination) checkWatching() {
	folders := human.Count(x.folders+1, "folder")
	mode, first, err := x.project.TryWatching()
	if err != nil {
		x.failed("watching", err, "")
		return
	}
	switch {
	case mode == watch.ModePoll:
		x.note("watching", first.Hint, "%s: %s", folders, first.Message)
	case first.Message != "":
		x.note("watching", first.Hint, "%s; %s%s", folders, first.Message, limits())
	default:
		x.ok("watching", "%s%s", folders, limits())
	}
}

// limits says how much the system lets a user watch.
func limits() string {
	if runtime.GOOS != "linux" {
		return ""
	}
	read := func(name string) string {
		dt, err := os.ReadFile("/proc/sys/fs/inotify/" + name)
		if err != nil {
			return "unknown"
		}
		return strings.TrimSpace(string(dt))
	}
	return fmt.Sprintf("; this user's programs may watch %s in all (fs.inotify.max_user_watches), with %s watchers (max_user_instances)",
		read("max_user_watches"), read("max_user_instances"))
}
