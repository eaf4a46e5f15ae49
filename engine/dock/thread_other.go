//go:build !unix

package dock

import (
	"context"
	"errors"
	"net"
)

// threads says whether dialThread works on this system.
const threads = false

func dialThread(context.Context, string) (net.Conn, error) { return nil, errors.ErrUnsupported }
