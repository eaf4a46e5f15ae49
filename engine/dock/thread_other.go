//go:build !unix

package dock

import (
	"context"
	"errors"
	"net"
)

// threads tells whether dialThread works here.
const threads = false

func dialThread(context.Context, string) (net.Conn, error) { return nil, errors.ErrUnsupported }
