// Package socket is where a running session can be asked: a unix socket of its own, found by the folder that the session
// builds. Beside each socket lies a note that says what the session builds.
//
// Only the user's own programs reach it: the folder has mode 0700 and the socket 0600, and neither is used where it
// belongs to somebody else. What a session that was killed left is removed when it is found. The package carries bytes,
// and knows nothing of what is asked.
package socket

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/stagewatch/stagewatch/engine/state"
)

// Session is a running session that can be asked.
type Session struct {
	// ID tells the sessions of a user apart.
	ID string `json:"session"`
	// Context is the absolute path of the context's folder, without links; Dockerfile that of a Dockerfile that was named.
	Context    string `json:"context"`
	Dockerfile string `json:"dockerfile,omitempty"`
	// Service is the service of a compose project that it builds, and Project that project's folder; both are empty where a
	// Dockerfile is built alone. The sessions of one project have started at the same time.
	Service string    `json:"service,omitempty"`
	Project string    `json:"project,omitempty"`
	Started time.Time `json:"started"`
	// Host is the machine: a home folder may be shared by several.
	Host string `json:"host"`

	dir string
}

const (
	noteSuffix   = ".json"
	socketSuffix = ".sock"
)

// Listener is the socket of this session.
type Listener struct {
	net.Listener
	Session
}

// Listen opens a socket for a session of which is given what it builds and when it started. The first of the user's folders
// that works has it.
func Listen(of Session) (*Listener, error) {
	var errs []error
	for _, dir := range dirs() {
		l, err := listenIn(dir, of)
		if err == nil {
			return l, nil
		}
		errs = append(errs, err)
	}
	return nil, fmt.Errorf("opening the session's socket: %w", errors.Join(errs...))
}

func listenIn(dir string, s Session) (*Listener, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := private(dir); err != nil {
		return nil, err
	}
	s.ID, s.Context, s.dir = newID(), real(s.Context), dir
	s.Host, _ = os.Hostname()
	if s.Project != "" {
		s.Project = real(s.Project)
	}
	path, done, err := short(s.path(socketSuffix))
	if err != nil {
		return nil, err
	}
	defer done()
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	// It would remove a path that may be short for this moment only; Close does it by the real one.
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	note, err := json.Marshal(s)
	if err == nil {
		err = os.Chmod(s.path(socketSuffix), 0o600)
	}
	if err == nil {
		// The note comes last: where it is, somebody listens.
		err = state.Save(s.path(noteSuffix), note)
	}
	if err != nil {
		return nil, errors.Join(err, l.Close(), s.remove())
	}
	return &Listener{l, s}, nil
}

// Close closes the socket and removes it. It may be called more than once.
func (l *Listener) Close() error { return errors.Join(l.remove(), l.Listener.Close()) }

func (s Session) path(suffix string) string { return filepath.Join(s.dir, s.ID+suffix) }

// remove removes the note and the socket.
func (s Session) remove() error {
	for _, suffix := range []string{noteSuffix, socketSuffix} {
		if err := os.Remove(s.path(suffix)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// newID returns an ID that is short enough to be typed.
func newID() string {
	return strconv.Itoa(os.Getpid()) + "-" + strings.ToLower(rand.Text()[:4])
}

// dirs are the folders that may hold sockets. A user without a cache folder has one among the temporary files.
func dirs() []string {
	var out []string
	if dir := state.Dir("running"); dir != "" {
		out = append(out, dir)
	}
	return append(out, filepath.Join(os.TempDir(), "stagewatch-"+strconv.Itoa(os.Getuid()), "running"))
}

// real returns the absolute path without links, as far as that can be told.
func real(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		return real
	}
	return abs
}
