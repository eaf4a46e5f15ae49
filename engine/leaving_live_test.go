package engine

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/container"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/event"
)

const countingApp = `import http.server
VERSION = "one"
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(VERSION.encode())
    def do_POST(self):
        got = len(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(("%s took %d" % (VERSION, got)).encode())
http.server.ThreadingHTTPServer(("", 8080), H).serve_forever()
`

// A person uploads something large, and saves a file meanwhile.
func TestAnUploadIsFinishedOverAHandOver(t *testing.T) {
	l := newLive(t)
	l.write("main.py", countingApp)
	l.start(config.Config{})
	first, _ := await[event.Serving](l, nil)
	conn, err := net.Dial("tcp", strings.TrimPrefix(first.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	piece := strings.Repeat("x", 100_000)
	fmt.Fprintf(conn, "POST /upload HTTP/1.0\r\nContent-Length: %d\r\n\r\n%s", 2*len(piece), piece)

	l.write("main.py", strings.Replace(countingApp, `"one"`, `"two"`, 1))
	await(l, func(s event.Serving) bool { return s.Container != first.Container })
	if got := l.get(first.URL); got != "two" {
		t.Errorf("who comes now gets %q", got)
	}
	if d, e := await[event.Draining](l, nil); d.Container != first.Container || d.Requests != 1 || e.Build != 1 {
		t.Errorf("told of build %d: %+v", e.Build, d)
	}
	// Nothing is idle, nothing is kept without a use: the client may take its time.
	fmt.Fprint(conn, piece)
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(answer.Body); err != nil || string(body) != "one took 200000" {
		t.Errorf("the upload is answered %q, %v", body, err)
	}
	await(l, func(s event.Stopped) bool { return s.Container == first.Container && s.Reason == event.StopReplaced })
}

// Somebody takes the container off its network, and its address goes to another one that listens on the same port.
func TestAContainerIsFollowedToAnotherAddress(t *testing.T) {
	l := newLive(t)
	l.start(config.Config{})
	s, _ := await[event.Serving](l, nil)
	cli := l.engine.Client
	if err := cli.NetworkDisconnect(t.Context(), "bridge", s.Container, true); err != nil {
		t.Fatal(err)
	}
	await(l, func(w event.Warning) bool { return w.Code == event.CodeNetworkLost && w.Hint != "" })
	other, err := cli.ContainerCreate(t.Context(), &container.Config{Image: s.Image, Cmd: []string{"python", "-m", "http.server", "8080"},
		Labels: map[string]string{dock.Label: l.session(s.Container)}}, nil, nil, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cli.ContainerRemove(context.Background(), other.ID, container.RemoveOptions{Force: true}) }()
	if err := cli.ContainerStart(t.Context(), other.ID, container.StartOptions{}); err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 1)
	go func() { got <- l.firstAnswer(s.URL) }()
	if err := cli.NetworkConnect(t.Context(), "bridge", s.Container, nil); err != nil {
		t.Fatal(err)
	}
	await(l, func(w event.Warning) bool { return w.Code == event.CodeNetworkBack })
	if answer := <-got; answer != "one" {
		t.Errorf("who asked meanwhile was answered %q", answer)
	}
}
