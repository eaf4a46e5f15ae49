// Package git asks git which commit a folder is at, which came before it, and what was in them. It changes nothing in a work
// tree or its index, and knows nothing of images. Where git is not installed, or a folder is in no work tree, it knows no commit.
package git

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Commit is a commit, with the first line of its message.
type Commit struct {
	ID      string
	At      time.Time
	Subject string
}

// within bounds what git may take beside a build.
const within = 10 * time.Second

// Head returns the commit that a folder is at, and whether anything in the folder differs from it, untracked files that git
// does not ignore among it. Paths of ours do not count. The commit is the zero value where none is known.
func Head(ctx context.Context, dir string, ours func(path string) bool) (c Commit, changed bool) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	commits, err := Log(ctx, dir, 1)
	if err != nil || len(commits) == 0 {
		return Commit{}, false
	}
	top, err := Top(ctx, dir)
	if err != nil {
		return Commit{}, false
	}
	status, err := run(ctx, dir, "status", "--porcelain", "-z", "--no-renames", "--", ".")
	if err != nil {
		return Commit{}, false
	}
	for entry := range strings.SplitSeq(string(status), "\x00") {
		// Two letters of state and a space, then the path.
		if len(entry) > 3 && !ours(filepath.Join(top, entry[3:])) {
			return commits[0], true
		}
	}
	return commits[0], false
}

// Log returns the newest commits up to the one that a folder is at, the newest first. A merge is followed by its first parent.
func Log(ctx context.Context, dir string, most int) ([]Commit, error) {
	out, err := run(ctx, dir, "log", "--first-parent", "-z", "--format=%H%n%cI%n%s", "-n", strconv.Itoa(most), "HEAD")
	if err != nil {
		return nil, err
	}
	var commits []Commit
	for entry := range strings.SplitSeq(strings.TrimRight(string(out), "\x00"), "\x00") {
		fields := strings.SplitN(entry, "\n", 3)
		if len(fields) != 3 {
			continue
		}
		at, err := time.Parse(time.RFC3339, fields[1])
		if err != nil {
			return nil, fmt.Errorf("reading the date of commit %s: %w", fields[0], err)
		}
		commits = append(commits, Commit{fields[0], at, fields[2]})
	}
	return commits, nil
}

// Top returns the folder of the work tree that a folder is in.
func Top(ctx context.Context, dir string) (string, error) {
	out, err := run(ctx, dir, "rev-parse", "--show-toplevel")
	return strings.TrimSuffix(string(out), "\n"), err
}

// run calls git in a folder. It takes no lock, and starts no program that a repository names to watch files.
func run(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := command(ctx, dir, args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return nil, failure(args[0], said.String(), err)
	}
	return out, nil
}

func command(ctx context.Context, dir string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "git", append([]string{"--no-optional-locks", "-c", "core.fsmonitor=false", "-c", "log.showSignature=false"}, args...)...)
	cmd.Dir = dir
	// A hook of git has variables that name the repository that it runs for.
	cmd.Env = slices.DeleteFunc(os.Environ(), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return slices.Contains([]string{"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"}, name)
	})
	return cmd
}

// failure is the error of a call, with git's own words where it said any.
func failure(what, said string, err error) error {
	if first, _, _ := strings.Cut(strings.TrimSpace(said), "\n"); first != "" {
		return fmt.Errorf("asking git (%s): %s", what, first)
	}
	return fmt.Errorf("asking git (%s): %w", what, err)
}
