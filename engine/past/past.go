// Package past is what earlier sessions knew of a Dockerfile: what was last built of it, and each step's last run. It is
// kept in files of our own. No build needs them: what is lost or can't be read counts as not known.
package past

import (
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"

	"github.com/stagewatch/stagewatch/engine/state"
)

// BuildFile returns the file of what was last built of a Dockerfile, empty where there is no cache folder. A compose service
// has one of its own: others may build other stages of the same Dockerfile. Without a service it is empty.
func BuildFile(root, dockerfile, service string) string {
	if service != "" {
		dockerfile += "\x00" + service
	}
	return file("built", root, dockerfile)
}

// StepsFile returns the file of the last runs of a Dockerfile's steps, empty where there is no cache folder.
func StepsFile(root, dockerfile string) string { return file("steps", root, dockerfile) }

func file(kind, root, dockerfile string) string {
	dir := state.Dir(kind)
	if dir == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(root + "\x00" + dockerfile))
	return filepath.Join(dir, hex.EncodeToString(sum[:8])+".json")
}
