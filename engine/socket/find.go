package socket

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/state"
)

// Dial connects to the session with the ID or, without one, to the one that builds folder, or a folder above it: the nearest,
// and of several the newest.
func Dial(folder, id string) (net.Conn, Session, error) {
	running := Running()
	for _, s := range matching(running, real(folder), id) {
		conn, err := s.dial()
		if err == nil {
			return conn, s, nil
		}
		if !s.dead(err) {
			return nil, s, &fault.Error{What: "asking session " + s.ID, Err: err}
		}
	}
	return nil, Session{}, none(running, folder, id)
}

// matching returns the sessions that are meant, the best first.
func matching(running []Session, folder, id string) []Session {
	var out []Session
	for _, s := range running {
		rel, err := filepath.Rel(s.Context, folder)
		if id == s.ID || id == "" && err == nil && filepath.IsLocal(rel) {
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(a, b Session) int {
		if n := len(b.Context) - len(a.Context); n != 0 {
			return n
		}
		return b.Started.Compare(a.Started)
	})
	return out
}

// none is the error that no session is meant.
func none(running []Session, folder, id string) error {
	what, hint := "finding a session: none runs for "+real(folder), fmt.Sprintf("Start one: stagewatch %s", folder)
	if id != "" {
		what, hint = fmt.Sprintf("finding a session: none has the ID %q", id), "Leave --session out to ask the one of the working folder."
	}
	var others []string
	for _, s := range running {
		if conn, err := s.dial(); err == nil {
			conn.Close()
			others = append(others, fmt.Sprintf("%s (%s)", s.Context, s.ID))
		} else {
			s.dead(err)
		}
	}
	if len(others) > 0 {
		hint = "These run: " + strings.Join(others, ", ") + ". Name the folder, or the ID with --session."
	}
	return &fault.Error{What: what, Hint: hint}
}

// Running returns the user's sessions on this machine, the newest first. One of them may have been killed.
func Running() []Session {
	host, _ := os.Hostname()
	var out []Session
	for _, dir := range dirs() {
		if private(dir) != nil {
			continue
		}
		notes, _ := filepath.Glob(filepath.Join(escaped(dir), "*"+noteSuffix))
		for _, note := range notes {
			data, err := state.Read(note)
			if err != nil {
				continue
			}
			var s Session
			if json.Unmarshal(data, &s) != nil || s.ID+noteSuffix != filepath.Base(note) || s.Host != host {
				continue
			}
			s.dir = dir
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(a, b Session) int { return b.Started.Compare(a.Started) })
	return out
}

// escaped returns a path as a pattern that matches nothing else.
func escaped(path string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(path)
}

// dial connects to the session, unless its socket is somebody else's.
func (s Session) dial() (net.Conn, error) {
	if err := owned(s.path(socketSuffix)); err != nil {
		return nil, err
	}
	path, done, err := short(s.path(socketSuffix))
	if err != nil {
		return nil, err
	}
	defer done()
	return net.Dial("unix", path)
}

// dead reports whether nobody listens any more, by the error of dial, and removes what is left then.
func (s Session) dead(err error) bool {
	if !errors.Is(err, syscall.ECONNREFUSED) && !errors.Is(err, os.ErrNotExist) {
		return false
	}
	_ = s.remove()
	return true
}

// private returns an error unless dir is a folder of this user's that nobody else can write to.
func private(dir string) error {
	if err := owned(dir); err != nil {
		return err
	}
	info, err := os.Lstat(dir)
	switch {
	case err != nil:
		return err
	case !info.IsDir() || info.Mode().Perm()&0o077 != 0:
		return fmt.Errorf("%s is no folder of mode 0700", dir)
	}
	return nil
}

// owned returns an error unless the path belongs to this user.
func owned(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok && int(st.Uid) != os.Geteuid() {
		return fmt.Errorf("%s belongs to another user", path)
	}
	return nil
}
