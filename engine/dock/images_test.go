package dock

import (
	"fmt"
	"testing"

	"github.com/docker/docker/api/types/image"
)

func TestImagesAreListedWhileOthersGo(t *testing.T) {
	r := newRig(t)
	gone := make(chan error, 1)
	var ids []string
	for i := range 20 {
		ids = append(ids, r.makeImage(t.Name(), fmt.Sprintf("stagewatch-going:%d", i)))
	}
	go func() {
		for _, id := range ids {
			if _, err := r.Client.ImageRemove(t.Context(), id, image.RemoveOptions{Force: true}); err != nil {
				gone <- err
				return
			}
		}
		gone <- nil
	}()
	for lists := 1; ; lists++ {
		if _, err := r.Images(t.Context(), image.ListOptions{}); err != nil {
			t.Fatalf("list %d: %v", lists, err)
		}
		select {
		case err := <-gone:
			if err != nil {
				t.Error(err)
			}
			return
		default:
		}
	}
}
