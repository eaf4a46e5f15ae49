package main

import (
	"bytes"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stagewatch/stagewatch/engine/dock/docktest"
)

// TestAValueIsToldNowhere: of what stagewatch shows, serves, writes and keeps in a session, nothing has the value of a
// build argument in it, whatever uses the argument and however that fails.
func TestAValueIsToldNowhere(t *testing.T) {
	e := docktest.Engine(t)
	dir, kept := t.TempDir(), t.TempDir()
	token := "s3cr3t-hush-" + strconv.Itoa(os.Getpid())
	base := "python:3.9-alpine"
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	begin := "ARG BASE\nARG TOKEN\nFROM $BASE AS build\nARG TOKEN\n"
	write("f", "f")
	write("Dockerfile", begin+"COPY nosuch-$TOKEN /\n")
	env := append(os.Environ(), "DOCKER_HOST="+e.Host, "XDG_CACHE_HOME="+kept, "HOME="+kept)
	stagewatch := func(args ...string) *exec.Cmd {
		cmd := exec.Command("stagewatch", args...)
		cmd.Dir, cmd.Env = dir, env
		return cmd
	}
	arguments := []string{"--build-arg", "TOKEN=" + token, "--build-arg", "BASE=" + base}
	clean := func(what, text string) {
		t.Helper()
		for name, value := range map[string]string{"TOKEN": token, "BASE": base} {
			if at := strings.Index(text, value); at >= 0 {
				t.Errorf("%s tells the value of %s: %s", what, name, text[max(0, at-200):min(len(text), at+100)])
			}
		}
	}

	url := freeAddress(t)
	record := filepath.Join(t.TempDir(), "session.jsonl")
	session := &program{Cmd: stagewatch(append(arguments, "--progress", "json", "--record", record, "-p", strings.TrimPrefix(url, "http://")+":8080", ".")...), t: t}
	session.Stdout, session.Stderr = session, session
	if err := session.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = session.Process.Kill() }()
	page := func() string {
		ask, _ := http.NewRequest(http.MethodGet, url, nil)
		ask.Header.Set("Accept", "text/html")
		answer, err := http.DefaultClient.Do(ask)
		if err != nil {
			return ""
		}
		defer answer.Body.Close()
		body, _ := io.ReadAll(answer.Body)
		return string(body)
	}
	// What a failure says, in the stream, and on the page that stands in for the app.
	for n, tt := range []struct{ lines, says string }{
		{"COPY nosuch-$TOKEN /", `nosuch-\$TOKEN is not in the context`},
		{"FROM nosuch-$TOKEN", `the image nosuch-\$TOKEN can't be had`},
		{"FROM nosuch:$TOKEN:x", `stage name \\"nosuch:\$TOKEN:x`},
		{"FROM --platform=$TOKEN $BASE", `platform \$TOKEN`},
		{"FROM $BASE\nARG TOKEN\nCOPY --from=build /nosuch-$TOKEN /", `nosuch-\$TOKEN`},
		{"COPY f /etc/passwd/$TOKEN/", `passwd`},
		{"COPY --chmod=$TOKEN f /", `invalid`},
		{"ADD http://127.0.0.1:1/$TOKEN /", `127\.0\.0\.1:1/\$TOKEN`},
		{"WORKDIR /etc/passwd/$TOKEN", `passwd`},
		{"ENV KEY=${NOSUCH:?$TOKEN}", `NOSUCH: \$TOKEN`},
		{"LABEL key=${NOSUCH:?$TOKEN}", `NOSUCH: \$TOKEN`},
		{"EXPOSE $TOKEN", `containerPort: \$TOKEN`},
		{"STOPSIGNAL $TOKEN", `signal: \$TOKEN`},
		{"USER $TOKEN\nRUN true", `\$TOKEN`},
		{"RUN --network=$TOKEN true", `\$TOKEN`},
		{"RUN --mount=type=bind,source=nosuch-$TOKEN,target=/x true", `nosuch-\$TOKEN`},
		{"RUN --mount=type=secret,id=$TOKEN,required=true true", `secret \$TOKEN`},
		{"RUN test -z $TOKEN", `exit code: 1`},
	} {
		write("Dockerfile", begin+tt.lines+"\n")
		if n > 0 {
			session.await(`"type":"failed".*"text":"` + regexp.QuoteMeta(strings.ReplaceAll(tt.lines[strings.LastIndex(tt.lines, "\n")+1:], `"`, `\"`)) + `","blamed":true`)
		}
		session.await(`"type":"failed".*"message":".*` + tt.says)
		clean("the page for "+tt.lines, page())
	}
	poll(func() bool { return strings.Contains(page(), "exit code: 1") }, func() { t.Errorf("the page says %q", page()) })

	// What a success tells of files, layers, and what became of bytes.
	write("Dockerfile", begin+`RUN test -n "$TOKEN"
ENV KEY=$TOKEN
LABEL key=$TOKEN
COPY maybe-$TOKEN* f /$TOKEN/
WORKDIR /w/$TOKEN
RUN head -c 3000000 /dev/zero > zero && cp zero more
RUN rm zero
FROM $BASE
ARG TOKEN
COPY --from=build /w/$TOKEN /opt/$TOKEN/
COPY --from=build /$TOKEN /c
WORKDIR /web
CMD ["python", "-u", "-m", "http.server", "8080"]
`)
	session.await(`"type":"serving"`)
	session.await(`"type":"ledger".*/opt/\$TOKEN.*/w/\$TOKEN/zero`)
	session.await(`"type":"files".*/w/\$TOKEN`)
	session.await(`"inputs":\[[^]]*"maybe-\$TOKEN\*"`)
	session.await(`"base":"\$BASE"`)
	write("f", "g")
	session.await(`"type":"serving"[^\n]*\n(?s:.*)"type":"serving"`)
	if err := session.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := session.Wait(); err != nil {
		t.Error(err)
	}
	clean("the stream", session.said())

	recorded, err := os.ReadFile(record)
	if err != nil {
		t.Fatal(err)
	}
	clean("the recording", string(recorded))
	for _, args := range [][]string{{"report", record}, {"report", "--format", "html", record}, {"report", "--format", "svg", record}, {"replay", "--progress", "plain", record}} {
		told, err := stagewatch(args...).CombinedOutput()
		if err != nil || len(told) == 0 {
			t.Errorf("%v: %v", args, err)
		}
		clean(strings.Join(args, " "), string(told))
	}
	files := 0
	err = filepath.WalkDir(kept, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		files++
		clean(path, path+"\n"+string(text))
		return err
	})
	if err != nil || files < 2 {
		t.Errorf("%d files are kept, %v", files, err)
	}

	for _, args := range [][]string{
		{"build", "--progress", "plain", "."}, {"plan", "f"}, {"plan", "--progress", "json"}, {"doctor", "-p", "0:8080"},
	} {
		told, err := stagewatch(append(args, arguments...)...).CombinedOutput()
		if err != nil {
			t.Errorf("%v: %v\n%s", args, err, told)
		}
		clean(strings.Join(args, " "), string(told))
		if shown, _ := stagewatch(append(append(args, arguments...), "--show-values")...).CombinedOutput(); !bytes.Contains(shown, []byte(token)) && !bytes.Contains(shown, []byte(base)) {
			t.Errorf("%v --show-values does not show them:\n%s", args, shown)
		}
	}
	// What ends before there is anything to build.
	for _, lines := range []string{"FROM nosuch-$TOKEN", "FROM nosuch:$TOKEN:x"} {
		write("Dockerfile", begin+lines+"\n")
		for _, args := range [][]string{{"build", "."}, {"plan", "f"}, {"doctor", "-p", "0:8080"}} {
			told, _ := stagewatch(append(args, arguments...)...).CombinedOutput()
			clean(strings.Join(args, " ")+" of "+lines, string(told))
		}
	}
}
