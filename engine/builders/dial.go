package builders

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/containerd/platforms"
	"github.com/docker/cli/cli/connhelper/commandconn"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// remote is buildx's driver for a BuildKit that somebody else runs.
const remote = "remote"

// Time limits for an answer. Behind buildx a builder may have to be started first.
const (
	addressWithin = 10 * time.Second
	buildxWithin  = time.Minute
)

// Way is a way to a BuildKit.
type Way struct {
	// Dial opens a connection.
	Dial func(context.Context) (net.Conn, error)
	// Within is how long the other end may take to answer.
	Within time.Duration
	// address is what is dialled, empty where buildx does that, secure whether with TLS.
	address string
	secure  bool
	// platforms are those that a person said are built there, none where nobody did.
	platforms []ocispecs.Platform
}

// Ways returns the ways to the nodes of the builder, the ones first that are said to build for the platform. Where buildx
// dials there is one way: it chooses the node.
func (b *Builder) Ways(wanted ocispecs.Platform) []Way {
	var first, rest []Way
	for _, n := range b.nodes {
		w, direct := n.way()
		switch {
		case b.driver != "" && (b.driver != remote || !direct):
			return []Way{b.byBuildx(wanted)}
		case Builds(n.Platforms, wanted):
			first = append(first, w)
		default:
			rest = append(rest, w)
		}
	}
	return append(first, rest...)
}

// Platforms returns what is built there: what a person said, or else what its BuildKit reports.
func (w Way) Platforms(reported []ocispecs.Platform) []ocispecs.Platform {
	if len(w.platforms) > 0 {
		return w.platforms
	}
	return reported
}

// way returns how a node of the driver remote is dialled, and whether it can be without buildx.
func (n node) way() (Way, bool) {
	network, address, _ := strings.Cut(n.Endpoint, "://")
	if network != "tcp" && network != "unix" {
		return Way{}, false
	}
	w := Way{Within: addressWithin, address: n.Endpoint, platforms: n.Platforms}
	for _, option := range []string{"cacert", "cert", "key", "servername"} {
		w.secure = w.secure || n.DriverOpts[option] != ""
	}
	w.Dial = func(ctx context.Context) (net.Conn, error) {
		var d net.Dialer
		if !w.secure {
			return d.DialContext(ctx, network, address)
		}
		cfg, err := n.tls(address)
		if err != nil {
			return nil, err
		}
		return (&tls.Dialer{NetDialer: &d, Config: cfg}).DialContext(ctx, network, address)
	}
	return w, true
}

// errKeys says that the files of the driver's options can't be used.
var errKeys = errors.New("reading the builder's TLS files")

// tls reads the driver's options of a node, whose files may have been renewed since the last time.
func (n node) tls(address string) (*tls.Config, error) {
	host, _, _ := net.SplitHostPort(address)
	cfg := &tls.Config{ServerName: host, RootCAs: x509.NewCertPool(), NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS12}
	if name := n.DriverOpts["servername"]; name != "" {
		cfg.ServerName = name
	}
	ca, err := os.ReadFile(n.DriverOpts["cacert"])
	if err != nil {
		return nil, fmt.Errorf("%w: cacert: %w", errKeys, err)
	}
	if !cfg.RootCAs.AppendCertsFromPEM(ca) {
		return nil, fmt.Errorf("%w: cacert has no certificate", errKeys)
	}
	if cert := n.DriverOpts["cert"]; cert != "" {
		pair, err := tls.LoadX509KeyPair(cert, n.DriverOpts["key"])
		if err != nil {
			return nil, fmt.Errorf("%w: cert and key: %w", errKeys, err)
		}
		cfg.Certificates = []tls.Certificate{pair}
	}
	return cfg, nil
}

// byBuildx lets buildx dial, which starts the builder where it does not run.
func (b *Builder) byBuildx(wanted ocispecs.Platform) Way {
	return Way{Within: buildxWithin, Dial: func(context.Context) (net.Conn, error) {
		// The connection outlives the dialling, so its context is not that of the command.
		return commandconn.New(context.Background(), "docker", "buildx", "dial-stdio", "--builder", b.Name, "--platform", platforms.Format(wanted))
	}}
}

// hasBuildx reports whether docker runs buildx, and whether there is a docker command at all.
func hasBuildx(ctx context.Context) (has, docker bool) {
	if _, err := exec.LookPath("docker"); err != nil {
		return false, false
	}
	return exec.CommandContext(ctx, "docker", "buildx", "version").Run() == nil, true
}
