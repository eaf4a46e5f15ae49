package plan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/apicaps"
	apicapspb "github.com/moby/buildkit/util/apicaps/pb"

	"github.com/stagewatch/stagewatch/engine/event"
)

// without are all capabilities but those.
func without(ids ...apicaps.CapID) *apicaps.CapSet {
	all := pb.Caps.All()
	var caps []*apicapspb.APICap
	for i := range all {
		keep := true
		for _, id := range ids {
			keep = keep && all[i].ID != string(id)
		}
		if keep {
			caps = append(caps, all[i])
		}
	}
	set := pb.Caps.CapSet(caps)
	return &set
}

// TestStepsAreThoseOfTheirLines is about Dockerfiles whose steps are not told by the names that BuildKit gives them.
func TestStepsAreThoseOfTheirLines(t *testing.T) {
	for _, tt := range []struct {
		name, dockerfile string
		attrs            map[string]string
		caps             *apicaps.CapSet
		resolver         Resolver
		want             string
	}{
		{name: "one unnamed stage of ten steps and more, whose names BuildKit pads",
			dockerfile: "FROM a\n" + strings.Repeat("RUN x\n", 10), want: `
stage-0 1/11 :1 FROM docker.io/library/a:latest
stage-0 2/11 :2 RUN x
stage-0 3/11 :3 RUN x
stage-0 4/11 :4 RUN x
stage-0 5/11 :5 RUN x
stage-0 6/11 :6 RUN x
stage-0 7/11 :7 RUN x
stage-0 8/11 :8 RUN x
stage-0 9/11 :9 RUN x
stage-0 10/11 :10 RUN x
stage-0 11/11 :11 RUN x
`},
		{name: "several platforms", dockerfile: "FROM --platform=$BUILDPLATFORM a AS build\nRUN x\nFROM a\nARG TARGETARCH\nRUN y\nCOPY --from=build /x /x\n",
			attrs: map[string]string{"platform": "linux/arm64,linux/amd64"}, want: `
build 1/2 :1 FROM docker.io/library/a:latest
build 2/2 :2 RUN x
stage-1 1/3 :3 FROM docker.io/library/a:latest
stage-1 2/3 :5 RUN y
stage-1 3/3 :6 COPY --from=build /x /x
`},
		{name: "WORKDIR / makes nothing", dockerfile: "FROM a\nWORKDIR /\nRUN x\nWORKDIR /a\nWORKDIR ..\nRUN y\n", want: `
stage-0 1/4 :1 FROM docker.io/library/a:latest
stage-0 2/4 :3 RUN x
stage-0 3/4 :4 WORKDIR /a
stage-0 4/4 :6 RUN y
`},
		{name: "an image that is a base, is copied from and is mounted",
			dockerfile: "FROM a AS x\nRUN one\nFROM b\nCOPY --from=a /1 /\nRUN --mount=from=a,target=/m two\nCOPY --from=x /2 /\nCOPY --from=c /3 /\n", want: `
x 1/2 :1 FROM docker.io/library/a:latest
x 2/2 :2 RUN one
stage-1 1/5 :3 FROM docker.io/library/b:latest
stage-1 2/5 :4 COPY --from=a /1 /
stage-1 3/5 :5 RUN --mount=from=a,target=/m two
stage-1 4/5 :6 COPY --from=x /2 /
stage-1 5/5 :7 COPY --from=c /3 /
`},
		{name: "names that others have too", dockerfile: "FROM a AS x\nRUN one\nFROM x AS x\nRUN two\nFROM b AS stage-3\nRUN three\nFROM c\nCOPY --from=x /2 /\nCOPY --from=stage-3 /3 /\n", want: `
x (line 1) 1/2 :1 FROM docker.io/library/a:latest
x (line 1) 2/2 :2 RUN one
x 1/1 :4 RUN two
stage-3 1/2 :5 FROM docker.io/library/b:latest
stage-3 2/2 :6 RUN three
stage-3 (line 7) 1/3 :7 FROM docker.io/library/c:latest
stage-3 (line 7) 2/3 :8 COPY --from=x /2 /
stage-3 (line 7) 3/3 :9 COPY --from=stage-3 /3 /
`},
		{name: "identical steps, the last of which is what BuildKit names", dockerfile: "FROM a AS x\nRUN same\nFROM a AS y\nRUN same\nFROM scratch\nCOPY --from=x /1 /\nCOPY --from=y /2 /\n", want: `
x 1/2 :1 FROM docker.io/library/a:latest, merged with y 1
x 2/2 :2 RUN same, merged with y 2
y 1/2 :3 FROM docker.io/library/a:latest
y 2/2 :4 RUN same
stage-2 1/2 :6 COPY --from=x /1 /
stage-2 2/2 :7 COPY --from=y /2 /
`},
		{name: "COPY --link of the same onto two stages", dockerfile: "FROM a AS x\nCOPY --link f /\nFROM b\nCOPY --link f /\nCOPY --from=x /1 /\n", want: `
x 1/2 :1 FROM docker.io/library/a:latest
x 2/2 :2 COPY --link f /
stage-1 1/3 :3 FROM docker.io/library/b:latest
stage-1 2/3 :4 COPY --link f /, merged with x 2
stage-1 3/3 :5 COPY --from=x /1 /
`},
		{name: "COPY --link where the engine merges nothing", dockerfile: "FROM a AS x\nCOPY --link f /\nFROM b\nCOPY --link f /\nCOPY --from=x /1 /\n", caps: without(pb.CapMergeOp), want: `
x 1/2 :1 FROM docker.io/library/a:latest
x 2/2 :2 COPY --link f /
stage-1 1/3 :3 FROM docker.io/library/b:latest
stage-1 2/3 :4 COPY --link f /
stage-1 3/3 :5 COPY --from=x /1 /
`},
		{name: "triggers of an image and of a stage", dockerfile: "FROM a AS base\nONBUILD WORKDIR /\nONBUILD ARG KEY\nONBUILD RUN curl $KEY\nFROM base AS one\nRUN own\nFROM b AS two\nRUN own\nFROM scratch\nCOPY --from=one / /\nCOPY --from=two / /\n",
			attrs: map[string]string{"build-arg:KEY": "hush"}, resolver: onbuild{"docker.io/library/b:latest": {"COPY --link x /", "ADD https://example.org/y /", "WORKDIR /w", "RUN z"}}, want: `
base 1/1 :1 FROM docker.io/library/a:latest
one 1/2 :5 ONBUILD RUN curl $KEY
one 2/2 :6 RUN own
two 1/6 :7 FROM docker.io/library/b:latest
two 2/6 :7 ONBUILD COPY --link x /
two 3/6 :7 ONBUILD ADD https://example.org/y /
two 4/6 :7 ONBUILD WORKDIR /w
two 5/6 :7 ONBUILD RUN z
two 6/6 :8 RUN own
stage-3 1/2 :10 COPY --from=one / /
stage-3 2/2 :11 COPY --from=two / /
`},
		{name: "heredocs, and an instruction of several lines", dockerfile: "FROM a\nRUN <<E\n# why\nmake\nE\nCOPY <<A <<B /d/\na\nA\nb\nB\nRUN one \\\n  && two\n", want: `
stage-0 1/4 :1 FROM docker.io/library/a:latest
stage-0 2/4 :2-5 RUN <<E (# why...)
stage-0 3/4 :6-10 COPY <<A <<B /d/
stage-0 4/4 :11-12 RUN one   && two
`},
		{name: "tabs, and small letters", dockerfile: "from a\nrun\tone two\ncopy\t\tx\t/y\nworkdir\t/w\n", want: `
stage-0 1/4 :1 FROM docker.io/library/a:latest
stage-0 2/4 :2 RUN one two
stage-0 3/4 :3 COPY x	/y
stage-0 4/4 :4 WORKDIR /w
`},
		{name: "arguments are shown as they are written", dockerfile: "ARG V=3\nFROM a:$V AS x\nARG KEY\nENV DIR=/d\nRUN curl -H $KEY\nCOPY ${KEY} $DIR\n", attrs: map[string]string{"build-arg:KEY": "hush"}, want: `
x 1/3 :2 FROM a:$V
x 2/3 :5 RUN curl -H $KEY
x 3/3 :6 COPY ${KEY} $DIR
`},
		{name: "an image in the place of a base", dockerfile: "FROM base AS x\nCOPY f /\nFROM x\nRUN y\n", attrs: map[string]string{"context:base": "docker-image://other:1"}, want: `
x 1/2 :1 FROM docker.io/library/other:1
x 2/2 :2 COPY f /
stage-1 1/1 :4 RUN y
`},
		{name: "a folder in the place of a base", dockerfile: "FROM rootfs\nCOPY f /\nRUN y\n", attrs: map[string]string{"context:rootfs": "local:rootfs"}, want: `
stage-0 1/3 :1 FROM rootfs
stage-0 2/3 :2 COPY f /
stage-0 3/3 :3 RUN y
`},
		{name: "a folder in the place of a stage", dockerfile: "FROM gone AS build\nRUN x\nFROM a\nCOPY --from=build /x /x\n", attrs: map[string]string{"context:build": "local:build"}, want: `
build 1/1 :1 FROM build
stage-1 1/2 :3 FROM docker.io/library/a:latest
stage-1 2/2 :4 COPY --from=build /x /x
`},
		{name: "an image in the place of a stage", dockerfile: "FROM gone AS build\nRUN x\nFROM a\nCOPY --from=build /x /x\n", attrs: map[string]string{"context:build": "docker-image://built"}, want: `
build 1/1 :1 FROM docker.io/library/built:latest
stage-1 1/2 :3 FROM docker.io/library/a:latest
stage-1 2/2 :4 COPY --from=build /x /x
`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := Input{Dockerfile: []byte(tt.dockerfile), Filename: "Dockerfile", Attrs: tt.attrs, Caps: tt.caps}
			if tt.resolver == nil {
				tt.resolver = Offline{}
			}
			p, err := New(t.Context(), in, tt.resolver)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.TrimPrefix(tt.want, "\n"), stepList(p)); diff != "" {
				t.Error(diff)
			}
			checkGraph(t, p)
		})
	}
}

func stepList(p *Plan) string {
	var b strings.Builder
	for _, s := range p.Steps {
		fmt.Fprintf(&b, "%s %d/%d :%d", s.Stage, s.Index, s.Total, s.Line)
		if s.End != s.Line {
			fmt.Fprintf(&b, "-%d", s.End)
		}
		fmt.Fprintf(&b, " %s", s.Instruction)
		if s.MergedWith != nil {
			fmt.Fprintf(&b, ", merged with %s", s.MergedWith)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// TestTheBaseThatAnArgumentChooses is about FROM base-$TARGETARCH and the like.
func TestTheBaseThatAnArgumentChooses(t *testing.T) {
	const dockerfile = "ARG KIND=${TARGETARCH}\nFROM a AS base-amd64\nFROM b AS base-arm64\nFROM c AS base-x\nFROM base-${KIND} AS app\nCOPY f /\n"
	for attrs, want := range map[string]string{
		"":                           "base-amd64",
		"platform=linux/arm64":       "base-arm64",
		"build-arg:TARGETARCH=arm64": "base-arm64",
		"build-arg:KIND=x":           "base-x",
		"platform=linux/arm64 build-arg:TARGETARCH=x": "base-x",
	} {
		given := map[string]string{}
		for _, kv := range strings.Fields(attrs) {
			k, v, _ := strings.Cut(kv, "=")
			given[k] = v
		}
		p := mustPlan(t, dockerfile, given)
		for _, s := range p.Stages {
			if needed := s.Name == want || s.Name == "app"; s.Needed != needed {
				t.Errorf("%s: needed %v for %s", attrs, s.Needed, s.Name)
			}
		}
		if p.Stages[3].Base != want {
			t.Errorf("%s: app stands on %s", attrs, p.Stages[3].Base)
		}
	}
}

// TestAContextInThePlaceOfAStage is about what such a stage would have used: nobody needs that, or measures it.
func TestAContextInThePlaceOfAStage(t *testing.T) {
	const dockerfile = "FROM go AS deps\nRUN fetch\nFROM deps AS build\nCOPY src /src\nFROM a AS other\nRUN y\nFROM base\nCOPY --from=build /1 /\nCOPY --from=build /2 /\nCOPY --from=other /3 /\n"
	p := mustPlan(t, dockerfile, map[string]string{"context:build": "docker-image://built:1", "context:base": "docker-image://slim:1"})
	var got []string
	for _, s := range p.Stages {
		got = append(got, fmt.Sprintf("%s of %s, needed %v, replaced %v", s.Name, s.Base, s.Needed, s.Replaced))
	}
	want := []string{
		"deps of go, needed false, replaced false",
		"build of docker.io/library/built:1, needed false, replaced true",
		"other of a, needed true, replaced false",
		"stage-3 of docker.io/library/slim:1, needed true, replaced false",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if p.Before() != "other" || p.BaseLayers != 1 || p.Reads(changed(event.ContentChanged, "src/x")[0], nil) {
		t.Errorf("before %q, %d layers of the base", p.Before(), p.BaseLayers)
	}
	// Where the target itself stands on it, the base's layers are the context's.
	p = mustPlan(t, "FROM go AS base\nRUN x\nFROM base\nCOPY f /\n", map[string]string{"context:base": "docker-image://built:1"})
	if p.BaseLayers != 1 || p.Base(p.Target) != "docker.io/library/built:1" {
		t.Errorf("%d layers of %s", p.BaseLayers, p.Base(p.Target))
	}
}
