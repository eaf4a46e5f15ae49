package plain

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stagewatch/stagewatch/engine/event"
)

func TestComparedInLines(t *testing.T) {
	b := event.Compared{
		Target:     event.ComparedImage{Name: "app:latest", Bytes: 62_600_000, Compressed: 22_100_000, CompressedBy: event.BlobsComputed, PullMS: 3536},
		Against:    event.ComparedImage{Name: "old\x1b[2J", Bytes: 133_000_000, Compressed: 52_000_000, CompressedBy: event.BlobsStored, PullMS: 8320, StandIn: "Debian"},
		Difference: -70_400_000, SharedLayers: 1, SharedBytes: 1_000_000, Bandwidth: 50_000_000,
		Groups: []event.ComparedGroup{{Name: "base OS", Target: 5_000_000, Against: 81_800_000}},
	}
	var out strings.Builder
	if err := New(&out, Options{}).Print(event.Event{Build: 1, Body: b}); err != nil {
		t.Fatal(err)
	}
	want := `#1 COMPARED app:latest 62.6 MB against old 133 MB, -70.4 MB (-53 %)
#1   base OS: 5 MB, against 81.8 MB
#1   app:latest compressed 22.1 MB (computed with gzip), pulled in 3.5s at 50Mbit/s
#1   old compressed 52 MB (the engine's own blobs), pulled in 8.3s at 50Mbit/s
#1   pull times are size over bandwidth, of all layers
#1   1 layer shared, 1 MB
#1   old is based on a stand-in: Debian
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
	b.SharedLayers = 0
	if got := sharedLayers(b); got != "no layer is shared" {
		t.Errorf("got %q", got)
	}
}
