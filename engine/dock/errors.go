package dock

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/url"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/docker/docker/client"

	"github.com/stagewatch/stagewatch/engine/fault"
)

// Causes that the engine's client reports in many different ways.
var (
	// ErrNotRunning says that nothing listens at the engine's address.
	ErrNotRunning = errors.New("the engine is not running")
	// ErrPermission says that this user may not use the engine's socket.
	ErrPermission = errors.New("permission denied")
	// ErrNoAnswer says that the address does not answer in time, or that its name is unknown.
	ErrNoAnswer = errors.New("no answer")
	// ErrNoBuildKit says that the engine has no BuildKit to build with.
	ErrNoBuildKit = errors.New("this engine has no BuildKit")
)

// hintOrigin says where the address was found, for a person who expected another one.
func (ep endpoint) hintOrigin() string {
	if ep.origin == "" {
		return ""
	}
	return "The address comes from " + ep.origin + "."
}

// explain converts the error of a failed first answer to one that says what is wrong and what to do. The client's error
// lacks the cause, so explain dials the address once more to find it.
func (ep endpoint) explain(ctx context.Context, err error) error {
	what := "connecting to the engine at " + ep.host
	if errors.Is(ctx.Err(), context.Canceled) {
		return &fault.Error{What: what, Err: context.Canceled}
	}
	if ep.ssh() {
		return &fault.Error{What: what, Err: err, Hint: "Try the docker command itself: docker -H " + ep.host + " version"}
	}
	switch cause := ep.dial(); {
	case cause == nil && ctx.Err() != nil:
		return &fault.Error{What: what, Err: ErrNoAnswer, Hint: strings.TrimSpace("The address accepts the connection but sends nothing: the engine may hang or be suspended. Restart it. " + ep.hintOrigin())}
	case cause == nil:
		return &fault.Error{What: what, Err: Plain(err), Hint: ep.hintOrigin()}
	case errors.Is(cause, fs.ErrPermission):
		return &fault.Error{What: what, Err: ErrPermission, Hint: ep.hintPermission()}
	case errors.Is(cause, fs.ErrNotExist), errors.Is(cause, syscall.ECONNREFUSED):
		return &fault.Error{What: what, Err: ErrNotRunning, Hint: ep.hintNotRunning()}
	default:
		return &fault.Error{What: what, Err: ErrNoAnswer, Hint: strings.TrimSpace("Check that the address is right and the machine is up. " + ep.hintOrigin())}
	}
}

// Plain returns an error of the engine's client without the request, whose address helps nobody.
func Plain(err error) error {
	var request *url.Error
	if !errors.As(err, &request) {
		return err
	}
	cause := request.Err
	if request.Timeout() {
		cause = ErrNoAnswer
	}
	return &plainError{strings.ReplaceAll(err.Error(), request.Error(), cause.Error()), errors.Join(cause, err)}
}

type plainError struct {
	text string
	err  error
}

func (e *plainError) Error() string { return e.text }
func (e *plainError) Unwrap() error { return e.err }

// dial tries to connect, for two seconds at most.
func (ep endpoint) dial() error {
	host, err := client.ParseHostURL(ep.host)
	if err != nil {
		return err
	}
	address := host.Host
	if host.Scheme == "unix" {
		address = host.Path
		if address == "" {
			address = host.Host
		}
	}
	conn, err := net.DialTimeout(host.Scheme, address, 2*time.Second)
	if err != nil {
		return err
	}
	return conn.Close()
}

func (ep endpoint) hintPermission() string {
	if runtime.GOOS == "linux" && ep.host == client.DefaultDockerHost {
		return "Join the docker group and log in again: sudo usermod -aG docker $USER"
	}
	return strings.TrimSpace("This user may not use the socket. Run as a user who may. " + ep.hintOrigin())
}

func (ep endpoint) hintNotRunning() string {
	has := func(program string) bool { _, err := exec.LookPath(program); return err == nil }
	return strings.TrimSpace(howToStart(runtime.GOOS, ep.host, has) + ", or name another engine with --host or --context. " + ep.hintOrigin())
}
