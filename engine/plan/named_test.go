package plan

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNamed(t *testing.T) {
	p := mustPlan(t, `# syntax=docker/dockerfile:1
ARG META=.git
FROM base AS build
ARG META
COPY . .
COPY ./app/ /app
COPY $META/HEAD /v
COPY --link a~ *.bak~ /x/
ADD .idea/ /idea
RUN --mount=type=bind,source=.git/refs,target=/refs --mount=type=bind,target=/all true
RUN --mount=type=bind,source=we[ir]d,target=/w true
COPY --parents lib/./.git sub/*.swp /y/
COPY --from=docs notes~ /
COPY link/HEAD /z
COPY --exclude=*~ conf /conf
COPY <<EOF /here
EOF
FROM base
COPY unneeded~ /
FROM build
COPY --from=build x~ /no-context
`, map[string]string{"context:docs": "local:docs"})
	got := p.Named(links{"link": ".git"})
	want := map[string][]string{
		"context": {".git/HEAD", ".git/refs", ".idea", "*.bak~", "a~", "app", "conf", "lib/.git", "link", "sub/*.swp", `we\[ir]d`},
		"docs":    {"notes~"},
	}
	for _, names := range want {
		slices.Sort(names)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestNamedByGit: a step that uses git on the copied source names the repository.
func TestNamedByGit(t *testing.T) {
	for run, want := range map[string]bool{
		"git describe --tags > /v":                                  true,
		"git -C /src --no-pager log -1":                             true,
		"make && V=$(git rev-parse HEAD) make install":              true,
		"cp .git/HEAD /v":                                           true,
		"test -d /src/.git":                                         true,
		"apt-get install -y git":                                    false,
		"git config --global safe.directory /src":                   false,
		"git clone https://example.com/x.git && cd x && git log -1": false,
		"curl https://example.com/x.git/y":                          false,
		"rm -rf .git .github":                                       false,
		"rm -rf .git && make":                                       false,
		"cp .gitignore .github/x /":                                 false,
		"echo digit status":                                         false,
	} {
		for source, copied := range map[string]bool{"COPY . /src\n": true, "COPY src /src\n": false, "": false} {
			p := mustPlan(t, "FROM base\n"+source+"RUN "+run+"\n", nil)
			if got := slices.Contains(p.Named(links{})["context"], ".git"); got != (want && copied) {
				t.Errorf("%sRUN %s: named %v", source, run, got)
			}
		}
	}
	p := mustPlan(t, "FROM base\nRUN --mount=type=bind,target=/src git -C /src describe\n", nil)
	if !slices.Contains(p.Named(links{})["context"], ".git") {
		t.Error("a bind mount of the source is not seen")
	}
}

// .git is named where the whole source is copied into a stage and another stage copies .git from there.
func TestNamedInAnotherStage(t *testing.T) {
	for from, want := range map[string]bool{
		"COPY --from=src /s/.git/HEAD /v":                             true,
		"COPY --from=src /s/.git /v":                                  true,
		"RUN --mount=type=bind,from=src,source=/s/.git,target=/g cat": true,
		"COPY --from=src /s/.github /v":                               false,
		"COPY --from=src /s /v":                                       false,
		"COPY --from=other /s/.git /v\nCOPY --from=src /s/app /v":     false,
	} {
		p := mustPlan(t, "FROM scratch AS src\nCOPY . /s\nFROM base\n"+from+"\n", nil)
		if got := slices.Contains(p.Named(links{})["context"], ".git"); got != want {
			t.Errorf("%s: named %v, want %v", from, got, want)
		}
	}
}
