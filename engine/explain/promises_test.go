package explain

import (
	"archive/tar"
	"bytes"
	"os"
	"strings"
	"time"

	"github.com/stagewatch/stagewatch/engine/config"
)

// promise is a project that is built, and then changed, planned and built again, turn by turn: what the plan is certain
// of must come true.
type promise struct {
	name string
	// files are the project's. In them UNIQUE is the test's own, and BASE an image that is built of base.
	files map[string]string
	base  string
	// flags are what the first build is made with.
	flags func(*promised, *config.Config)
	turns []turn
}

// turn is what changes between two builds.
type turn struct {
	what  string
	edit  func(*promised)
	flags func(*promised, *config.Config)
	// may are the steps of which nobody can know.
	may []string
	// unknown tells that a base comes in which no build here had.
	unknown bool
	// moves is what the base is built of anew, which only an engine knows.
	moves string
}

var promises = []promise{
	{name: "files", files: map[string]string{"Dockerfile": plainly}, turns: []turn{
		{what: "nothing"},
		{what: "another content", edit: writes("a1.txt", "two UNIQUE")},
		{what: "the same content again", edit: writes("a1.txt", "two UNIQUE")},
		{what: "another mode", edit: func(l *promised) { l.must(os.Chmod(l.path("a1.txt"), 0o755)) }},
		{what: "another name", edit: func(l *promised) { l.must(os.Rename(l.path("a1.txt"), l.path("a2.txt"))) }},
		{what: "gone", edit: func(l *promised) { l.must(os.Remove(l.path("a2.txt"))) }},
		{what: "what nobody copies", edit: writes("c.md", "two")},
		{what: "a link", edit: func(l *promised) {
			l.must(os.Remove(l.path("cur")))
			l.must(os.Symlink("v2", l.path("cur")))
		}},
		{what: "an instruction", edit: writes("Dockerfile", strings.Replace(plainly, "echo b", "echo c", 1))},
		{what: "a comment", edit: writes("Dockerfile", "# UNIQUE\n"+strings.Replace(plainly, "echo b", "echo c", 1))},
	}},
	{name: "the ignore file", files: map[string]string{"Dockerfile": "# syntax=docker/dockerfile:1\nFROM python:3.9-alpine\nCOPY . /\nRUN echo UNIQUE\n", ".dockerignore": "Dockerfile\n.dockerignore\n"}, turns: []turn{
		{what: "another rule", edit: writes(".dockerignore", "Dockerfile\n.dockerignore\nc.md\n")},
		{what: "an ignored file", edit: writes("c.md", "two")},
	}},
	{name: "linked copies", files: map[string]string{"Dockerfile": "FROM python:3.9-alpine AS a\nCOPY b.txt /a\nFROM a\nCOPY --link a1.txt /l/\nRUN echo UNIQUE\n"}, turns: []turn{
		{what: "the stage below", edit: writes("b.txt", "two UNIQUE")},
		{what: "what is copied", edit: writes("a1.txt", "two UNIQUE")},
	}},
	{name: "triggers of the base", base: "FROM python:3.9-alpine\nLABEL u=UNIQUE\nONBUILD WORKDIR /srv\nONBUILD COPY a1.txt .\nONBUILD RUN cp a1.txt made\n",
		files: map[string]string{"Dockerfile": "FROM BASE AS x\nCOPY b.txt b\nRUN echo UNIQUE\nFROM python:3.9-alpine\nCOPY --from=x /srv/made /\n"}, turns: []turn{
			{what: "what they copy", edit: writes("a1.txt", "two UNIQUE"), may: []string{"stage-1 2"}},
			{what: "what stands behind them", edit: writes("b.txt", "two UNIQUE"), may: []string{"stage-1 2"}},
			{what: "another base in its place", edit: writes("Dockerfile", "FROM python:3.9-slim\nCOPY b.txt b\n"), unknown: true},
		}},
	{name: "the config of the base", base: "FROM python:3.9-alpine\nENV APP_HOME=/opt/UNIQUE SRC=b.txt\nWORKDIR /work\nSHELL [\"/bin/sh\", \"-ec\"]\nUSER 7\n",
		files: map[string]string{"Dockerfile": "FROM BASE\nCOPY a1.txt rel/\nWORKDIR sub\nCOPY $SRC $APP_HOME/\nRUN echo UNIQUE\n"}, turns: []turn{
			{what: "a file that a variable names", edit: writes("b.txt", "two UNIQUE")},
			{what: "a new step on it", edit: writes("Dockerfile", "FROM BASE\nCOPY a1.txt rel/\nWORKDIR sub\nCOPY $SRC $APP_HOME/\nRUN echo UNIQUE\nCOPY b.txt there\n")},
		}},
	{name: "a base that moves", base: "FROM python:3.9-alpine\nRUN echo UNIQUE >/it\nLABEL v=1\n", files: map[string]string{"Dockerfile": "FROM BASE\nCOPY a1.txt /\nRUN echo UNIQUE\n"}, turns: []turn{
		{what: "to the same files", moves: "FROM python:3.9-alpine\nRUN echo UNIQUE >/it\nLABEL v=2\n"},
		{what: "to others", moves: "FROM python:3.9-alpine\nRUN echo UNIQUE two >/it\n"},
		{what: "to another config", moves: "FROM python:3.9-alpine\nRUN echo UNIQUE two >/it\nENV V=2\n"},
	}},
	{name: "named contexts", files: map[string]string{"Dockerfile": "FROM python:3.9-alpine\nWORKDIR /UNIQUE\nCOPY --from=lib /etc/passwd /\nRUN echo UNIQUE\n", "../lib/etc/passwd": "one UNIQUE", "../lib/g": "one", "../lib2/etc/passwd": "two UNIQUE"}, flags: lib("lib"), turns: []turn{
		{what: "what is copied", flags: lib("lib"), edit: writes("../lib/etc/passwd", "three UNIQUE")},
		{what: "what nobody copies", flags: lib("lib"), edit: writes("../lib/g", "two")},
		{what: "another folder", flags: lib("lib2")},
		{what: "an image", may: []string{"stage-0 3", "stage-0 4"}, flags: func(_ *promised, c *config.Config) {
			c.BuildContexts = map[string]string{"lib": "docker-image://python:3.9-alpine"}
		}},
	}},
	{name: "mounts", files: map[string]string{"Dockerfile": "FROM python:3.9-alpine\nRUN --mount=type=cache,target=/c --mount=type=bind,source=a1.txt,target=/a cp /a /c/UNIQUE\nRUN --mount=type=bind,source=b.txt,target=/b cp /b /b2\n"}, turns: []turn{
		{what: "one of two", edit: writes("b.txt", "two UNIQUE")},
	}},
	{name: "what stands in the Dockerfile", files: map[string]string{"Dockerfile": heredocs}, turns: []turn{
		{what: "a script", edit: writes("Dockerfile", strings.Replace(heredocs, "two", "three", 1))},
		{what: "a file", edit: writes("Dockerfile", strings.NewReplacer("one", "1", "two", "three").Replace(heredocs))},
	}},
	{name: "an archive", files: map[string]string{"Dockerfile": "FROM python:3.9-alpine\nCOPY a1.txt /\nADD x.tar /x\nRUN echo UNIQUE\n", "x.tar": archive("one")}, turns: []turn{
		{what: "another one", edit: writes("x.tar", archive("two"))},
	}},
	{name: "arguments", files: map[string]string{"Dockerfile": "ARG KIND=alpine\nFROM python:3.9-${KIND}\nCOPY a1.txt /\nARG V=1\nRUN echo UNIQUE$V\nCOPY b.txt /\n"}, flags: arguments("V=UNIQUE"), turns: []turn{
		{what: "the same", flags: arguments("V=UNIQUE")},
		{what: "another one", flags: arguments("V=2UNIQUE")},
		{what: "another base", flags: arguments("V=2UNIQUE", "KIND=slim"), unknown: true},
	}},
	{name: "targets", files: map[string]string{"Dockerfile": "FROM python:3.9-alpine AS x\nCOPY a1.txt /\nFROM x AS one\nRUN echo one UNIQUE\nFROM python:3.9-slim AS two\nCOPY b.txt /\nCOPY --from=x /a1.txt /\nRUN echo two UNIQUE\n"}, flags: target("one"), turns: []turn{
		{what: "a new one", flags: target("two"), may: []string{"two 1", "two 2", "two 3", "two 4"}, unknown: true},
		{what: "an old one", flags: target("one"), may: []string{"one 1"}},
	}},
	{name: "platforms", files: map[string]string{"Dockerfile": "FROM scratch\nCOPY a1.txt /\nWORKDIR /w\n"}, turns: []turn{
		{what: "another one", flags: func(_ *promised, c *config.Config) { c.Platform = "linux/arm/v6" }},
	}},
	{name: "outputs", files: map[string]string{"Dockerfile": "FROM python:3.9-alpine AS x\nCOPY a1.txt /\nRUN echo UNIQUE >/o\nFROM python:3.9-alpine\nCOPY --from=x /o /\nRUN echo UNIQUE\n"}, turns: []turn{
		{what: "the same, of other files", edit: writes("a1.txt", "two UNIQUE"), may: []string{"stage-1 2", "stage-1 3"}},
	}},
	{name: "patterns", files: map[string]string{"Dockerfile": "FROM python:3.9-alpine\nCOPY --exclude=*.md . /x\nCOPY --parents ./v1/f /y/\nRUN echo UNIQUE\n", ".dockerignore": "Dockerfile\n.dockerignore\n"}, turns: []turn{
		{what: "what they leave out", edit: writes("c.md", "two")},
		{what: "what they take", edit: writes("v1/f", "two UNIQUE")},
	}},
}

const (
	plainly  = "FROM python:3.9-alpine\nCOPY a*.txt /a/\nRUN echo a UNIQUE\nCOPY b.txt /b/\nCOPY cur/f /f\nRUN echo b UNIQUE\n"
	heredocs = "FROM python:3.9-alpine\nCOPY <<E /f\none UNIQUE\nE\nRUN <<E\necho two UNIQUE\nE\nCOPY a1.txt /\n"
)

func writes(name, text string) func(*promised) { return func(l *promised) { l.write(name, text) } }

func arguments(values ...string) func(*promised, *config.Config) {
	return func(l *promised, c *config.Config) {
		for _, v := range values {
			c.BuildArgs = append(c.BuildArgs, strings.ReplaceAll(v, "UNIQUE", l.unique))
		}
	}
}

func target(name string) func(*promised, *config.Config) {
	return func(_ *promised, c *config.Config) { c.Target = name }
}

func lib(dir string) func(*promised, *config.Config) {
	return func(l *promised, c *config.Config) { c.BuildContexts = map[string]string{"lib": l.path("../" + dir)} }
}

func archive(text string) string {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	_ = w.WriteHeader(&tar.Header{Name: "f", Mode: 0o644, Size: int64(len(text)), ModTime: time.Unix(0, 0)})
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return out.String()
}
