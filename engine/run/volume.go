package run

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/docker/docker/api/types/mount"

	"github.com/stagewatch/stagewatch/engine/fault"
)

// parseVolume reads a --volume value as docker run does, and refuses what engines refuse: either a bind in the engine's
// words, or an anonymous volume's path.
func parseVolume(volume string) (bind, anonymous string, err error) {
	fail := func(err error) (string, string, error) {
		return "", "", &fault.Error{What: fmt.Sprintf("reading --volume %q", volume), Err: err,
			Hint: "Write --volume FOLDER:/path/in/the/container, with :ro behind it for reading only; FOLDER is absolute or begins with ./"}
	}
	// A drive letter is no separator.
	drive := filepath.VolumeName(volume)
	parts := strings.Split(volume[len(drive):], ":")
	parts[0] = drive + parts[0]
	if len(parts) == 1 {
		if err := checkTarget(parts[0]); err != nil {
			return fail(err)
		}
		return "", parts[0], nil
	}
	if len(parts) > 3 {
		return fail(errors.New("it has too many parts"))
	}
	source, err := volumeSource(parts[0])
	if err != nil {
		return fail(err)
	}
	if err := checkTarget(parts[1]); err != nil {
		return fail(err)
	}
	if len(parts) == 3 {
		if err := checkMode(parts[2]); err != nil {
			return fail(err)
		}
	}
	return strings.Join(append([]string{source}, parts[1:]...), ":"), "", nil
}

// VolumeNames are the volumes of the engine that the container mounts. It keeps them when the container goes.
func (s Spec) VolumeNames() []string {
	var names []string
	for _, volume := range s.Volumes {
		if name, _, mounted := strings.Cut(volume, ":"); mounted && volumeName.MatchString(name) {
			names = append(names, name)
		}
	}
	return names
}

// FolderNames are the volumes that are named as a folder of the working folder is: docker run mounts the engine's volume
// of that name, where most people mean the folder.
func (s Spec) FolderNames() []string {
	var names []string
	for _, volume := range s.Volumes {
		name, _, mounted := strings.Cut(volume, ":")
		if info, err := os.Stat(name); mounted && err == nil && info.IsDir() && volumeName.MatchString(name) {
			names = append(names, name)
		}
	}
	return names
}

// volumeName is what the engine takes for the name of a volume.
var volumeName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]+$`)

// volumeSource is a folder's absolute path, or the name of a volume.
func volumeSource(source string) (string, error) {
	switch {
	case strings.HasPrefix(source, "~/"):
		dir, err := os.UserHomeDir()
		return filepath.Join(dir, source[2:]), err
	case strings.HasPrefix(source, "."):
		return filepath.Abs(source)
	case filepath.IsAbs(source) || volumeName.MatchString(source):
		return source, nil
	case source == "":
		return "", errors.New("it names nothing to mount")
	case strings.Contains(source, "/"):
		return "", fmt.Errorf("%s is no name of a volume, and a folder is written ./%s", source, source)
	}
	return "", fmt.Errorf("%s is no name of a volume: two or more letters and digits, and after the first one _ . -", source)
}

func checkTarget(target string) error {
	switch {
	case !path.IsAbs(target):
		return errors.New("the path in the container must begin with /")
	case path.Clean(target) == "/":
		return errors.New("the container's / can't be mounted over")
	}
	return nil
}

// modes are the options behind the second colon; of each kind one may be given.
var modes = map[string]string{
	"ro": "access", "rw": "access", "z": "label", "Z": "label", "nocopy": "copy",
	"consistent": "consistency", "cached": "consistency", "delegated": "consistency",
}

func checkMode(mode string) error {
	seen := map[string]bool{}
	for option := range strings.SplitSeq(mode, ",") {
		kind := modes[option]
		for _, p := range mount.Propagations {
			if option == string(p) {
				kind = "propagation"
			}
		}
		if kind == "" || option == "" {
			return fmt.Errorf("%q is no mode", option)
		}
		if seen[kind] {
			return fmt.Errorf("the mode %s says two things at once", mode)
		}
		seen[kind] = true
	}
	return nil
}
