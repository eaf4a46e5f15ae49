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

// containerLabel marks the containers that we started, beside Label: a container inherits the labels of its image,
// so that one which a person starts from an image of ours carries Label too, and is none of our business.
const containerLabel = "stagewatch.container"

// Session is one run of stagewatch. While it lives it holds a lock on a file of its own, and the lock goes
// when the process goes, however it goes: that is how a later session tells leftovers from a sibling.
type Session struct {
	// ID is HOUSE-PID-START. The house stands for this machine and this folder of locks together: only who
	// looks into the same folder can tell whether a session still lives.
	ID string
	// Unkept is why the lock is not where it belongs, nil where it is. It is elsewhere then, or nowhere: nobody can
	// tell that session from a sibling, so that nobody cleans up after it.
	Unkept error

	dir    string
	lock   *flock.Flock
	record record
}

// recordSuffix makes the name of a session's record out of that of its lock.
const recordSuffix = ".json"

// record is what a session leaves beside its lock for who may have to clean up after it.
type record struct {
	// Host is the engine that the session works on.
	Host string `json:"host"`
	// Tags are the names that the session gave to its images and takes away again.
	Tags []string `json:"tags,omitempty"`
}

// NewSession begins a session that works on the engine at host. Close ends it. Where no lock can be kept, see
// [Session.Unkept].
func NewSession(host string) *Session {
	return firstSession(host, state.Dir("sessions"), temporaryDir())
}

// firstSession begins a session with its lock in the first folder that takes one.
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
		return nil, &fault.Error{What: "making the folder of session locks", Err: err, Hint: "Set XDG_CACHE_HOME to a folder that can be written."}
	}
	house, err := houseOf(dir)
	if err != nil {
		return nil, &fault.Error{What: "reading the identity of this machine in " + dir, Err: err}
	}
	s := &Session{ID: newID(house), dir: dir, record: record{Host: host}}
	s.lock = flock.New(filepath.Join(dir, s.ID), flock.SetPermissions(0o600))
	// A sweeper that looks in right now may hold the lock for a moment.
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

// Labels are the labels for the session's containers. Its images carry [Label] alone.
func (s *Session) Labels() map[string]string {
	return map[string]string{Label: s.ID, containerLabel: s.ID}
}

// OwnTag notes that the session gave an image this name and will take it away again: [Engine.Clean] does, or
// after a sudden death the next session's [Engine.Sweep]. A name that a person asked for is not noted.
func (s *Session) OwnTag(ref string) error {
	if slices.Contains(s.record.Tags, ref) {
		return nil
	}
	s.record.Tags = append(s.record.Tags, ref)
	return s.write()
}

// Close gives the lock back. What the session made on the engine is [Engine.Clean]'s business, before.
func (s *Session) Close() error {
	if s.lock == nil {
		return nil
	}
	// Removed first: once unlocked, the file would tell a sweeper of a death.
	return errors.Join(removeLock(s.lock.Path()), s.lock.Close())
}

// Leave gives the lock back and lets its record lie: the next session's [Engine.Sweep] finds what is left.
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
	// Not into the lock's own file: some systems let nobody write to a locked one.
	if err := os.WriteFile(s.lock.Path()+recordSuffix, data, 0o600); err != nil {
		return &fault.Error{What: "writing the session's record", Err: err}
	}
	return nil
}

// temporaryDir is a folder of this user's own among the temporary files, for locks that find no place in the cache.
func temporaryDir() string {
	return filepath.Join(os.TempDir(), "stagewatch-"+strconv.Itoa(os.Getuid()), "stagewatch", "sessions")
}

// houseOf is the identity of dir on this machine, twelve hex digits, the same over reboots. It holds a random
// number that lies in dir, so that a user's or a container's other cache folder is another house, and the
// machine's id and name, so that a home folder shared or copied between machines is two.
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
	// Neither must exist; a container often has no machine-id.
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
	// A link is made whole or not at all, and never over one that is there.
	if err := os.Link(temporary.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return state.Read(path)
}

// parseID takes a session's ID apart.
func parseID(id string) (house string, pid int, ok bool) {
	parts := strings.Split(id, "-")
	if len(parts) != 3 || len(parts[0]) != 12 || parts[2] == "" || strings.Contains(parts[2], ".") {
		return "", 0, false
	}
	pid, err := strconv.Atoi(parts[1])
	return parts[0], pid, err == nil && pid > 0
}
