package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"testing"

	"github.com/containerd/containerd/v2/core/content/proxy"
	controlapi "github.com/moby/buildkit/api/services/control"
	"github.com/opencontainers/go-digest"
	grpccodes "google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/dock/docktest"
	"github.com/stagewatch/stagewatch/engine/event"
)

// TestTheBuildHistory is the user's: a session adds its builds under names that say what they are, and nothing else,
// and only the newest of them stay.
func TestTheBuildHistory(t *testing.T) {
	l, p := onPrivate(t, "")
	h := newHistory(t, p.Engine)
	if _, err := h.list(); status.Code(err) == grpccodes.Unimplemented {
		t.Skip("this engine keeps no build history")
	}
	theirs := docktest.Session(t, p.Engine)
	for i := range 3 {
		docktest.Build(t, p.Engine, theirs, fmt.Sprintf("FROM base\nENV USERS=%d\n", i), nil)
	}
	users := h.refs(t)

	l.start(config.Config{})
	await[event.Ledger](l, nil)
	const saves = 3
	for i := range saves {
		l.write("page.txt", fmt.Sprint("page ", i))
		await[event.Ledger](l, nil)
	}
	name := filepath.Base(l.dir)
	want := []string{name + ": first build"}
	for range saves {
		want = append(want, name+": page.txt changed")
	}
	if got := h.since(t, users); !slices.Equal(got, want) {
		t.Errorf("the session's records are\n%q, want\n%q", got, want)
	}

	for i := range 12 {
		l.write("page.txt", fmt.Sprint("another page ", i))
		await[event.Serving](l, nil)
	}
	l.stop()
	if got := h.since(t, users); len(got) != 10 {
		t.Errorf("%d of our builds stay in the history, want the newest 10: %q", len(got), got)
	}
	if left := h.refs(t); !slices.Equal(left[:min(len(users), len(left))], users) {
		t.Errorf("of the user's records %v only %v are left", users, left)
	}
	h.complete(t)
}

// history is the build history of an engine.
type history struct{ client *dock.BuildKit }

func newHistory(t *testing.T, e *dock.Engine) history {
	t.Helper()
	c, err := e.BuildKit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return history{c}
}

// list returns all records, the oldest first.
func (h history) list() ([]*controlapi.BuildHistoryRecord, error) {
	stream, err := h.client.ControlClient().ListenBuildHistory(context.Background(), &controlapi.BuildHistoryRequest{EarlyExit: true})
	if err != nil {
		return nil, err
	}
	var all []*controlapi.BuildHistoryRecord
	for {
		e, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		all = append(all, e.Record)
	}
	slices.SortFunc(all, func(x, y *controlapi.BuildHistoryRecord) int {
		return x.CreatedAt.AsTime().Compare(y.CreatedAt.AsTime())
	})
	return all, nil
}

func (h history) refs(t *testing.T) []string {
	t.Helper()
	all, err := h.list()
	if err != nil {
		t.Fatal(err)
	}
	var refs []string
	for _, r := range all {
		refs = append(refs, r.Ref)
	}
	return refs
}

// since returns the names, as buildx finds them, of the records that are not among those known.
func (h history) since(t *testing.T, known []string) []string {
	t.Helper()
	all, err := h.list()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range all {
		if !slices.Contains(known, r.Ref) {
			names = append(names, r.FrontendAttrs["build-arg:BUILDKIT_BUILD_NAME"])
		}
	}
	return names
}

// complete checks that what the records refer to can be read.
func (h history) complete(t *testing.T) {
	t.Helper()
	all, err := h.list()
	if err != nil {
		t.Fatal(err)
	}
	store := proxy.NewContentStore(h.client.ContentClient())
	for _, r := range all {
		refers := []*controlapi.Descriptor{r.Logs, r.Trace, r.ExternalError}
		if r.Result != nil {
			refers = append(refers, r.Result.Attestations...)
			for _, d := range r.Result.Results {
				refers = append(refers, d)
			}
		}
		for _, d := range refers {
			if d == nil {
				continue
			}
			if _, err := store.Info(t.Context(), digest.Digest(d.Digest)); err != nil {
				t.Errorf("record %s refers to %s (%s): %v", r.Ref, d.Digest, d.MediaType, err)
			}
		}
	}
}
