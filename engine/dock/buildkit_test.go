package dock_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docker/docker/api/types/versions"

	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/dock/docktest"
	"github.com/stagewatch/stagewatch/engine/fault"
)

const (
	native  = "PRI * HTTP/2.0"
	hijacks = "POST /grpc HTTP/1.1"
)

// tap leads connections to an engine, and records their first lines.
type tap struct {
	engine *dock.Engine
	mu     sync.Mutex
	lines  []string
}

// on serves what connects to the listener, until the test ends.
func (p *tap) on(t *testing.T, listener net.Listener) {
	t.Cleanup(func() { listener.Close() })
	dial := p.engine.Client.Dialer()
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer near.Close()
				in := bufio.NewReader(near)
				line, err := in.ReadString('\n')
				if err != nil {
					return
				}
				p.mu.Lock()
				p.lines = append(p.lines, strings.TrimSpace(line))
				p.mu.Unlock()
				far, err := dial(t.Context())
				if err != nil {
					return
				}
				defer far.Close()
				go func() {
					_, _ = io.Copy(far, io.MultiReader(strings.NewReader(line), in))
					far.Close()
				}()
				_, _ = io.Copy(near, far)
			}()
		}
	}()
}

// had reports whether a connection began so.
func (p *tap) had(line string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Contains(p.lines, line)
}

// answers checks that the engine behind the tap, at host, builds what takes a session.
func (p *tap) answers(t *testing.T, host string) {
	t.Helper()
	e, err := dock.Connect(t.Context(), dock.Options{Host: host})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if _, err := e.Info(t.Context()); err != nil {
		t.Fatal(err)
	}
	docktest.Build(t, e, docktest.Session(t, p.engine), "FROM scratch\nCOPY a /\n", map[string]string{"a": "a"})
}

// speaksGRPC reports whether the engine is one that answers gRPC on its address.
func speaksGRPC(t *testing.T, e *dock.Engine) bool {
	t.Helper()
	ping, err := e.Client.Ping(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return versions.GreaterThanOrEqualTo(ping.APIVersion, "1.53")
}

// TestTheWayToBuildKit is gRPC on the engine's address where it has that, and nothing else is tried there.
func TestTheWayToBuildKit(t *testing.T) {
	p := &tap{engine: docktest.Engine(t)}
	listener, err := net.Listen("unix", filepath.Join(t.TempDir(), "docker.sock"))
	if err != nil {
		t.Fatal(err)
	}
	p.on(t, listener)
	p.answers(t, "unix://"+listener.Addr().String())
	if is := speaksGRPC(t, p.engine); p.had(native) != is || p.had(hijacks) == is {
		t.Errorf("gRPC on the address: %t; connections began with %q", is, p.lines)
	}
}

// TestTheWayToBuildKitWithTLS is the same where both ends agree on HTTP/2, and /grpc where the other end does not.
func TestTheWayToBuildKitWithTLS(t *testing.T) {
	for _, protos := range [][]string{{"h2", "http/1.1"}, {"http/1.1"}, nil} {
		t.Run(strings.Join(protos, " "), func(t *testing.T) {
			p := &tap{engine: docktest.Engine(t)}
			listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate(t)}, NextProtos: protos})
			if err != nil {
				t.Fatal(err)
			}
			p.on(t, listener)
			p.answers(t, "tcp://"+listener.Addr().String())
			if is := speaksGRPC(t, p.engine) && len(protos) == 2; p.had(native) != is || p.had(hijacks) == is {
				t.Errorf("connections began with %q", p.lines)
			}
		})
	}
}

// certificate returns a server's certificate that the engine's client trusts in this test.
func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	of := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, of, of, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "ca.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DOCKER_TLS_VERIFY", "1")
	t.Setenv("DOCKER_CERT_PATH", dir)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// TestAProxyWithoutHTTP2 leaves the older way. Where there is none, the error says what does not get through.
func TestAProxyWithoutHTTP2(t *testing.T) {
	var found, upgraded atomic.Bool
	found.Store(true)
	mux := http.NewServeMux()
	mux.HandleFunc("/_ping", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Api-Version", "1.53") })
	mux.HandleFunc("/grpc", func(w http.ResponseWriter, r *http.Request) {
		if !found.Load() {
			http.NotFound(w, r)
			return
		}
		upgraded.Store(true)
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	connect := func() error {
		e, err := dock.Connect(t.Context(), dock.Options{Host: "tcp://" + server.Listener.Addr().String()})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		b, err := e.BuildKit(t.Context())
		if err == nil {
			b.Close()
		}
		return err
	}
	if err := connect(); err != nil || !upgraded.Load() {
		t.Errorf("upgraded %t, %v", upgraded.Load(), err)
	}
	found.Store(false)
	err := connect()
	var explained *fault.Error
	if !errors.As(err, &explained) || errors.Is(err, dock.ErrNoBuildKit) || !strings.Contains(err.Error(), "neither gRPC") || !strings.Contains(explained.Hint, "proxy") {
		t.Errorf("%v", err)
	}
}
