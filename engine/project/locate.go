package project

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/fault"
)

// locate returns the folder of the context, and the path of the Dockerfile, which need not be there.
func locate(c config.Build) (root, dockerfile string, err error) {
	if c.File == "-" {
		return "", "", &fault.Error{What: "opening the Dockerfile: it can't be read from stdin, as stagewatch reads it again whenever it changes", Hint: "Write it to a file, and name that with -f."}
	}
	root, err = filepath.Abs(c.Context)
	if err != nil {
		return "", "", fmt.Errorf("finding the context: %w", err)
	}
	const hint = "Give the folder that holds the Dockerfile: stagewatch [CONTEXT]."
	info, err := os.Stat(root)
	switch {
	case err != nil && remoteContext(c.Context):
		return "", "", &fault.Error{What: fmt.Sprintf("opening the context %q: only a folder of this machine can be watched", c.Context), Hint: "Fetch it into a folder, and give that: stagewatch [CONTEXT]."}
	case err != nil:
		return "", "", &fault.Error{What: fmt.Sprintf("opening the context %q", c.Context), Err: cause(err), Hint: hint}
	case !info.IsDir():
		return "", "", &fault.Error{What: fmt.Sprintf("opening the context %q: it is a file, not a folder", c.Context), Hint: notAFolder(c.Context, hint)}
	}
	dockerfile = filepath.Join(root, dockerfileName)
	if c.File != "" {
		if dockerfile, err = filepath.Abs(c.File); err != nil {
			return "", "", fmt.Errorf("finding the Dockerfile: %w", err)
		}
	}
	return root, dockerfile, nil
}

// Locate returns the folder of the context and the path of the Dockerfile as a project has them, without reading any of it.
func Locate(c config.Build) (root, dockerfile string, err error) {
	root, dockerfile, err = locate(c)
	return root, inCase(dockerfile), err
}

// pipeWithin is how long a pipe may take to be written to and closed before a person hears that it is waited for.
const pipeWithin = time.Second

// readDockerfile reads the Dockerfile. Where that is a pipe, as of <(…), it waits until the pipe was written to and
// closed, or ctx ends.
func readDockerfile(ctx context.Context, file string, waiting func(string)) ([]byte, error) {
	if info, err := os.Stat(file); err != nil || info.Mode().IsRegular() || info.IsDir() {
		return os.ReadFile(file)
	}
	var dt []byte
	var err error
	read := make(chan struct{})
	go func() {
		defer close(read)
		dt, err = os.ReadFile(file)
	}()
	late := time.NewTimer(pipeWithin)
	defer late.Stop()
	for {
		select {
		case <-read:
			return dt, err
		case <-late.C:
			if waiting != nil {
				waiting(file)
			}
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// notAFolder returns a hint for a file given as the context: it may be the Dockerfile.
func notAFolder(file, hint string) string {
	if strings.Contains(strings.ToLower(filepath.Base(file)), "dockerfile") {
		return fmt.Sprintf("Name a Dockerfile with -f, and give the folder as well: stagewatch -f %s %s", file, filepath.Dir(file))
	}
	return hint
}

// remoteContext reports whether docker build would fetch the context, or read it from stdin.
func remoteContext(context string) bool {
	return context == "-" || slices.ContainsFunc([]string{"http://", "https://", "git://", "ssh://", "git@", "github.com/"}, func(prefix string) bool {
		return strings.HasPrefix(context, prefix)
	})
}

// cause returns the system's error without the path, which the message has already.
func cause(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

const dockerfileName = "Dockerfile"

// inCase returns the path of the Dockerfile in the case in which it is there: docker takes "dockerfile" where there is
// no "Dockerfile".
func inCase(dockerfile string) string {
	if filepath.Base(dockerfile) != dockerfileName {
		return dockerfile
	}
	dir := filepath.Dir(dockerfile)
	lower := filepath.Join(dir, strings.ToLower(dockerfileName))
	if _, err := os.Lstat(lower); err != nil {
		return dockerfile
	}
	// Where case makes no difference, only the listing of the folder has the real name.
	entries, err := os.ReadDir(dir)
	if err != nil || slices.ContainsFunc(entries, func(e os.DirEntry) bool { return e.Name() == dockerfileName }) {
		return dockerfile
	}
	return lower
}

// noDockerfile is the error that there is no Dockerfile.
func noDockerfile(c config.Build, dockerfile string) *fault.Error {
	p := &fault.Error{What: "opening the Dockerfile: no file " + dockerfile, Hint: "Give the folder that holds one, or name it with -f."}
	if c.File != "" && !filepath.IsAbs(c.File) {
		beside := filepath.Join(c.Context, c.File)
		if info, err := os.Stat(beside); err == nil && info.Mode().IsRegular() {
			p.Hint = fmt.Sprintf("-f starts from the working folder, as docker's does: -f %s", beside)
			return p
		}
	}
	entries, _ := os.ReadDir(filepath.Dir(dockerfile))
	for _, e := range entries {
		name := strings.ToLower(e.Name())
		if !e.IsDir() && (strings.HasPrefix(name, "dockerfile") || strings.HasSuffix(name, "dockerfile") || name == "containerfile") && !strings.HasSuffix(name, ".dockerignore") {
			p.Hint = fmt.Sprintf("There is %s: name it with -f.", e.Name())
			break
		}
	}
	return p
}

// noNamedContext is the error that a named context has no folder.
func noNamedContext(name, ref string, err error) *fault.Error {
	if err == nil {
		err = errors.New("it is a file, not a folder")
	}
	return &fault.Error{What: fmt.Sprintf("opening the build context %s=%s", name, ref), Err: cause(err), Hint: "Write --build-context NAME=FOLDER, or NAME=docker-image://IMAGE."}
}
