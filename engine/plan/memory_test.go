package plan

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/stagewatch/stagewatch/engine/event"
)

// TestRecallPredictsAsTheOriginal: a plan recalled from JSON predicts the same as the original.
func TestRecallPredictsAsTheOriginal(t *testing.T) {
	old := mustPlan(t, sample, nil)
	dt, err := json.Marshal(old.Remember())
	if err != nil {
		t.Fatal(err)
	}
	var m Memory
	if err := json.Unmarshal(dt, &m); err != nil {
		t.Fatal(err)
	}
	now := mustPlan(t, strings.Replace(sample, "cache purge", "cache info", 1), nil)
	changes := changed(event.ContentChanged, "requirements.txt")
	if diff := cmp.Diff(now.Predict(old, changes, nil), now.Predict(Recall(m), changes, nil)); diff != "" {
		t.Error(diff)
	}
}

// TestEngineFactsAreEnough makes the same plan without the engine: bases with triggers, folders and variables, and a
// BuildKit that can't do everything.
func TestEngineFactsAreEnough(t *testing.T) {
	const dockerfile = "FROM a AS x\nCOPY f $HOME_OF/\nFROM --platform=linux/arm64 b\nCOPY --link --from=x /f rel\nRUN make\n"
	unmerging := WithoutMergeOp()
	in := Input{Dockerfile: []byte(dockerfile), Filename: "Dockerfile"}
	unmerging.Fill(&in)
	engine := canonical{
		"docker.io/library/a:latest": `{"architecture":"amd64","os":"linux","config":{"OnBuild":["COPY t /t"],"Env":["HOME_OF=/opt"],"Labels":{"hush":"1"}},"rootfs":{"type":"layers","diff_ids":["sha256:1"]},"history":[{"created_by":"hush"}]}`,
		"docker.io/library/b:latest": `{"architecture":"arm64","variant":"v8","os":"linux","config":{"WorkingDir":"/w","User":"7","Shell":["/bin/ash","-c"]},"rootfs":{"type":"layers","diff_ids":["sha256:2"]}}`,
	}
	built, err := New(t.Context(), in, engine)
	if err != nil {
		t.Fatal(err)
	}
	dt, err := json.Marshal(built.Remember())
	if err != nil || strings.Contains(string(dt), "hush") {
		t.Fatalf("more is kept of a base than is needed: %s, %v", dt, err)
	}
	var m Memory
	if err := json.Unmarshal(dt, &m); err != nil {
		t.Fatal(err)
	}
	for _, b := range m.Engine.Bases {
		if b.Ref != "" || strings.Contains(b.Name, "library") {
			t.Errorf("the name of a base is kept: %+v", b)
		}
	}
	in.Caps, in.Platform = nil, ocispecs.Platform{}
	m.Engine.Fill(&in)
	again, err := New(t.Context(), in, facts{&m.Engine})
	if err != nil {
		t.Fatal(err)
	}
	if !again.Same(built) || again.Merges() {
		t.Error("it is another graph")
	}
	if diff := cmp.Diff(stepList(built), stepList(again)); diff != "" || !strings.Contains(diff+stepList(built), "ONBUILD COPY t /t") {
		t.Errorf("%s\n%s", stepList(built), diff)
	}
}

// canonical are image configs by name.
type canonical map[string]string

func (c canonical) ResolveImageConfig(_ context.Context, ref string, _ sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	return ref, digest.FromString(c[ref]), []byte(c[ref]), nil
}

type facts struct{ *EngineFacts }

func (f facts) ResolveImageConfig(_ context.Context, name string, opt sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	ref, dgst, config, ok := f.Resolve(name, opt)
	if !ok {
		return "", "", nil, fmt.Errorf("no engine has resolved %s", name)
	}
	return ref, dgst, config, nil
}

// TestAnImageIsKeyedByItsContent: another name, a digest or another way of looking it up reruns nothing.
func TestAnImageIsKeyedByItsContent(t *testing.T) {
	config := func(layer, env string) string {
		return fmt.Sprintf(`{"architecture":"amd64","os":"linux","config":{"Env":["V=%s"]},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}`, env, layer)
	}
	images := canonical{"docker.io/library/a:latest": config("1", "1"), "docker.io/library/same:latest": config("1", "1"), "docker.io/library/set:latest": config("1", "2"), "docker.io/library/other:latest": config("2", "1")}
	plan := func(base, mode string) *Plan {
		in := Input{Dockerfile: []byte("FROM " + base + "\nCOPY f /f\nRUN make\n"), Filename: "Dockerfile", Attrs: map[string]string{"image-resolve-mode": mode}}
		p, err := New(t.Context(), in, images)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	before := plan("a", "local")
	for _, tt := range []struct{ base, mode, want string }{
		{"a", "pull", "hit hit hit"},
		{"same", "local", "hit hit hit"},
		{"set", "local", "hit hit rerun"},
		{"other", "local", "rerun rerun rerun"},
	} {
		var got []string
		for _, pr := range plan(tt.base, tt.mode).Predict(Recall(before.Remember()), nil, nil) {
			got = append(got, string(pr.Prediction))
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%+v: %v", tt, got)
		}
	}
}
