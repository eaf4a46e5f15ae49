package docktest

import (
	"io"
	"net"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stagewatch/stagewatch/engine/dock"
)

// Line is a connection to an engine that can break.
type Line struct {
	// Engine is the engine at the other end.
	Engine *dock.Engine

	mu      sync.Mutex
	down    bool
	conns   map[net.Conn]bool
	refused int
}

// Unreliable puts a Line between the test and the engine.
func Unreliable(t testing.TB, engine *dock.Engine) *Line {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "docker.sock")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	line := &Line{conns: map[net.Conn]bool{}}
	dial := engine.Client.Dialer()
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := dial(t.Context())
			if err != nil || !line.open(near, far) {
				near.Close()
				continue
			}
			go line.carry(near, far)
			go line.carry(far, near)
		}
	}()
	t.Cleanup(func() {
		listener.Close()
		line.Cut()
	})
	if line.Engine, err = dock.Connect(t.Context(), dock.Options{Host: "unix://" + socket, Builder: "default"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = line.Engine.Close() })
	return line
}

// Cut breaks the open connections. New ones work.
func (l *Line) Cut() { l.cut(false) }

// Down breaks the open connections and all new ones until Up.
func (l *Line) Down() { l.cut(true) }

// Refused counts the connections that were hung up on so far.
func (l *Line) Refused() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.refused
}

// Up makes new connections work again.
func (l *Line) Up() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = false
}

func (l *Line) cut(down bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = down
	for conn := range l.conns {
		conn.Close()
	}
	clear(l.conns)
}

func (l *Line) open(conns ...net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, conn := range conns {
		if l.down {
			conn.Close()
			continue
		}
		l.conns[conn] = true
	}
	if l.down {
		l.refused++
	}
	return !l.down
}

func (l *Line) carry(to, from net.Conn) {
	_, err := io.Copy(to, from)
	if half, ok := to.(interface{ CloseWrite() error }); ok && err == nil {
		_ = half.CloseWrite()
		return
	}
	to.Close()
}
