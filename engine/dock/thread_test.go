//go:build unix

package dock

import (
	"net"
	"path/filepath"
	"testing"
)

// TestCloseEndsARead: nothing else would, because the reader blocks in the system call.
func TestCloseEndsARead(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	conn, err := dialThread(t.Context(), socket)
	if err != nil {
		t.Fatal(err)
	}
	far, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	if _, err := far.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	read := make(chan error)
	go func() {
		buffer := make([]byte, 8)
		for {
			_, err := conn.Read(buffer)
			read <- err
			if err != nil {
				return
			}
		}
	}()
	if err := <-read; err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		t.Error(err)
	}
	if err := <-read; err == nil {
		t.Error("a read ended without an error after Close")
	}
}
