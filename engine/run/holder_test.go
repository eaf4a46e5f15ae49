package run

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
)

func TestWhoHoldsNamesTheProcess(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux can find out")
	}
	r := newRig(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := listener.Addr().String()
	_, port, _ := net.SplitHostPort(addr)
	for _, asked := range []string{addr, "0.0.0.0:" + port, ":" + port} {
		if who := r.runner.WhoHolds(t.Context(), asked); !strings.Contains(who, fmt.Sprintf("(pid %d)", os.Getpid())) {
			t.Errorf("%s is held by %q, want our own pid %d", asked, who, os.Getpid())
		}
	}
	if who := r.runner.WhoHolds(t.Context(), "127.0.0.2:"+port); who != "" {
		t.Errorf("another address is held by %q", who)
	}
	listener.Close()
	if who := r.runner.WhoHolds(t.Context(), addr); who != "" {
		t.Errorf("a free port is held by %q", who)
	}
}

func TestWhoHoldsNamesTheContainer(t *testing.T) {
	r := newRig(t)
	r.runner.direct = false
	c := r.serve(Spec{Image: r.image("-listen", ":8080")})
	if who := r.runner.WhoHolds(t.Context(), c.Addr()); who != "container "+c.Name() {
		t.Errorf("%s is held by %q, want container %s", c.Addr(), who, c.Name())
	}
}

func TestListenersAreReadFromBothTables(t *testing.T) {
	const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0
   1: 0100007F:1F90 0100007F:B1A2 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0 20 4 30 10 -1
   2: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0 100 0 0 10 0
   3: 0000000000000000FFFF00000100007F:0051 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4714 1 0 100 0 0 10 0
`
	var got []string
	for _, l := range parseListeners(strings.NewReader(table)) {
		got = append(got, l.addr.String()+" "+l.inode)
	}
	if want := "127.0.0.1:8080 4711, [::]:80 4713, 127.0.0.1:81 4714"; strings.Join(got, ", ") != want {
		t.Errorf("%v, want %s", got, want)
	}
}

func TestParseVolume(t *testing.T) {
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ volume, bind, anonymous string }{
		{"/data:/mnt", "/data:/mnt", ""},
		{"/data:/mnt:ro", "/data:/mnt:ro", ""},
		{"named:/mnt", "named:/mnt", ""},
		{"./src:/mnt", dir + "/src:/mnt", ""},
		{".:/mnt", dir + ":/mnt", ""},
		{"/scratch", "", "/scratch"},
	} {
		bind, anonymous, err := parseVolume(c.volume)
		if err != nil || bind != c.bind || anonymous != c.anonymous {
			t.Errorf("%s: %q, %q, %v", c.volume, bind, anonymous, err)
		}
	}
	if _, _, err := parseVolume("scratch"); err == nil {
		t.Error("a volume without a path in the container is taken")
	}
}
