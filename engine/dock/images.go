package dock

import (
	"context"
	"strings"

	"github.com/docker/docker/api/types/image"
)

// Images lists the images that the options select. On the containerd store of Docker Engine 26 a list fails where one of the
// engine's images, whoever's it is, is removed meanwhile; then Images asks again.
func (e *Engine) Images(ctx context.Context, options image.ListOptions) ([]image.Summary, error) {
	const attempts = 20
	for attempt := 1; ; attempt++ {
		images, err := e.Client.ImageList(ctx, options)
		if err == nil || attempt == attempts || !strings.Contains(err.Error(), "not found") {
			return images, err
		}
	}
}
