package dock

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/state"
)

// Label is the key of the label on everything that we make on an engine. Its value is the session's ID.
const Label = "stagewatch"

// ContainerLabel marks the containers that we started, besides Label. A container inherits its image's labels, so one
// that a person starts from an image of ours has Label, too, and must not be touched.
const ContainerLabel = "stagewatch.container"

// Session is one run of stagewatch. While it lives it holds a lock on a file of its own. The lock ends with the
// process, however that ends, so a later session can tell dead sessions from living ones.
type Session struct {
	// ID is HOUSE-PID-START. The house identifies this machine together with this folder of locks: only a session that
	// uses the same folder can find out whether another one still lives.
	ID string
	// Unkept is why the lock could not be kept in its usual folder, nil if it is there. Otherwise it is in another
	// folder or there is none, and other sessions can't clean up after this one.
	Unkept error

	dir    string
	lock   *flock.Flock
	record record
}

// recordSuffix is appended to the name of a session's lock to make that of its record.
const recordSuffix = ".json"

// record is what a session writes beside its lock for the session that may have to clean up after it.
type record struct {
	// Host is the engine that the session uses.
	Host string `json:"host"`
	// Tags are the names that the session gave to its images, and that it removes again.
	Tags []string `json:"tags,omitempty"`
}

// NewSession begins a session that uses the engine at host. Close ends it. If no lock can be kept, it sets
// [Session.Unkept].
func NewSession(host string) *Session {
	return firstSession(host, state.Dir("sessions"), temporaryDir())
}

// firstSession begins a session with its lock in the first of the folders that works.
func firstSession(host string, dirs ...string) *Session {
	var unkept error
	for _, dir := range dirs {
		if dir == "" {
			continue
		}
		s, err := newSession(dir, host)
		if err == nil {
			s.Unkept = unkept
			return s
		}
		unkept = cmp.Or(unkept, err)
	}
	house := make([]byte, 6)
	_, _ = rand.Read(house)
	return &Session{ID: newID(hex.EncodeToString(house)), Unkept: unkept}
}

func newID(house string) string {
	return fmt.Sprintf("%s-%d-%s", house, os.Getpid(), strconv.FormatInt(time.Now().UnixNano(), 36))
}

func newSession(dir, host string) (*Session, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, &fault.Error{What: "creating the folder of session locks", Err: err, Hint: "Set XDG_CACHE_HOME to a folder that can be written to."}
	}
	house, err := houseOf(dir)
	if err != nil {
		return nil, &fault.Error{What: "reading the identity of this machine in " + dir, Err: err}
	}
	s := &Session{ID: newID(house), dir: dir, record: record{Host: host}}
	s.lock = flock.New(filepath.Join(dir, s.ID), flock.SetPermissions(0o600))
	// Another session that is just checking the lock may hold it for a moment.
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if _, err := s.lock.TryLockContext(ctx, time.Millisecond); err != nil {
		return nil, &fault.Error{What: "locking the session", Err: err}
	}
	if err := s.write(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Labels returns the labels for the session's containers. Its images have only [Label].
func (s *Session) Labels() map[string]string {
	return map[string]string{Label: s.ID, ContainerLabel: s.ID}
}

// OwnTag records that the session gave an image this name and will remove it again, by [Engine.Clean] or, if the
// session is killed, by the next session's [Engine.Sweep]. A name that a person asked for must not be recorded.
func (s *Session) OwnTag(ref string) error {
	if slices.Contains(s.record.Tags, ref) {
		return nil
	}
	s.record.Tags = append(s.record.Tags, ref)
	return s.write()
}

// Close releases the lock. Call [Engine.Clean] first.
func (s *Session) Close() error {
	if s.lock == nil {
		return nil
	}
	// It must be removed first: an unlocked file means a dead session.
	return errors.Join(removeLock(s.lock.Path()), s.lock.Close())
}

// Leave releases the lock but keeps the record, so that the next session's [Engine.Sweep] removes what is left.
func (s *Session) Leave() error {
	if s.lock == nil {
		return nil
	}
	return s.lock.Close()
}

// removeLock removes a lock and its record.
func removeLock(path string) error {
	err := os.Remove(path + recordSuffix)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return errors.Join(err, os.Remove(path))
}

func (s *Session) write() error {
	if s.lock == nil {
		return nil
	}
	data, err := json.Marshal(s.record)
	if err != nil {
		return fmt.Errorf("writing the session's record: %w", err)
	}
	// It is a file of its own because some systems don't allow writing to a locked one.
	if err := os.WriteFile(s.lock.Path()+recordSuffix, data, 0o600); err != nil {
		return &fault.Error{What: "writing the session's record", Err: err}
	}
	return nil
}

// temporaryDir returns a folder of this user's among the temporary files, for locks that can't be in the cache folder.
func temporaryDir() string {
	return filepath.Join(os.TempDir(), "stagewatch-"+strconv.Itoa(os.Getuid()), "stagewatch", "sessions")
}

// houseOf returns the identity of dir on this machine, twelve hex digits, the same after a reboot. It is a hash of a
// random number in dir, so that the cache folder of another user or of a container is another house, and of the
// machine's id and name, so that a home folder that is shared or copied between machines is two houses.
func houseOf(dir string) (string, error) {
	path := filepath.Join(dir, "house")
	id, err := state.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		id, err = makeHouse(path)
	}
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	sum.Write(id)
	// Neither must exist: a container often has no machine-id.
	machine, _ := os.ReadFile("/etc/machine-id")
	sum.Write(machine)
	hostname, _ := os.Hostname()
	sum.Write([]byte(hostname))
	return hex.EncodeToString(sum.Sum(nil))[:12], nil
}

// makeHouse writes a new random number, or returns the one that another session wrote first.
func makeHouse(path string) ([]byte, error) {
	temporary, err := os.CreateTemp(filepath.Dir(path), ".house-*")
	if err != nil {
		return nil, err
	}
	defer os.Remove(temporary.Name())
	_, err = temporary.WriteString(rand.Text())
	if err := errors.Join(err, temporary.Close()); err != nil {
		return nil, err
	}
	// A link is created whole or not at all, and never replaces one that exists.
	if err := os.Link(temporary.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return state.Read(path)
}

// parseID splits a session's ID.
func parseID(id string) (house string, pid int, ok bool) {
	parts := strings.Split(id, "-")
	if len(parts) != 3 || len(parts[0]) != 12 || parts[2] == "" || strings.Contains(parts[2], ".") {
		return "", 0, false
	}
	pid, err := strconv.Atoi(parts[1])
	return parts[0], pid, err == nil && pid > 0
}
