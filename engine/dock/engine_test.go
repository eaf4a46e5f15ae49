package dock_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/dock/docktest"
	"github.com/stagewatch/stagewatch/engine/fault"
)

func TestInfoTellsWhatTheEngineIs(t *testing.T) {
	engine := docktest.Engine(t)
	info, err := engine.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if info.Name == "" || info.Version == "" || info.API == "" || info.Store == "" || info.Builder != "BuildKit" || info.Host != engine.Host {
		t.Errorf("%+v", info)
	}
}

func TestBuildKitAnswersOverTheEngine(t *testing.T) {
	engine := docktest.Engine(t)
	builder, err := engine.BuildKit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer builder.Close()
	workers, err := builder.ListWorkers(t.Context())
	if err != nil || len(workers) == 0 {
		t.Errorf("%d workers, %v", len(workers), err)
	}
}

// podman is an API that answers as Docker's does and has no BuildKit.
func podman(t *testing.T) dock.Options {
	t.Helper()
	listener, err := net.Listen("unix", t.TempDir()+"/podman.sock")
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/_ping", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Api-Version", "1.41") })
	mux.HandleFunc("/v1.41/version", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"Version":"4.3.1","Components":[{"Name":"Podman Engine","Version":"4.3.1"}]}`))
	})
	mux.HandleFunc("/v1.41/info", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"Driver":"overlay"}`)) })
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: mux}}
	server.Start()
	t.Cleanup(server.Close)
	return dock.Options{Host: "unix://" + listener.Addr().String()}
}

func TestAnEngineWithoutBuildKitIsNamed(t *testing.T) {
	engine, err := dock.Connect(t.Context(), podman(t))
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	_, err = engine.Info(t.Context())
	var explained *fault.Error
	if !errors.Is(err, dock.ErrNoBuildKit) || !errors.As(err, &explained) || !strings.Contains(err.Error(), "Podman") || explained.Hint == "" {
		t.Errorf("%v", err)
	}
}

func TestDirectMeansThatAContainersAddressAnswers(t *testing.T) {
	engine := docktest.Engine(t)
	if !engine.Direct(t.Context()) {
		t.Skip("the engine's bridge is not on this machine")
	}
	if engine.Reaches(t.Context(), "host") || engine.Reaches(t.Context(), "no-such-network") {
		t.Error("networks without a bridge of ours are said to be reached")
	}
	far := &dock.Engine{Client: engine.Client, Host: "tcp://far:2375"}
	if far.Direct(t.Context()) {
		t.Error("a remote engine's bridge is said to be here")
	}
}

func TestConnectEndsWithItsContext(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") // accepts and never answers
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := dock.Connect(ctx, dock.Options{Host: "tcp://" + listener.Addr().String()}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
