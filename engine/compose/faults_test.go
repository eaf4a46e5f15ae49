package compose

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stagewatch/stagewatch/engine/fault"
)

// bad are projects that can't be read, with what is said of them: the file and, where the library tells it, the line;
// then what to do next.
var bad = map[string]struct {
	// files are paths and contents in turn.
	files   []string
	options Options
	// want begins the message, or is in it after …; hint is in the hint.
	want, hint string
}{
	"no project": {nil, Options{}, "reading the compose project: no compose.yaml in this folder or further up", "Name the file with -f"},
	"no file of that name": {[]string{"compose.yaml", "services: {a: {image: x}}"}, Options{Files: []string{"nosuch.yaml"}},
		"reading nosuch.yaml: nosuch.yaml: no such file or directory", "Name a file that is there with -f"},
	"an unknown service": {[]string{"compose.yaml", "services: {a: {image: x}, b: {image: x, profiles: [p]}}"}, Options{Services: []string{"c"}},
		`finding service "c": the project has no such service`, "The services are a, b."},
	"a cycle of depends_on": {[]string{"compose.yaml", "services:\n  a: {image: x, depends_on: [b]}\n  b: {image: x, depends_on: [a]}"}, Options{},
		"reading compose.yaml: dependency cycle detected: a -> b -> a", "Take one of them out of depends_on"},
	"a cycle of extends": {[]string{"compose.yaml", "services:\n  a: {image: x, extends: b}\n  b: {image: x, extends: a}"}, Options{},
		"reading compose.yaml: Circular reference: ", "Take one of the extends out"},
	"a cycle of include": {[]string{"compose.yaml", "include: [b.yaml]", "b.yaml", "include: [compose.yaml]"}, Options{},
		"reading compose.yaml: include cycle detected: compose.yaml include b.yaml include compose.yaml", "Take one of the includes out"},
	"a cycle of builds": {[]string{"compose.yaml", "services:\n  a: {build: {context: ., additional_contexts: {x: service:b}}}\n  b: {build: {context: ., additional_contexts: {x: service:a}}}"}, Options{},
		"ordering builds: each of these reads the next one's image: a -> b -> a", "Take one service: out of build.additional_contexts"},
	"a missing env file": {[]string{"compose.yaml", "services:\n  a:\n    image: x\n    env_file: prod.env"}, Options{},
		"reading compose.yaml: env file prod.env not found", "write required: false"},
	"a missing --env-file": {[]string{"compose.yaml", "services: {a: {image: x}}"}, Options{EnvFiles: []string{"no.env"}},
		"reading the compose project: couldn't find env file: no.env", "--env-file"},
	"a broken .env": {[]string{"compose.yaml", "services: {a: {image: x}}", ".env", "A=1\nB C\n"}, Options{},
		"reading the compose project: failed to read .env: line 2: key cannot contain a space", "each is NAME=value"},
	"a missing label file": {[]string{"compose.yaml", "services: {a: {image: x, label_file: a.labels}}"}, Options{},
		"reading compose.yaml: label file a.labels not found", "take it out of label_file"},
	"a missing file of include": {[]string{"compose.yaml", "include: [db/compose.yaml]\nservices: {a: {image: x}}"}, Options{},
		"reading compose.yaml: open db/compose.yaml: no such file or directory", "include or extends that names it"},
	"a missing env file of include": {[]string{"compose.yaml", "include: [{path: b.yaml, env_file: no.env}]", "b.yaml", "services: {b: {image: x}}"}, Options{},
		"reading compose.yaml: stat no.env: no such file or directory", "include or extends that names it"},
	"a missing file of extends": {[]string{"compose.yaml", "services: {a: {extends: {file: base.yaml, service: a}}}"}, Options{},
		"reading compose.yaml: open base.yaml: no such file or directory", "include or extends that names it"},
	"a missing service of extends": {[]string{"compose.yaml", "services: {a: {extends: {file: b.yaml, service: c}}}", "b.yaml", "services: {b: {image: x}}"}, Options{},
		`reading compose.yaml: cannot extend service "a" in compose.yaml: service "c" not found in b.yaml`, "Name a service that is there in extends"},
	"an include of another machine": {[]string{"compose.yaml", "include: [oci://example/app]"}, Options{},
		"reading compose.yaml: oci://example/app: only files of this machine are read", "Fetch it into a folder"},
	"a required variable": {[]string{"compose.yaml", `services: {a: {image: "x:${TAG:?the tag to run}"}}`}, Options{},
		"reading compose.yaml: services.a.image: required variable TAG is missing a value: the tag to run", "Set TAG in the environment, or in .env"},
	"a brace that is open": {[]string{"compose.yaml", `services: {a: {image: "x:${TAG"}}`}, Options{},
		"reading compose.yaml: invalid interpolation format for services.a.image: x:${TAG", "write $$ for a $ that begins none"},
	"no YAML": {[]string{"compose.yaml", "services:\n  a:\n    image: x\n   build: .\n"}, Options{},
		"…line 3, column 4: did not find expected key", "docker compose config refuses it"},
	"a tab": {[]string{"compose.yaml", "services:\n\ta:\n"}, Options{}, "…at line 2: found character", "docker compose config refuses it"},
	"no YAML in the second file": {[]string{"a.yaml", "services: {a: {image: x}}", "b.yaml", "services:\n\ta:\n"}, Options{Files: []string{"a.yaml", "b.yaml"}},
		"reading b.yaml: while scanning", "docker compose config refuses it"},
	"a key twice": {[]string{"compose.yaml", "services:\n  a: {image: x}\n  a: {image: y}\n"}, Options{}, `…line 3: mapping key "a" already defined at line 2`, "docker compose config refuses it"},
	"a list":      {[]string{"compose.yaml", "- a\n"}, Options{}, "reading compose.yaml: line 1: cannot construct !!seq", "docker compose config refuses it"},
	"nothing":     {[]string{"compose.yaml", "# later\n"}, Options{}, "reading compose.yaml: empty compose file", "docker compose config refuses it"},
	"an attribute that is not known": {[]string{"compose.yaml", "services: {a: {image: x, buildd: .}}"}, Options{},
		"reading compose.yaml: validating compose.yaml: services.a.buildd is no attribute that there is", "docker compose config refuses it"},
	"an element that is not known": {[]string{"compose.yaml", "service: {a: {image: x}}"}, Options{}, "…additional properties 'service' not allowed", "docker compose config refuses it"},
	"a value of another type":      {[]string{"compose.yaml", "services: {a: {image: [x]}}"}, Options{}, "…services.a.image must be a string", "docker compose config refuses it"},
	"neither image nor build":      {[]string{"compose.yaml", "services: {a: {ports: [\"80\"]}}"}, Options{}, `reading compose.yaml: service "a" has neither an image nor a build context`, "Give it an image: or a build:"},
	"an undefined dependency": {[]string{"compose.yaml", "services: {a: {image: x, depends_on: [dbb]}, db: {image: y}}"}, Options{},
		`reading compose.yaml: service "a" depends on undefined service "dbb"`, "The services are a, db."},
	"an undefined network": {[]string{"compose.yaml", "services: {a: {image: x, networks: [front]}}"}, Options{}, "…refers to undefined network front", "Declare it under networks:"},
	"an undefined secret":  {[]string{"compose.yaml", "services: {a: {build: {context: ., secrets: [t]}}}"}, Options{}, "…refers to undefined build secret t", "Declare it under secrets:"},
	"two Dockerfiles":      {[]string{"compose.yaml", "services: {a: {build: {dockerfile: D, dockerfile_inline: FROM x}}}"}, Options{}, "…mutually exclusive dockerfile and dockerfile_inline", "docker compose config refuses it"},
	"a name in capitals":   {[]string{"compose.yaml", "services: {a: {image: x}}"}, Options{Name: "App"}, `…invalid project name "App"`, "Write -p with small letters"},
	"an unknown service as context": {[]string{"compose.yaml", "services: {a: {build: {context: ., additional_contexts: {x: service:nosuch}}}}", "Dockerfile", "FROM x"}, Options{},
		`reading compose.yaml: service "a" declares unknown service "nosuch" as additional contexts x`, "The services are a."},
	"a service as context that is not built": {[]string{"compose.yaml", "services: {a: {build: {context: ., additional_contexts: {x: service:b}}}, b: {image: y}}"}, Options{},
		`…declares non-buildable service "b"`, "The services are a, b."},
	"a missing build context": {[]string{"compose.yaml", "services: {a: {build: ./app}}"}, Options{},
		`reading compose.yaml: service "a": opening the build context app: no such file or directory`, "Create the folder, or correct build.context"},
	"a file as build context": {[]string{"compose.yaml", "services: {a: {build: ./app}}", "app", ""}, Options{},
		`reading compose.yaml: service "a": opening the build context app: it is a file, not a folder`, "Create the folder"},
	"a missing additional context": {[]string{"compose.yaml", "services: {a: {build: {context: ., additional_contexts: {lib: ../lib}}}}", "Dockerfile", "FROM x"}, Options{},
		`…opening the additional context lib `, "correct build.additional_contexts"},
	"a missing Dockerfile": {[]string{"compose.yaml", "services: {a: {build: {dockerfile: D}}}"}, Options{},
		`reading compose.yaml: service "a": opening the Dockerfile D: no such file or directory`, "build.dockerfile"},
	"a port twice": {[]string{"compose.yaml", "services:\n  b: {image: x, ports: ['8080:80']}\n  a: {image: x, ports: ['127.0.0.1:8080:81']}"}, Options{},
		"reading compose.yaml: services a and b both publish port 8080/tcp", "Publish another port"},
}

func TestBadProjects(t *testing.T) {
	for name, tt := range bad {
		t.Run(name, func(t *testing.T) {
			noVariables(t)
			t.Chdir(t.TempDir())
			for pair := range slices.Chunk(tt.files, 2) {
				write(t, pair[0], pair[1])
			}
			_, err := Read(t.Context(), tt.options)
			var told *fault.Error
			if !errors.As(err, &told) {
				t.Fatalf("got %v", err)
			}
			part, inside := strings.CutPrefix(tt.want, "…")
			if got := err.Error(); !strings.HasPrefix(got, tt.want) && !(inside && strings.Contains(got, part)) || strings.Contains(got, "\n") {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if hint := fault.Hint(err); !strings.Contains(hint, tt.hint) {
				t.Errorf("the hint is %q, want %q", hint, tt.hint)
			}
		})
	}
}

// TestGoodPorts: what looks like the same port twice, and is none.
func TestGoodPorts(t *testing.T) {
	for name, ports := range map[string][2]string{
		"protocols": {"53:53/udp", "53:53/tcp"}, "addresses": {"127.0.0.1:80:80", "127.0.0.2:80:80"}, "any": {"80", "80"}, "ranges": {"8000-8009:80", "8000-8009:80"}, "families": {"127.0.0.1:80:80", "[::1]:80:80"},
	} {
		noVariables(t)
		t.Chdir(t.TempDir())
		write(t, "compose.yaml", "services:\n  a: {image: x, ports: ['"+ports[0]+"']}\n  b: {image: x, ports: ['"+ports[1]+"']}\n")
		if _, err := Read(t.Context(), Options{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestWarnings are those of docker compose, each once, and not on the terminal.
func TestWarnings(t *testing.T) {
	noVariables(t)
	t.Chdir(t.TempDir())
	write(t, "compose.yaml", "version: '3'\nservices: {a: {image: 'x:${TAG}'}, b: {image: 'x:${TAG}'}}\njobs: {seed: {image: x, triggers: {manual: true}}}")
	write(t, "docker-compose.yaml", "services: {c: {image: x}}")
	p, err := Read(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`The "TAG" variable is not set`, "attribute `version` is obsolete", "Found multiple config files", "jobs are passed over: seed"} {
		if n := strings.Count(strings.Join(p.Warnings, "\n"), want); n != 1 {
			t.Errorf("%d warnings of %s: %q", n, want, p.Warnings)
		}
	}
}
