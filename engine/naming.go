package engine

import (
	"path/filepath"
	"regexp"
	"strings"

	"github.com/distribution/reference"
)

// fallbackName is what images and containers are called where the context's folder gives no name.
const fallbackName = "stagewatch-app"

// longestName keeps a derived name well below what references and host names may hold.
const longestName = 100

// separators are the runs of characters that a reference can't hold, or holds only alone and between letters or digits.
var separators = regexp.MustCompile(`[^a-z0-9]+`)

// imageName makes an image's name of the context's folder, as compose does: lower case, and only what a reference may
// hold.
func imageName(context string) string {
	abs, err := filepath.Abs(context)
	if err != nil {
		abs = context
	}
	name := separators.ReplaceAllStringFunc(strings.ToLower(filepath.Base(abs)), func(run string) string {
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

// containerName is what the engine takes for a name.
var containerName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]+$`)

// appName makes a container's name out of that of its image: one letter is enough for an image, and not for it.
func appName(image string) string {
	if !containerName.MatchString(image) {
		return "stagewatch-" + image
	}
	return image
}
