package run

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/docker/docker/api/types/container"

	"github.com/stagewatch/stagewatch/engine/event"
)

// Times of the search for what keeps a container from being ready.
const (
	// lookAfter is how long it may take before the first look, lookEvery the time between two looks.
	lookAfter = 2 * time.Second
	lookEvery = time.Second
	// lookWithin bounds one look.
	lookWithin = 5 * time.Second
)

// report reports what is waited for and, if that takes a while, what the app does instead, until ctx ends.
func (c *Container) report(ctx context.Context, r Readiness) {
	if r.Waiting == nil || c.spec.Port == 0 {
		return
	}
	w := event.Waiting{Container: c.ID, For: fmt.Sprintf(":%d%s", c.spec.Port, r.Path)}
	if c.checksHealth(r) {
		w.For = "HEALTHCHECK"
	}
	r.Waiting(w)
	shown := ""
	for every := lookAfter; ; every = lookEvery {
		pause(ctx, every)
		if ctx.Err() != nil {
			return
		}
		if c.checksHealth(r) {
			w.Message = c.lastTrouble("the health check has not finished once")
		} else {
			found, known := c.listening(ctx)
			if !known {
				continue
			}
			w.Listening = nil
			for _, addr := range found {
				w.Listening = append(w.Listening, addr.String())
			}
			w.Message, w.Hint = c.advice(ctx, found)
		}
		if w.Message != shown && ctx.Err() == nil {
			shown = w.Message
			r.Waiting(w)
		}
	}
}

// advice says what the app does instead of listening where it should, and what to do about it.
func (c *Container) advice(ctx context.Context, found []netip.AddrPort) (message, hint string) {
	port := uint16(c.spec.Port)
	var others, hidden []string
	here, onlySix, hiddenHere := false, true, ""
	for _, l := range found {
		switch loopback := l.Addr().IsLoopback(); {
		case l.Port() == port && loopback:
			hiddenHere = l.String()
		case l.Port() == port:
			here, onlySix = true, onlySix && l.Addr().Is6()
		case loopback:
			hidden = append(hidden, l.String())
		default:
			others = append(others, strconv.Itoa(int(l.Port())))
		}
	}
	others = slices.Compact(others)
	switch {
	case here && onlySix && c.refuses(ctx):
		return fmt.Sprintf("your app listens on %d for IPv6 only, but the container has an IPv4 address", port),
			fmt.Sprintf("Make it listen on 0.0.0.0:%d.", port)
	case here:
		return fmt.Sprintf("your app listens on %d: %s", port, c.lastTrouble("it has not answered yet")), ""
	case hiddenHere != "":
		return fmt.Sprintf("your app listens on %s inside the container, where it can't be reached from outside", hiddenHere),
			fmt.Sprintf("Make it listen on 0.0.0.0:%d; many servers take --host 0.0.0.0.", port)
	case len(others) > 0:
		return fmt.Sprintf("your app listens on %s, not on %d", strings.Join(others, " and "), port),
			fmt.Sprintf("Start stagewatch with -p %s:%s, or make the app listen on %d.", c.published(), others[0], port)
	case len(hidden) > 0:
		return fmt.Sprintf("your app listens on %s inside the container, where it can't be reached from outside", strings.Join(hidden, " and ")),
			fmt.Sprintf("Make it listen on 0.0.0.0:%d.", port)
	}
	return "nothing in the container listens on a port so far", ""
}

// refuses reports whether nothing listens at the address where the app is dialled. A socket for IPv6 usually accepts
// IPv4 too, and the kernel's tables don't say whether it does.
func (c *Container) refuses(ctx context.Context) bool {
	conn, err := c.Dial(ctx)
	if err == nil {
		conn.Close()
	}
	return errors.Is(err, syscall.ECONNREFUSED)
}

// note records why an attempt to find the container ready failed.
func (c *Container) note(err error) { c.trouble.Store(&err) }

// lastTrouble returns why the last attempt failed, or otherwise if none has finished.
func (c *Container) lastTrouble(otherwise string) string {
	if err := c.trouble.Load(); err != nil {
		return (*err).Error()
	}
	return otherwise
}

// published returns the port of this machine to use in hints.
func (c *Container) published() string {
	if c.spec.Published != "" {
		return c.spec.Published
	}
	return strconv.Itoa(c.spec.Port)
}

// listening returns what the container's processes listen on, by port. known is false if that can't be found out.
func (c *Container) listening(ctx context.Context) (found []netip.AddrPort, known bool) {
	var all []listener
	host := container.NetworkMode(c.spec.Network).IsHost()
	switch {
	case within(c.pid, c.ID):
		// The engine runs on our kernel, so nothing has to run in the container.
		all = listenersIn("/proc/" + strconv.Itoa(c.pid) + "/net")
		if host {
			// With the host's network, all of the machine's sockets are in the tables.
			all = slices.DeleteFunc(all, func(l listener) bool {
				pid, err := strconv.Atoi(owner(l.inode))
				return err != nil || !within(pid, c.ID)
			})
		}
	case host:
		return nil, false
	default:
		table, err := c.readTables(ctx)
		if err != nil {
			return nil, false
		}
		all = parseListeners(bytes.NewReader(table))
	}
	for _, l := range all {
		if l.addr.Addr() != engineDNS {
			found = append(found, l.addr)
		}
	}
	slices.SortFunc(found, func(a, b netip.AddrPort) int {
		if a.Port() != b.Port() {
			return int(a.Port()) - int(b.Port())
		}
		return a.Addr().Compare(b.Addr())
	})
	return slices.Compact(found), true
}

// engineDNS is the address of the engine's own name server in containers of a user-defined network.
var engineDNS = netip.AddrFrom4([4]byte{127, 0, 0, 11})

// within reports whether a process of this machine is one of the container. The pid alone proves nothing: the engine
// may be in a virtual machine that numbers its own processes.
func within(pid int, id string) bool {
	groups, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cgroup")
	return err == nil && pid > 0 && bytes.Contains(groups, []byte(id))
}

// readTables reads the tables of sockets inside the container, with the container's own cat if it has one.
func (c *Container) readTables(ctx context.Context) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	code, out, err := c.exec(ctx, []string{"cat", "/proc/net/tcp", "/proc/net/tcp6"}, maxTables)
	if err == nil && code > 1 {
		// Exit code 1 means a kernel without IPv6.
		err = fmt.Errorf("cat exits with code %d", code)
	}
	return out, err
}

// maxTables bounds how much of the tables is read, in bytes.
const maxTables = 1 << 20

// capital returns text with a capital first letter.
func capital(text string) string {
	r, n := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(r)) + text[n:]
}
