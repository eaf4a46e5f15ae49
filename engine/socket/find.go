package socket

import (
	"cmp"
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

// Wanted says which sessions are meant: the one with the ID or, without one, the one that builds Folder, or a folder above
// it: the nearest, and of several the newest. Where that is a compose project's, those of all services are meant that are as
// near, or with Name that of the service alone; where no session of such a service answers it is a folder, in place of Folder.
type Wanted struct{ Folder, ID, Name string }

// Answering is a connection to a session.
type Answering struct {
	net.Conn
	Session
}

// Dial connects to the sessions that are meant, by the names of their services. The error is that there is none.
func Dial(w Wanted) ([]Answering, error) {
	running := Running()
	out, err := w.dial(running)
	if w.Name != "" && len(out) == 0 {
		w.Folder, w.Name = w.Name, ""
		out, err = w.dial(running)
	}
	if err == nil && len(out) == 0 {
		err = w.none(running)
	}
	return out, err
}

// dial connects to the sessions that are meant, none where none of them lives.
func (w Wanted) dial(running []Session) ([]Answering, error) {
	folder := real(w.Folder)
	var out []Answering
	for _, s := range w.among(running, folder) {
		if len(out) > 0 && !out[0].beside(s, folder) {
			break
		}
		conn, err := s.dial()
		if err == nil {
			out = append(out, Answering{conn, s})
			continue
		}
		if !s.dead(err) {
			for _, one := range out {
				one.Close()
			}
			return nil, &fault.Error{What: "asking session " + s.ID, Err: err}
		}
	}
	slices.SortFunc(out, func(a, b Answering) int { return strings.Compare(a.Service, b.Service) })
	return out, nil
}

// near returns how near a session is to a folder: the length of the path that the folder lies in; 0 for not at all.
func (s Session) near(folder string) int {
	near := 0
	for _, dir := range []string{s.Context, s.Project} {
		if rel, err := filepath.Rel(dir, folder); dir != "" && err == nil && filepath.IsLocal(rel) {
			near = max(near, len(dir))
		}
	}
	return near
}

// beside reports whether the other is meant with the session: it is of the same project, and as near.
func (s Session) beside(other Session, folder string) bool {
	return s.Project != "" && s.Project == other.Project && s.Started.Equal(other.Started) && s.near(folder) == other.near(folder)
}

// among returns the sessions that are meant, the best first.
func (w Wanted) among(running []Session, folder string) []Session {
	var out []Session
	for _, s := range running {
		if w.ID == s.ID || w.ID == "" && s.near(folder) > 0 && (w.Name == "" || w.Name == s.Service) {
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(a, b Session) int {
		return cmp.Or(cmp.Compare(b.near(folder), a.near(folder)), b.Started.Compare(a.Started), cmp.Compare(a.Project, b.Project))
	})
	return out
}

// none is the error that no session is meant.
func (w Wanted) none(running []Session) error {
	what, hint := "finding a session: none runs for "+real(w.Folder), fmt.Sprintf("Start one: stagewatch %s", w.Folder)
	if w.ID != "" {
		what, hint = fmt.Sprintf("finding a session: none has the ID %q", w.ID), "Leave --session out to ask the one of the working folder."
	}
	var others []string
	for _, s := range running {
		if conn, err := s.dial(); err == nil {
			conn.Close()
			others = append(others, fmt.Sprintf("%s (%s)", s.Where(), s.ID))
		} else {
			s.dead(err)
		}
	}
	if len(others) > 0 {
		hint = "These run: " + strings.Join(others, ", ") + ". Name the folder, or the ID with --session."
	}
	return &fault.Error{What: what, Hint: hint}
}

// Where returns what the session builds, for a person.
func (s Session) Where() string {
	if s.Service != "" {
		return "service " + s.Service + " of " + s.Project
	}
	return s.Context
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
