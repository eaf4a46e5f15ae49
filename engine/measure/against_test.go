package measure

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/image"
)

// TestCompare: layers are shared from the lowest upwards, and count the same in both images.
func TestCompare(t *testing.T) {
	target := Side{"app", image.Contents{Bytes: 130, Groups: map[string]int64{"base OS": 100, "sources": 30}, Layers: []image.ContentLayer{
		{ID: "a", Bytes: 100, Compressed: 40, Stored: true}, {ID: "b", Bytes: 20, Compressed: 8, Stored: true}, {ID: "c", Bytes: 10, Compressed: 2}}}}
	// The same base, of which nobody said that its links do not count.
	against := Side{"old", image.Contents{Bytes: 185, StandIn: "x", Groups: map[string]int64{"base OS": 100, "links": 5, "other": 80}, Layers: []image.ContentLayer{
		{ID: "a", Bytes: 105, Compressed: 40, Stored: true}, {ID: "d", Bytes: 70, Compressed: 8, Stored: true}, {ID: "c", Bytes: 10, Compressed: 2, Stored: true}}}}
	want := event.Compared{
		Target:     event.ComparedImage{Name: "app", Bytes: 130, Layers: 3, Compressed: 50, CompressedBy: event.BlobsMixed, PullMS: 400},
		Against:    event.ComparedImage{Name: "old", Bytes: 180, Layers: 3, Compressed: 50, CompressedBy: event.BlobsStored, PullMS: 400, StandIn: "x"},
		Difference: -50, SharedLayers: 1, SharedBytes: 100, Bandwidth: 1000,
		Groups: []event.ComparedGroup{{Name: "base OS", Target: 100, Against: 100}, {Name: "other", Against: 80}, {Name: "sources", Target: 30}},
	}
	got := Compare(target, against, 1000)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if same := Compare(target, target, 1000); same.Difference != 0 || same.SharedLayers != 3 || same.SharedBytes != 130 {
		t.Errorf("an image compared with itself: %+v", same)
	}
}
