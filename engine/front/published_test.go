package front

import (
	"net"
	"testing"
)

func TestARangeTakesTheFirstFreePort(t *testing.T) {
	held, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	first := held.Addr().(*net.TCPAddr).Port
	// Others may hold the next ones: the range is wide enough for them too.
	p := Published{Host: "127.0.0.1", First: first, Last: min(first+100, 65535), Port: 80}
	f, err := p.Listen()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close(t.Context())
	if got := f.Addr().(*net.TCPAddr).Port; got <= first || got > p.Last {
		t.Errorf("took %d of %s", got, p)
	}
}
