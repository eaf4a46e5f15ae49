package solve

import (
	"strings"

	"github.com/stagewatch/stagewatch/engine/tree"
)

// SharedKey returns a name of the contexts for [Request.SharedKey]: the folder of the main one, and the names of the
// copies that BuildKit must compare them with (see [tree.Snapshot.Copy]).
func SharedKey(root string, snaps ...*tree.Snapshot) string {
	names := make([]string, len(snaps))
	for i, s := range snaps {
		names[i] = s.Copy()
	}
	return root + strings.TrimRight("#"+strings.Join(names, "#"), "#")
}
