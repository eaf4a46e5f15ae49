package dock

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	controlapi "github.com/moby/buildkit/api/services/control"
	apitypes "github.com/moby/buildkit/api/types"
	"github.com/moby/buildkit/solver/pb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/stagewatch/stagewatch/engine/fault"
)

// workers is a BuildKit that says what it builds for, and builds nothing.
type workers struct {
	controlapi.UnimplementedControlServer
	arch, version string
}

func (w workers) ListWorkers(context.Context, *controlapi.ListWorkersRequest) (*controlapi.ListWorkersResponse, error) {
	r := &apitypes.WorkerRecord{ID: w.arch, Platforms: []*pb.Platform{{OS: "linux", Architecture: w.arch}}}
	if w.version != "" {
		r.BuildkitVersion = &apitypes.BuildkitVersion{Version: w.version}
	}
	return &controlapi.ListWorkersResponse{Record: []*apitypes.WorkerRecord{r}}, nil
}

// serve has a BuildKit answer until the test ends, and returns its address.
func (w workers) serve(t *testing.T, network, address string, opts ...grpc.ServerOption) string {
	t.Helper()
	listener, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(opts...)
	controlapi.RegisterControlServer(server, w)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return network + "://" + listener.Addr().String()
}

// amd64Engine is the address of an engine for linux/amd64 without a BuildKit of its own.
func amd64Engine(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/_ping", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Api-Version", "1.44") })
	mux.HandleFunc("/v1.44/info", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"OSType":"linux","Architecture":"x86_64"}`)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return "tcp://" + server.Listener.Addr().String()
}

// remote makes builders of docker buildx's driver remote, with an address and options for each of their nodes.
func remote(t *testing.T, name string, nodes ...map[string]string) {
	t.Helper()
	type node struct {
		Endpoint   string
		DriverOpts map[string]string
	}
	of := struct {
		Name, Driver string
		Nodes        []node
	}{Name: name, Driver: "remote"}
	for _, options := range nodes {
		n := node{options["endpoint"], map[string]string{}}
		for k, v := range options {
			if k != "endpoint" {
				n.DriverOpts[k] = v
			}
		}
		of.Nodes = append(of.Nodes, n)
	}
	data, err := json.Marshal(of)
	if err != nil {
		t.Fatal(err)
	}
	putBuilder(t, name, string(data))
}

// putBuilder puts a builder into the folder of docker buildx.
func putBuilder(t *testing.T, name, content string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "instances")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("BUILDX_CONFIG", filepath.Dir(dir))
}

// reach connects to a builder for the engine, and returns the architecture that is built there.
func reach(t *testing.T, opts Options) (arch string, err error) {
	t.Helper()
	opts.Host = amd64Engine(t)
	e, err := Connect(t.Context(), opts)
	if err != nil {
		return "", err
	}
	defer e.Close()
	b, err := e.BuildKit(t.Context())
	if err != nil {
		return "", err
	}
	defer b.Close()
	if b.Home != e {
		t.Error("the images stay where they are")
	}
	found, err := b.ListWorkers(t.Context())
	if err != nil {
		return "", err
	}
	return found[0].ID, nil
}

func wantReached(t *testing.T, opts Options, want string) {
	t.Helper()
	if got, err := reach(t, opts); err != nil || got != want {
		t.Errorf("reached %q, want %q: %v\n%s", got, want, err, fault.Hint(err))
	}
}

// wantFault checks that the builder is not reached, why, and that the way back to the engine's own is named.
func wantFault(t *testing.T, opts Options, what, hint string) {
	t.Helper()
	_, err := reach(t, opts)
	if err == nil || !strings.Contains(err.Error(), what) || !strings.Contains(fault.Hint(err), hint) || !strings.Contains(fault.Hint(err), "--builder default") {
		t.Errorf("want %q, %q: got %v\n%s", what, hint, err, fault.Hint(err))
	}
}

// TestABuilderElsewhere is reached at its address or by its name, at the node that builds for the engine's platform or for
// the one that is asked for. Why one is not reached is said with the next step.
func TestABuilderElsewhere(t *testing.T) {
	amd := workers{arch: "amd64", version: "v0.34.2"}.serve(t, "tcp", "127.0.0.1:0")
	arm := workers{arch: "arm64", version: "v0.34.2"}.serve(t, "unix", filepath.Join(t.TempDir(), "b.sock"))
	old := workers{arch: "amd64", version: ""}.serve(t, "tcp", "127.0.0.1:0")
	// Nobody listens at a port that only root may take.
	const away = "tcp://127.0.0.1:1"
	at := func(address string) map[string]string { return map[string]string{"endpoint": address} }

	wantReached(t, Options{Builder: amd}, "amd64")
	wantReached(t, Options{Builder: arm, Platform: "linux/arm64"}, "arm64")
	remote(t, "two", at(arm), at(away), at(amd))
	wantReached(t, Options{Builder: "two"}, "amd64")
	wantReached(t, Options{Builder: "two", Platform: "linux/arm64"}, "arm64")

	wantFault(t, Options{Builder: arm}, "it builds for linux/arm64, and not for linux/amd64", "--platform")
	wantFault(t, Options{Builder: away}, "it does not run", "correct the address")
	wantFault(t, Options{Builder: "unix:///nowhere/b.sock"}, "it does not run", "correct the address")
	wantFault(t, Options{Builder: old}, "older than 0.11", "Update it")
	remote(t, "away", at(away))
	wantFault(t, Options{Builder: "away"}, "connecting to builder away (remote) at "+away, "docker buildx inspect away")
}

// TestABuilderWithTLS: each end shows its certificate, by the files that the builder was made with.
func TestABuilderWithTLS(t *testing.T) {
	ours, theirs := newAuthority(t), newAuthority(t)
	server := ours.issue(t, "server")
	trusted := x509.NewCertPool()
	trusted.AddCert(ours.cert)
	pair, err := tls.LoadX509KeyPair(server["cert"], server["key"])
	if err != nil {
		t.Fatal(err)
	}
	address := workers{arch: "amd64", version: "v0.34.2"}.serve(t, "tcp", "127.0.0.1:0",
		grpc.Creds(credentials.NewTLS(&tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: trusted})))
	plain := workers{arch: "amd64", version: "v0.34.2"}.serve(t, "tcp", "127.0.0.1:0")

	with := func(of, ca *authority, more map[string]string) {
		options := of.issue(t, "client")
		options["endpoint"], options["cacert"] = address, ca.file
		for k, v := range more {
			options[k] = v
		}
		remote(t, "tls", options)
	}
	with(ours, ours, nil)
	wantReached(t, Options{Builder: "tls"}, "amd64")
	with(ours, ours, map[string]string{"servername": "builder.example"})
	wantReached(t, Options{Builder: "tls"}, "amd64")
	with(ours, ours, map[string]string{"servername": "other.example"})
	wantFault(t, Options{Builder: "tls"}, "no trust between the two ends", "servername")
	with(theirs, ours, nil)
	wantFault(t, Options{Builder: "tls"}, "no trust between the two ends", "docker buildx inspect tls")
	with(ours, theirs, nil)
	wantFault(t, Options{Builder: "tls"}, "unknown authority", "cacert")
	with(ours, ours, map[string]string{"cert": "", "key": ""})
	wantFault(t, Options{Builder: "tls"}, "no trust between the two ends", "cert")
	with(ours, ours, map[string]string{"cacert": "/nowhere/ca.pem"})
	wantFault(t, Options{Builder: "tls"}, "reading the builder's TLS files: cacert", "--driver-opt")
	with(ours, ours, map[string]string{"endpoint": plain})
	wantFault(t, Options{Builder: "tls"}, "no trust between the two ends", "docker buildx inspect tls")
	wantFault(t, Options{Builder: address}, "without TLS", "--driver-opt cacert=FILE")
}

// authority issues certificates, and has its own in a file.
type authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	file string
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{file: filepath.Join(t.TempDir(), "ca.pem")}
	var err error
	if a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	of := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, of, of, a.key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	writePEM(t, a.file, "CERTIFICATE", der)
	return a
}

// issue returns the files of a certificate of this machine, as the options cert and key.
func (a *authority) issue(t *testing.T, name string) map[string]string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	of := &x509.Certificate{SerialNumber: big.NewInt(2), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"builder.example"},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, of, a.cert, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	files := map[string]string{"cert": filepath.Join(dir, name+".pem"), "key": filepath.Join(dir, name+"-key.pem")}
	writePEM(t, files["cert"], "CERTIFICATE", der)
	writePEM(t, files["key"], "EC PRIVATE KEY", secret)
	return files
}

func writePEM(t *testing.T, file, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestABuilderBehindBuildx is dialled by docker buildx, which is this program here. What buildx says is passed on.
func TestABuilderBehindBuildx(t *testing.T) {
	bin := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(bin, "docker")); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(t.TempDir(), "b.sock")
	workers{arch: "amd64", version: "v0.34.2"}.serve(t, "unix", socket)
	putBuilder(t, "kube", `{"Name":"kube","Driver":"kubernetes","Nodes":[{"Name":"kube0","Endpoint":"kubernetes:///kube"}]}`)

	t.Setenv("PATH", bin)
	t.Setenv(asBuildx, "kube linux/amd64 "+socket)
	wantReached(t, Options{Builder: "kube"}, "amd64")
	t.Setenv(asBuildx, "kube linux/amd64 /nowhere")
	wantFault(t, Options{Builder: "kube"}, "kube (kubernetes): no such pod", "docker buildx inspect --bootstrap kube")
	t.Setenv(asBuildx, "none")
	wantFault(t, Options{Builder: "kube"}, "docker buildx is not installed", "Install docker's plugin buildx")
	t.Setenv("PATH", t.TempDir())
	wantFault(t, Options{Builder: "kube"}, "docker buildx is not installed", "no docker command")
}

// asBuildx is the variable that makes this program docker: the builder and the platform that are to be asked for, and the
// socket that is led to.
const asBuildx = "STAGEWATCH_TEST_BUILDX"

// buildx does what docker would, and returns its exit code.
func buildx(known string, args []string) int {
	var builder, platform, socket string
	if n, _ := fmt.Sscan(known, &builder, &platform, &socket); n < 3 {
		fmt.Fprintln(os.Stderr, "docker: unknown command: docker buildx")
		return 1
	}
	if strings.Join(args, " ") == "buildx version" {
		return 0
	}
	if want := "buildx dial-stdio --builder " + builder + " --platform " + platform; strings.Join(args, " ") != want {
		fmt.Fprintf(os.Stderr, "ERROR: called as %q, want %q\n", args, want)
		return 1
	}
	conn, err := net.Dial("unix", socket)
	if err != nil {
		fmt.Fprintln(os.Stderr, "#0 dialing builder\nERROR: no such pod")
		return 1
	}
	go func() {
		_, _ = io.Copy(conn, os.Stdin)
		conn.Close()
	}()
	_, _ = io.Copy(os.Stdout, conn)
	return 0
}
