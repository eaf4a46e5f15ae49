package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/stagewatch/stagewatch/engine/budget"
	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/desk"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/git"
	"github.com/stagewatch/stagewatch/engine/measure"
	"github.com/stagewatch/stagewatch/engine/past"
	"github.com/stagewatch/stagewatch/engine/project"
)

// commit returns what says which commit the context is at, nil where nobody reads it later: a report does.
func (l *loop) commit() func(context.Context) event.Commit {
	if !l.cfg.Once && !l.cfg.Inspect {
		return nil
	}
	dir, outputs := l.project.Root(), l.cfg.Outputs
	return func(ctx context.Context) event.Commit {
		c, changed := git.Head(ctx, dir, outputs.Holds)
		return event.Commit{ID: c.ID, At: c.At, Changed: changed}
	}
}

// exact keeps the size of an image that is a commit's, and nothing else.
func (l *loop) exact(s event.Sized) {
	if l.cfg.Once && s.Commit.ID != "" && !s.Commit.Changed {
		l.Aside(&l.running, func() { l.kept(l.earlier.commits.Keep(s.Commit.ID, sizeOf(s))) })
	}
}

func sizeOf(s event.Sized) past.CommitSize {
	return past.CommitSize{At: time.Now(), Bytes: s.After.Bytes, Before: s.Before.Bytes}
}

// CommitSize is a commit with the size of its image, 0 bytes where that is not known.
type CommitSize struct {
	git.Commit
	past.CommitSize
	// Failed is why it could not be built, nil where it was not tried.
	Failed error
}

// Commits returns the newest commits of the context with the sizes of their images, as they were recorded by builds of this
// machine. With build it builds those that are missing, each from an export in a folder of its own, and calls told before.
func Commits(ctx context.Context, cfg config.Config, most int, build bool, told func(commit, subject string)) ([]CommitSize, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	root, dockerfile, err := project.Locate(cfg.Build)
	if err != nil {
		return nil, err
	}
	found, err := git.Log(ctx, root, most)
	if err != nil {
		return nil, &fault.Error{What: "reading the commits of " + cfg.Context, Err: err, Hint: "Give a folder in a work tree of git that has a commit: stagewatch report --commits 20 [CONTEXT]."}
	}
	records := past.OfCommits(root, dockerfile, cfg.Service, cfg.Target, cfg.Platform)
	sizes := make([]CommitSize, len(found))
	missing := []*CommitSize{}
	for i, c := range found {
		s, known := records.Of(c.ID)
		if sizes[i] = (CommitSize{Commit: c, CommitSize: s}); !known {
			missing = append(missing, &sizes[i])
		}
	}
	if !build || len(missing) == 0 {
		return sizes, nil
	}
	top, err := git.Top(ctx, root)
	if err == nil {
		_, err = exported(cfg, top, top, root, dockerfile)
	}
	if err != nil {
		return nil, &fault.Error{What: "building the commits of " + cfg.Context, Err: err, Hint: "Name a Dockerfile of that work tree with -f."}
	}
	return sizes, silently(ctx, func(out *desk.Outbox) error {
		h := newHosting(out)
		for _, c := range missing {
			if ctx.Err() != nil {
				break
			}
			told(c.ID, c.Subject)
			if c.CommitSize, c.Failed = builtOf(ctx, h, out, cfg, top, root, dockerfile, c.ID); c.Failed == nil {
				// Where it can't be kept, it is built again the next time.
				_ = records.Keep(c.ID, c.CommitSize)
			}
		}
		return errors.Join(context.Cause(ctx), h.Close())
	})
}

// builtOf builds a commit of the work tree at top in a folder of its own, and returns the size of its image.
func builtOf(ctx context.Context, h *hosting, out *desk.Outbox, cfg config.Config, top, root, dockerfile, commit string) (size past.CommitSize, err error) {
	dir, err := os.MkdirTemp("", "stagewatch-commit-")
	if err != nil {
		return size, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := git.Export(ctx, top, commit, dir); err != nil {
		return size, err
	}
	if cfg, err = exported(cfg, top, dir, root, dockerfile); err != nil {
		return size, err
	}
	s := newSession(cfg, out)
	s.then = func(_ context.Context, m measure.Measured) (event.Body, error) {
		if m.Exact() == nil {
			return nil, errors.New("the sizes of its layers are not known")
		}
		size = sizeOf(m.Sized)
		return nil, nil
	}
	err = s.run(ctx, h, nil)
	if failed, is := BuildFailure(err); is {
		err = errors.New(failed.Message)
	}
	if err == nil && size.Bytes == 0 {
		err = cmp.Or(context.Cause(ctx), errors.New("the image could not be measured"))
	}
	if err != nil {
		err = errors.New(strings.ReplaceAll(err.Error(), dir+string(filepath.Separator), ""))
	}
	return size, err
}

// exported returns what builds the same in a folder that has a commit of the work tree at top. Neither the context nor the
// Dockerfile may be elsewhere, or what is there now would count as the commit's.
func exported(cfg config.Config, top, dir, root, dockerfile string) (config.Config, error) {
	moved := func(path string) (string, bool) {
		// git resolves links. The file itself need not be there any more.
		if real, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
			path = filepath.Join(real, filepath.Base(path))
		}
		if real, err := filepath.EvalSymlinks(path); err == nil {
			path = real
		}
		rel, err := filepath.Rel(top, path)
		return filepath.Join(dir, rel), err == nil && filepath.IsLocal(rel)
	}
	for _, place := range []struct {
		path string
		in   *string
	}{{root, &cfg.Context}, {dockerfile, &cfg.File}} {
		there, is := moved(place.path)
		if !is {
			return cfg, fmt.Errorf("%s is not in the work tree %s", place.path, top)
		}
		*place.in = there
	}
	cfg.BuildContexts = maps.Clone(cfg.BuildContexts)
	for name, ref := range cfg.BuildContexts {
		if abs, err := filepath.Abs(ref); err == nil && !strings.Contains(ref, "://") {
			if there, is := moved(abs); is {
				cfg.BuildContexts[name] = there
			}
		}
	}
	cfg.Once, cfg.Exported, cfg.Inspect, cfg.Tags, cfg.Budget = true, false, false, nil, budget.Flags{CIConfig: config.NoRules}
	return cfg, nil
}

// Words says what is known of the commit's size, where that is nothing.
func (c CommitSize) Words() string {
	switch {
	case c.Failed != nil:
		return fmt.Sprintf("not built: %s", c.Failed)
	case c.Bytes == 0:
		return "no record"
	}
	return ""
}
