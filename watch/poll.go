package watch

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// pollShare is how many times as long as a comparison the rest after it is.
const pollShare = 10

// pollSource sees writes by comparing the stats of all files at intervals. A comparison walks the whole tree; the
// interval grows with the time that it takes.
type pollSource struct {
	w    *Watcher
	root os.FileInfo
	dir  string           // the root with all links followed
	seen map[string]stamp // by the path to report
	cost time.Duration
}

func (w *Watcher) openPoll(ctx context.Context) (source, ending) {
	root, dir, ok := w.resolve()
	if !ok {
		return nil, rootLost
	}
	s := &pollSource{w: w, root: root, dir: dir}
	s.seen = s.look(ctx)
	return s, running
}

func (s *pollSource) close() {}

func (s *pollSource) serve(ctx context.Context) ending {
	timer := time.NewTimer(s.rest())
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return closed
		case <-s.w.again:
			return outdated
		case <-timer.C:
		}
		seen := s.look(ctx)
		if ctx.Err() != nil {
			return closed
		}
		if !s.w.isRoot(s.root) { // after the look, so that half a tree does not read as deletions
			return rootLost
		}
		now := time.Now()
		for path, stamp := range seen {
			if was, ok := s.seen[path]; !ok || was != stamp {
				s.w.hit(ctx, hit{path: path, at: now})
			}
			delete(s.seen, path)
		}
		for path := range s.seen {
			s.w.hit(ctx, hit{path: path, at: now})
		}
		s.seen = seen
		timer.Reset(s.rest())
	}
}

// rest returns the time until the next comparison.
func (s *pollSource) rest() time.Duration { return max(s.w.opts.PollEvery, pollShare*s.cost) }

// look stats everything that is watched. In a folder that can't be read everything counts as unchanged.
func (s *pollSource) look(ctx context.Context) map[string]stamp {
	start := time.Now()
	seen := make(map[string]stamp, len(s.seen))
	filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
			s.keep(path, seen)
			s.w.unreadable(path, err)
		}
		if err != nil || path == s.dir {
			return nil
		}
		rel, ok := s.w.rel(s.dir, path, d.IsDir())
		if !ok && d.IsDir() {
			return filepath.SkipDir
		}
		if st, err := stampOf(path); ok && err == nil {
			seen[rel] = st
		}
		return nil
	})
	for path, name := range s.w.extra {
		if st, err := stampOfTarget(path); err == nil {
			seen[name] = st
		}
	}
	s.cost = time.Since(start)
	return seen
}

// keep copies the stamps of a folder from the comparison before.
func (s *pollSource) keep(dir string, seen map[string]stamp) {
	rel, err := filepath.Rel(s.dir, dir)
	if err != nil {
		return
	}
	below := filepath.ToSlash(rel) + "/"
	for name, was := range s.seen {
		if rel == "." || strings.HasPrefix(name, below) {
			seen[name] = was
		}
	}
}
