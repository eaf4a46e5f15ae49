package config

import (
	"path/filepath"
	"regexp"
	"strings"

	"github.com/distribution/reference"
)

// fallbackName names images and containers where the context's folder gives no name.
const fallbackName = "stagewatch-app"

// longestName keeps a derived name well below what references and host names may hold.
const longestName = 100

// separators matches runs of characters that a reference can't hold, or only one at a time between letters or digits.
var separators = regexp.MustCompile(`[^a-z0-9]+`)

// ImageName returns a name for the image, made of the context folder's as compose does: in lower case, and with
// nothing in it that a reference can't hold.
func (b Build) ImageName() string {
	name := separators.ReplaceAllStringFunc(strings.ToLower(filepath.Base(absolute(b.Context))), func(run string) string {
		switch run {
		case ".", "_", "__", "-":
			return run
		}
		return "-"
	})
	name = strings.Trim(name[:min(len(name), longestName)], "._-")
	if name == "" {
		return fallbackName
	}
	// A name may still be one that references keep for something else, as 64 hex digits are.
	if _, err := reference.ParseNormalizedNamed(name); err != nil {
		return "stagewatch-" + name
	}
	return name
}

// absolute returns the path from the root where the working folder is known, else the path itself.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

// containerName is what the engine accepts as the name of a container.
var containerName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]+$`)

// ContainerName returns a container's name made of that of its image. One letter is enough for an image, and too little
// for a container.
func ContainerName(image string) string {
	if !containerName.MatchString(image) {
		return "stagewatch-" + image
	}
	return image
}
