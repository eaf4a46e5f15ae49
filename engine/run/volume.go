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

// parseVolume reads a --volume value as docker run does, and refuses what engines refuse. It returns either a bind in
// the engine's notation or the path of an anonymous volume.
func parseVolume(volume string) (bind, anonymous string, err error) {
	fail := func(err error) (string, string, error) {
		return "", "", &fault.Error{What: fmt.Sprintf("reading --volume %q", volume), Err: err,
			Hint: "Write --volume FOLDER:/path/in/the/container, and :ro after it for read-only. FOLDER is absolute or begins with ./"}
	}
	// The colon of a drive letter is no separator.
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
		return fail(errors.New("it has more than three parts"))
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

// VolumeNames returns the engine's volumes that the container mounts. The engine keeps them when the container is
// removed.
func (s Spec) VolumeNames() []string {
	var names []string
	for _, volume := range s.Volumes {
		if name, _, mounted := strings.Cut(volume, ":"); mounted && volumeName.MatchString(name) {
			names = append(names, name)
		}
	}
	for _, value := range s.Mounts {
		mounts, _ := parseMount(value) // which was checked
		for _, m := range mounts {
			if m.Type == mount.TypeVolume && m.Source != "" {
				names = append(names, m.Source)
			}
		}
	}
	return names
}

// FolderNames returns the volumes that have the name of a folder in the working folder. Like docker run, the engine
// mounts its volume of that name, where most people mean the folder.
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

// volumeName matches what the engine accepts as the name of a volume.
var volumeName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]+$`)

// volumeSource returns a folder's absolute path, or the name of a volume.
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
		return "", fmt.Errorf("%s is not a valid name of a volume; write a folder as ./%s", source, source)
	}
	return "", fmt.Errorf("%s is not a valid name of a volume: use at least two letters and digits, and after the first one also _ . -", source)
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

// modes maps the options after the second colon to their kinds. Each kind may be given once.
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
			return fmt.Errorf("%q is not a known mode", option)
		}
		if seen[kind] {
			return fmt.Errorf("the mode %s contradicts itself", mode)
		}
		seen[kind] = true
	}
	return nil
}
