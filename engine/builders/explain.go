package builders

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
	"time"

	"github.com/containerd/platforms"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/stagewatch/stagewatch/engine/fault"
)

// Causes for which a builder can't be used.
var (
	// ErrNotRunning says that nothing listens at a builder's address.
	ErrNotRunning = errors.New("it does not run")
	// ErrRefused says that the two ends do not trust each other.
	ErrRefused = errors.New("no trust between the two ends")
	// ErrNoBuildx says that buildx is needed and not there.
	ErrNoBuildx = errors.New("docker buildx is not installed")
)

// own is the way out of any trouble with a builder.
const own = " --builder default builds with the engine's own."

// Explain returns why a builder does not answer on one of its ways, and what to do. Dialled is the last error of dialling, nil
// where that went well, and err that of the request.
func (b *Builder) Explain(ctx context.Context, w Way, dialled, err error) error {
	what := "connecting to builder " + b.String()
	if w.address != "" && w.address != b.Name {
		what += " at " + w.address
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return &fault.Error{What: what, Err: context.Canceled}
	}
	if w.address == "" {
		return b.explainBuildx(ctx, what, err)
	}
	if refused := w.refused(ctx); dialled == nil && refused != nil {
		err = refused
	}
	start := "Start it, or correct the address" + b.correct() + "." + own
	switch text := err.Error(); {
	case errors.Is(dialled, errKeys):
		return &fault.Error{What: what, Err: dialled, Hint: "Name the files again: docker buildx create --append --name " + b.Name + " --driver-opt cacert=FILE,cert=FILE,key=FILE …" + own}
	case errors.Is(dialled, fs.ErrPermission):
		return &fault.Error{What: what, Err: fs.ErrPermission, Hint: "This user may not use the socket. Run as a user who may." + own}
	case errors.Is(dialled, fs.ErrNotExist), errors.Is(dialled, syscall.ECONNREFUSED):
		return &fault.Error{What: what, Err: ErrNotRunning, Hint: start}
	case strings.Contains(text, "tls: "), strings.Contains(text, "x509: "), dialled != nil && strings.Contains(dialled.Error(), "tls: "):
		return &fault.Error{What: what, Err: fmt.Errorf("%w: %s", ErrRefused, tlsCause(text)), Hint: "Check the builder's options cacert, cert, key and servername: docker buildx inspect " + b.Name + "." + own}
	case dialled != nil:
		return &fault.Error{What: what, Err: dialled, Hint: start}
	case strings.Contains(text, "server preface") && !w.secure:
		return &fault.Error{What: what, Err: errors.New("the other end does not speak as a BuildKit does without TLS"),
			Hint: "Where it wants TLS, make a builder with its files: docker buildx create --driver remote --driver-opt cacert=FILE,cert=FILE,key=FILE " + w.address + "." + own}
	case ctx.Err() != nil:
		return &fault.Error{What: what, Err: errors.New("no answer"), Hint: start}
	}
	return &fault.Error{What: what, Err: err, Hint: start}
}

// refused returns what the other end says to our certificate, nil where it takes it or says nothing. It says that only after the
// handshake, when a client that writes first has lost the connection already.
func (w Way) refused(ctx context.Context) error {
	if !w.secure || ctx.Err() != nil {
		return nil
	}
	conn, err := w.Dial(ctx)
	if err != nil {
		return nil
	}
	defer conn.Close()
	_ = conn.SetReadDeadline(time.Now().Add(refusedWithin))
	if _, err = conn.Read(make([]byte, 1)); err == nil || !strings.Contains(err.Error(), "tls: ") {
		return nil
	}
	return err
}

// refusedWithin is how long the other end may take to refuse a certificate.
const refusedWithin = 2 * time.Second

// correct says how the address is corrected, of a builder of buildx.
func (b *Builder) correct() string {
	if b.driver == "" {
		return ""
	}
	return " (docker buildx inspect " + b.Name + ")"
}

// tlsCause returns what TLS itself says in a message.
func tlsCause(text string) string {
	for _, mark := range []string{"remote error: ", "tls: ", "x509: "} {
		if i := strings.Index(text, mark); i >= 0 {
			return strings.Trim(text[i:], `"`)
		}
	}
	return text
}

// explainBuildx says why buildx did not lead to the builder.
func (b *Builder) explainBuildx(ctx context.Context, what string, err error) error {
	asking := context.WithoutCancel(ctx)
	switch has, docker := hasBuildx(asking); {
	case !docker:
		return &fault.Error{What: what + ", which buildx leads to", Err: ErrNoBuildx, Hint: "There is no docker command on the PATH: install the Docker CLI with its plugin buildx." + own}
	case !has:
		return &fault.Error{What: what + ", which buildx leads to", Err: ErrNoBuildx, Hint: "Install docker's plugin buildx: https://github.com/docker/buildx#installing." + own}
	}
	hint := "See what it says: docker buildx inspect --bootstrap " + b.Name + "." + own
	if ctx.Err() != nil {
		return &fault.Error{What: what, Err: errors.New("no answer"), Hint: hint}
	}
	return &fault.Error{What: what, Err: errors.New(buildxsWords(err.Error())), Hint: hint}
}

// buildxsWords returns what buildx printed, out of the error of the connection to it.
func buildxsWords(text string) string {
	if _, words, found := strings.Cut(text, "stderr="); found {
		text = words
	}
	if _, last, found := strings.Cut(text, "ERROR: "); found {
		text = last
	}
	text = strings.NewReplacer(`\n`, " ", "\n", " ", `\"`, `"`).Replace(text)
	return strings.Trim(text, `" `)
}

// WrongPlatform is the error for a builder that has no node for a platform.
func (b *Builder) WrongPlatform(wanted ocispecs.Platform, has []ocispecs.Platform) error {
	var names []string
	for _, p := range has {
		names = append(names, platforms.Format(p))
	}
	return &fault.Error{What: fmt.Sprintf("using builder %s: it builds for %s, and not for %s", b, strings.Join(names, ", "), platforms.Format(wanted)),
		Hint: "Name a builder with a node for that platform, or a platform that both have: --platform." + own}
}

// TooOld is the error for a builder whose BuildKit can't hand its layers over one by one.
func (b *Builder) TooOld() error {
	return &fault.Error{What: fmt.Sprintf("using builder %s: its BuildKit is older than 0.11, which keeps no image back that the engine has", b), Hint: "Update it." + own}
}
