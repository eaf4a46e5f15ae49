package build

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/stagewatch/stagewatch/engine/tree"
)

// SharedKey names a context for [Request.SharedKey]: by its folder, and by whatever folders in it have another
// mode or owner than the context's own folder.
//
// BuildKit, old and new, compares a context with what it was last sent under the same key, and does not notice
// there that a folder which it has changed its mode or owner: it goes on copying the old one, until it happens
// to be sent everything anew and reruns steps with no edit to blame. Under another key everything is sent anew
// at once. Folders with a mode of their own are rare, so that this is too.
func SharedKey(root string, snap *tree.Snapshot) string {
	usual, _ := snap.Lookup("")
	h := sha256.New()
	any := false
	snap.Walk("", func(rel string, e tree.Entry) bool {
		if e.Mode.IsDir() && (e.Mode != usual.Mode || e.UID != usual.UID || e.GID != usual.GID) {
			any = true
			fmt.Fprintf(h, "%s\x00%o %d %d\x00", rel, e.Mode, e.UID, e.GID)
		}
		return true
	})
	if !any {
		return root
	}
	return root + "#" + hex.EncodeToString(h.Sum(nil)[:8])
}
