package solve

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/moby/buildkit/solver/pb"
)

// TestABaseThatTheEngineHasIsNotAskedFor: a save costs no request to the registry that the name of its base leads to, which
// does not have it. Such a base was built or loaded.
func TestABaseThatTheEngineHasIsNotAskedFor(t *testing.T) {
	b := newBench(t)
	var requests atomic.Int32
	registry := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		w.WriteHeader(http.StatusNotFound)
	}))
	t.Cleanup(registry.Close)
	base := strings.TrimPrefix(registry.URL, "http://") + "/base:" + b.secret
	if err := b.engine.Client.ImageTag(t.Context(), "python:3.9-alpine", base); err != nil {
		t.Fatal(err)
	}
	b.remove(base)
	b.write("Dockerfile", "FROM "+base+"\nCOPY page /\n")
	b.write("page", "first SECRET")
	// The first plan asks what the name stands for.
	if _, err := b.build(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	requests.Store(0)
	b.write("page", "second SECRET")
	if _, err := b.build(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if n := requests.Load(); n > 0 && b.builder.caps.Supports(pb.CapExecMetaCDI) != nil {
		t.Skipf("Docker Engine 26 made %d requests: its BuildKit looks for an image with the digest in its name", n)
	} else if n > 0 {
		t.Errorf("a save made %d requests", n)
	}
}
