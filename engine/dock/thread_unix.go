//go:build unix

package dock

import (
	"context"
	"errors"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// threads says whether dialThread works on this system.
const threads = true

// threadConn is a connection to a socket of this machine whose reads block in the system call. Go's own connections
// wait in the poller, which wakes up for each message of a stream, however rarely the stream is read.
type threadConn struct {
	*os.File
	addr net.Addr
}

func dialThread(ctx context.Context, socket string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	raw, err := conn.(*net.UnixConn).SyscallConn()
	if err != nil {
		return nil, err
	}
	fd := -1
	if ctlErr := raw.Control(func(polled uintptr) { fd, err = unix.FcntlInt(polled, unix.F_DUPFD_CLOEXEC, 0) }); ctlErr != nil || err != nil {
		return nil, errors.Join(ctlErr, err)
	}
	// Before os.NewFile, which registers a non-blocking descriptor with the poller.
	if err := unix.SetNonblock(fd, false); err != nil {
		return nil, errors.Join(err, unix.Close(fd))
	}
	return &threadConn{os.NewFile(uintptr(fd), socket), conn.RemoteAddr()}, nil
}

// Close also ends a Read that is under way.
func (c *threadConn) Close() error {
	raw, err := c.SyscallConn()
	if err == nil {
		// The error says that the other side has closed the connection already.
		err = raw.Control(func(fd uintptr) { _ = unix.Shutdown(int(fd), unix.SHUT_RDWR) })
	}
	return errors.Join(err, c.File.Close())
}

func (c *threadConn) LocalAddr() net.Addr  { return c.addr }
func (c *threadConn) RemoteAddr() net.Addr { return c.addr }
