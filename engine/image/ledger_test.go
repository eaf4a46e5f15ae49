package image

import (
	"testing"

	"github.com/stagewatch/stagewatch/engine/plan"
)

// planned returns a plan of two steps above a base.
func planned(t *testing.T) Source {
	t.Helper()
	p, err := plan.New(t.Context(), plan.Input{Dockerfile: []byte("FROM debian\nRUN one\nRUN two\n"), Filename: "Dockerfile"}, plan.Offline{})
	if err != nil {
		t.Fatal(err)
	}
	return Source{Plan: p}
}

func TestKindOf(t *testing.T) {
	for _, c := range []struct {
		path         string
		base, source bool
		want         string
	}{
		{"/usr/lib/x86_64-linux-gnu/libc.so.6", true, false, kindSystem},
		{"/bin/bash", true, false, kindSystem},
		{"/usr/bin/asciidoc", true, false, kindSystem},
		{"/usr/local/bin/python3.9", true, false, kindToolset},
		{"/usr/local/lib/python3.9/os.py", true, false, kindToolset},
		{"/usr/bin/x86_64-linux-gnu-gcc-10", false, false, kindToolset},
		{"/usr/include/stdio.h", false, false, kindToolset},
		{"/usr/local/lib/python3.9/site-packages/pip/x.py", true, false, kindPackages},
		{"/usr/local/lib/python3.9/site-packages/pip/__pycache__/x.cpython-39.pyc", false, false, kindBytecode},
		{"/var/lib/apt/lists/mirror.example_x", false, false, kindManager},
		{"/root/.cache/pip/http/1", false, false, kindPip},
		{"/root/.cache/uv/1", false, false, kindManager},
		{"/app/main.py", false, true, kindSources},
		{"/usr/lib/libnew.so", false, false, kindSystem},
		{"/out/result", false, false, kindOther},
		{"/opt/wheels/x.whl", true, false, kindSystem},
	} {
		if got := kindOf(c.path, c.base, c.source); got != c.want {
			t.Errorf("%s is %q, want %q", c.path, got, c.want)
		}
	}
}

func TestIsCleanup(t *testing.T) {
	for instruction, want := range map[string]bool{
		"RUN pip cache purge":                                           true,
		"RUN python3 -m pip cache purge":                                true,
		"RUN apt-get clean && rm -rf /var/lib/apt/lists/*":              true,
		"RUN --mount=type=cache,target=/x apk cache clean || true":      true,
		"RUN find / -name __pycache__ -exec rm -rf {} +":                true,
		"RUN npm cache clean --force; yarn cache clean":                 true,
		"RUN apt-get update && apt-get install -y gcc && apt-get clean": false,
		"RUN pip install x && pip cache purge":                          false,
		"RUN rm":                                                        false,
		"RUN true":                                                      false,
		"COPY rm -rf /x":                                                false,
		"RUN true && make":                                              false,
	} {
		if got := isCleanup(instruction); got != want {
			t.Errorf("%s: %v", instruction, got)
		}
	}
}

func TestLargestOpensFoldersThatSayLittle(t *testing.T) {
	got := largest([]File{
		{Path: "/usr/lib/a", Size: 10}, {Path: "/usr/lib/b", Size: 20}, {Path: "/usr/share/x/y/z", Size: 5}, {Path: "/usr/lib/c", Hard: "/usr/lib/b", Size: 20},
		{Path: "/usr/empty"},
	})
	if len(got) != 3 || got[0].Path != "/usr/lib/b" || got[0].Bytes != 20 || got[2].Path != "/usr/share/x/y/z" {
		t.Errorf("got %v", got)
	}
	if got := largest(nil); got != nil {
		t.Errorf("of nothing: %v", got)
	}
}

func TestChosen(t *testing.T) {
	s := world(map[string]string{"/app/a.txt": "1", "/app/b.py": "12", "/app/sub/c.txt": "123", "/application": "x", "/current": "-> app"}, nil)
	for _, c := range []struct {
		copied
		want int64
	}{
		{copied{src: "/app"}, 6},
		{copied{src: "/current"}, 6},
		{copied{src: "/app/*.txt"}, 1},
		{copied{src: "/a*/sub"}, 3},
		{copied{src: "/app", exclude: []string{"*.py"}}, 4},
		{copied{src: "/app", exclude: []string{"sub"}}, 3},
		{copied{src: "/app", include: []string{"sub/**"}}, 3},
		{copied{src: "/"}, 7},
		{copied{src: "/none"}, 0},
	} {
		var got int64
		for _, f := range s.Files().chosen(c.copied) {
			got += f.bytes()
		}
		if got != c.want {
			t.Errorf("%+v takes %d bytes, want %d", c.copied, got, c.want)
		}
	}
}
