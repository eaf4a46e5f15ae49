package solve

import (
	"strings"

	"github.com/stagewatch/stagewatch/engine/tree"
)

// SharedKey names contexts for [Request.SharedKey]: by the folder of the main one, and by what of them BuildKit would
// not see to be another than what it was sent from there before, see [tree.Snapshot.Copy].
func SharedKey(root string, snaps ...*tree.Snapshot) string {
	names := make([]string, len(snaps))
	for i, s := range snaps {
		names[i] = s.Copy()
	}
	return root + strings.TrimRight("#"+strings.Join(names, "#"), "#")
}
