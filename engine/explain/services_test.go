package explain

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/stagewatch/stagewatch/engine/compose"
	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/past"
	"github.com/stagewatch/stagewatch/engine/project"
)

// shop has two services of one Dockerfile, with one of them twice; one that reads the image of another; a Dockerfile in the
// compose file; named contexts; a Dockerfile outside of its context; a service that can't be built here, and one that is not.
const shop = `
-- compose.yaml --
services:
  api: {build: {context: app, target: api}}
  api2: {build: {context: app, target: api}, image: other/name}
  worker: {build: {context: app, target: worker}}
  base: {build: base}
  site:
    build: {context: site, additional_contexts: {base: "service:base", shared: shared}}
  inline:
    build: {context: site, dockerfile_inline: "FROM scratch\nCOPY page.html /\n"}
  far: {build: {context: site, dockerfile: ../docker/far.Dockerfile}}
  fetched: {build: "https://example.com/app.git"}
  cached: {build: {context: base, cache_to: ["type=inline"]}}
  db: {image: redis}
-- app/Dockerfile --
FROM scratch AS code
COPY lib.py /
FROM scratch AS api
COPY --from=code / /
COPY api.py /
FROM scratch AS worker
COPY --from=code / /
COPY worker.py /
-- app/.dockerignore --
*.log
-- app/lib.py --
-- app/api.py --
-- app/worker.py --
-- base/Dockerfile --
FROM scratch
COPY base.conf /
-- base/base.conf --
-- site/Dockerfile --
FROM scratch AS own
COPY page.html /
FROM base
COPY --from=own / /
COPY --from=shared style.css /
-- site/page.html --
-- shared/style.css --
-- docker/far.Dockerfile --
FROM scratch
COPY page.html /
-- README --
`

// unpackShop makes a new folder with the project the working folder.
func unpackShop(t *testing.T) {
	t.Helper()
	noEngine(t)
	dir := t.TempDir()
	for _, f := range txtar.Parse([]byte(shop)).Files {
		path := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
}

// explained returns the events for the paths, a line each; of plans those steps that do not hit.
func explained(t *testing.T, options compose.Options, paths ...string) ([]string, error) {
	t.Helper()
	p, err := compose.Read(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	events, err := Services(t.Context(), config.Config{}, p, paths)
	var out []string
	for _, e := range events {
		line := e.Service + ":"
		switch b := e.Body.(type) {
		case event.Planned:
			line += " plan, " + b.Because
			for _, s := range b.Steps {
				if s.Prediction != event.WillHit {
					line += "; " + s.Stage + " " + s.Prediction.Word()
				}
				if s.WithService != "" {
					line += " with " + s.WithService
				}
			}
		case event.Skipped:
			line += " " + strings.Join(b.Paths, " ") + " " + b.Reason
		case event.Warning:
			if b.Code == event.CodeBaseUnknown {
				continue
			}
			line += " " + b.Code + " " + b.Key
		}
		out = append(out, line)
	}
	return out, err
}

func TestServices(t *testing.T) {
	lacks := []string{"cached: compose-lack build.cache_to", "fetched: compose-lack build.context"}
	for name, tt := range map[string]struct {
		paths, want []string
	}{
		"a file of two targets": {[]string{"app/lib.py"}, []string{
			"api: plan, lib.py changed; code will run; api may run; api may run",
			"api2: plan, lib.py changed; code will run; api may run; api may run",
			"worker: plan, lib.py changed; code will run with api; worker may run; worker may run",
			"base: app/lib.py outside", "cached: app/lib.py outside", "db: app/lib.py not-built", "far: app/lib.py outside", "inline: app/lib.py outside", "site: app/lib.py outside",
		}},
		"a file of one target": {[]string{"app/api.py"}, []string{
			"api: plan, api.py changed; api will run", "api2: plan, api.py changed; api will run",
			"base: app/api.py outside", "cached: app/api.py outside", "db: app/api.py not-built", "far: app/api.py outside", "inline: app/api.py outside", "site: app/api.py outside",
			"worker: api.py unused",
		}},
		"a file of an image that another service reads": {[]string{"base/base.conf"}, []string{
			"base: plan, base.conf changed; stage-0 will run", "cached: plan, base.conf changed; stage-0 will run",
			"site: plan, reads the image of base, which may be built anew; stage-1 may run; stage-1 may run; stage-1 may run",
			"api: base/base.conf outside", "api2: base/base.conf outside", "db: base/base.conf not-built", "far: base/base.conf outside", "inline: base/base.conf outside", "worker: base/base.conf outside",
		}},
		"a file of three Dockerfiles, and one of a named context": {[]string{"site/page.html", "shared/style.css"}, []string{
			"far: plan, page.html changed; stage-0 will run", "inline: plan, page.html changed; stage-0 will run",
			"site: plan, page.html and 1 more changed; own will run; stage-1 may run; stage-1 will run",
			"api: site/page.html shared/style.css outside", "api2: site/page.html shared/style.css outside", "base: site/page.html shared/style.css outside", "cached: site/page.html shared/style.css outside",
			"db: site/page.html shared/style.css not-built", "worker: site/page.html shared/style.css outside",
		}},
		"an ignored file": {[]string{"app/a.log"}, []string{
			"api: a.log ignored", "api2: a.log ignored", "base: app/a.log outside", "cached: app/a.log outside", "db: app/a.log not-built", "far: app/a.log outside", "inline: app/a.log outside",
			"site: app/a.log outside", "worker: a.log ignored",
		}},
		"a file of no context beside one": {[]string{"README", "app/worker.py"}, []string{
			": README outside", "worker: plan, worker.py changed; worker will run",
			"api: worker.py unused", "api: README outside", "api2: worker.py unused", "api2: README outside", "base: README app/worker.py outside", "cached: README app/worker.py outside", "db: README app/worker.py not-built",
			"far: README app/worker.py outside", "inline: README app/worker.py outside", "site: README app/worker.py outside",
		}},
		"the compose file": {[]string{"compose.yaml"}, []string{
			": compose-edit compose.yaml",
			"api: compose.yaml outside", "api2: compose.yaml outside", "base: compose.yaml outside", "cached: compose.yaml outside", "db: compose.yaml not-built", "far: compose.yaml outside",
			"inline: compose.yaml outside", "site: compose.yaml outside", "worker: compose.yaml outside",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			unpackShop(t)
			got, err := explained(t, compose.Options{}, tt.paths...)
			if err != nil {
				t.Fatal(err)
			}
			want := slices.Concat(lacks, tt.want)
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

// TestAffectedServicesComeFirst, and those that say the same stand together.
func TestAffectedServicesComeFirst(t *testing.T) {
	unpackShop(t)
	got, err := explained(t, compose.Options{Services: []string{"db", "api", "worker", "api2"}}, "app/api.py")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"api: plan, api.py changed; api will run", "api2: plan, api.py changed; api will run", "db: app/api.py not-built", "worker: api.py unused"}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}

// TestServicesSinceTheLastBuild: those that were built here are compared, the others say that they were not.
func TestServicesSinceTheLastBuild(t *testing.T) {
	unpackShop(t)
	all := compose.Options{Services: []string{"base", "far"}}
	if got, err := explained(t, all); err == nil || !strings.Contains(err.Error(), "nothing was built here yet") {
		t.Errorf("with no build: %s, %v", got, err)
	}
	p, err := compose.Read(t.Context(), all)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(p.Services, func(s compose.Service) bool { return s.Name == "base" })
	opened, err := project.OpenChecked(t.Context(), config.Config{Build: p.Services[i].Build, Session: config.Session{Once: true}})
	if err != nil {
		t.Fatal(err)
	}
	built, err := opened.Plan(t.Context(), &offline{}, "")
	if err != nil {
		t.Fatal(err)
	}
	save := func(service string) {
		t.Helper()
		if err := past.NewBuild("", built, opened.Snapshots()).Save(past.BuildFile(opened.Root(), opened.Dockerfile(), service)); err != nil {
			t.Fatal(err)
		}
	}
	changed := func(want string) {
		t.Helper()
		got, err := explained(t, all)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 2 || !strings.HasPrefix(got[0], want) || got[1] != "far: not-compared " {
			t.Errorf("got %q", got)
		}
	}
	// A build of the Dockerfile alone counts for a service that was never built itself.
	save("")
	if err := os.WriteFile("base/base.conf", []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	changed("base: plan, base.conf changed since ")
	if opened, err = project.OpenChecked(t.Context(), config.Config{Build: p.Services[i].Build, Session: config.Session{Once: true}}); err != nil {
		t.Fatal(err)
	}
	save("base")
	changed("base: plan, nothing changed since ")
	// What an edit of the Dockerfile that was not made changes: nothing. One that was never built can't be told.
	got, err := explained(t, all, "base/Dockerfile", "docker/far.Dockerfile")
	if err != nil || !slices.Equal(got, []string{"base: base/Dockerfile unchanged", "base: docker/far.Dockerfile outside", "far: not-compared ", "far: base/Dockerfile outside"}) {
		t.Errorf("the Dockerfiles: %q, %v", got, err)
	}
}

// TestABuildArgumentOfAServiceStaysHidden, wherever its value stands.
func TestABuildArgumentOfAServiceStaysHidden(t *testing.T) {
	noEngine(t)
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"compose.yaml": "services: {a: {build: {context: ., args: {TOKEN: s3cr3t-4711}}}}",
		"Dockerfile":   "FROM scratch\nARG TOKEN\nCOPY $TOKEN /\n", "s3cr3t-4711": "",
	} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p, err := compose.Read(t.Context(), compose.Options{})
	if err != nil {
		t.Fatal(err)
	}
	events, err := Services(t.Context(), config.Config{}, p, []string{"other"})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		line, err := event.Encode(e)
		if err != nil || strings.Contains(string(line), "s3cr3t") {
			t.Errorf("%s, %v", line, err)
		}
	}
}
