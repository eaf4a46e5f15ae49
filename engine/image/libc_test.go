package image

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stagewatch/stagewatch/engine/plan"
)

// Bases to put files on.
var (
	muslBase = map[string]string{
		"/lib/ld-musl-x86_64.so.1": string(elfFile{exports: []string{"memcpy", "__stack_chk_fail"}}.bytes()),
		"/bin/sh":                  "-> busybox", "/bin/busybox": "static", "/usr/bin/env": "-> ../../bin/busybox",
		"/usr/local/bin/python3.9": string(elfFile{loader: "/lib/ld-musl-x86_64.so.1"}.bytes()), "/usr/local/bin/python3": "-> python3.9",
		"/usr/local/lib/python3.9/_sysconfigdata__linux_x86_64-linux-gnu.py": "",
	}
	glibcBase = map[string]string{
		"/lib/x86_64-linux-gnu/libc.so.6":          string(elfFile{exports: []string{"memcpy"}, defines: []string{"GLIBC_2.2.5", "GLIBC_2.31"}}.bytes()),
		"/lib/x86_64-linux-gnu/ld-2.31.so":         "",
		"/lib64/ld-linux-x86-64.so.2":              "-> ../lib/x86_64-linux-gnu/ld-2.31.so",
		"/usr/local/bin/python3.9":                 string(elfFile{loader: "/lib64/ld-linux-x86-64.so.2", needed: []string{"libc.so.6"}}.bytes()),
		"/usr/lib/x86_64-linux-gnu/libz.so.1":      "-> libz.so.1.2.11",
		"/usr/lib/x86_64-linux-gnu/libz.so.1.2.11": string(elfFile{}.bytes()),
	}
)

const packages = "/usr/local/lib/python3.9/site-packages/"

func TestExamine(t *testing.T) {
	glibcProgram := elfFile{loader: "/lib64/ld-linux-x86-64.so.2", needed: []string{"libc.so.6"}}
	for _, c := range []struct {
		name string
		base map[string]string
		path string
		file string
		// want is "code: part of the message", empty for no warning.
		want string
	}{
		{"pure python", muslBase, packages + "x/a.py", "import os", ""},
		{"glibc symbols that musl has", muslBase, packages + "x/a.cpython-39-x86_64-linux-gnu.so",
			string(elfFile{needed: []string{"libc.so.6"}, wants: map[string]string{"memcpy": "GLIBC_2.14", "PyLong_Type": ""}}.bytes()), ""},
		{"a fortified symbol", muslBase, packages + "x/a.cpython-39-x86_64-linux-gnu.so",
			string(elfFile{needed: []string{"libc.so.6"}, wants: map[string]string{"__vfprintf_chk": "GLIBC_2.3.4"}}.bytes()), "libc-mismatch: __vfprintf_chk"},
		{"glibc's loader as a library", muslBase, packages + "x/a.so",
			string(elfFile{needed: []string{"libpthread.so.0", "libc.so.6", "ld-linux-x86-64.so.2"}}.bytes()), "libc-mismatch: ld-linux-x86-64.so.2"},
		{"a library that is nowhere", muslBase, packages + "x/a.so", string(elfFile{needed: []string{"libstdc++.so.6"}}.bytes()), "library-missing: libstdc++.so.6"},
		{"a glibc program", muslBase, "/usr/local/bin/tool", string(glibcProgram.bytes()), "libc-mismatch: /lib64/ld-linux-x86-64.so.2"},
		{"a static program", muslBase, "/usr/local/bin/tool", string(elfFile{}.bytes()), ""},
		{"another machine", muslBase, packages + "x/a.so", string(elfFile{machine: 183}.bytes()), "arch-mismatch: compiled for arm64"},
		{"another python", muslBase, packages + "x/a.cpython-311-x86_64-linux-gnu.so", string(elfFile{}.bytes()), "python-mismatch: Python 3.11"},
		{"another python's folder", muslBase, "/usr/local/lib/python3.11/site-packages/a.py", "", "python-mismatch: Python 3.11 looks"},
		{"an extension for any python", muslBase, packages + "x/a.abi3.so", string(elfFile{}.bytes()), ""},
		{"a name that is passed over", muslBase, packages + "x/a.cpython-39-x86_64-linux-musl.so", string(elfFile{}.bytes()), "extension-ignored: *.cpython-39-x86_64-linux-gnu.so"},
		{"a script", muslBase, "/usr/local/bin/run", "#!/usr/local/bin/python3\n", ""},
		{"a script by env", muslBase, "/usr/local/bin/run", "#!/usr/bin/env -S python3 -u\n", ""},
		{"a script by env of what is not there", muslBase, "/usr/local/bin/run", "#!/usr/bin/env node\n", "shebang-missing: node"},
		{"a script of another place", muslBase, "/usr/local/bin/run", "#!/opt/venv/bin/python\n", "shebang-missing: /opt/venv/bin/python"},
		{"text that is no script", muslBase, "/usr/local/bin/run", "hello", ""},
		{"glibc on glibc", glibcBase, "/usr/local/bin/tool", string(glibcProgram.bytes()), ""},
		{"a library by its link", glibcBase, packages + "x/a.so", string(elfFile{needed: []string{"libz.so.1", "libc.so.6"}}.bytes()), ""},
		{"a newer glibc", glibcBase, packages + "x/a.so", string(elfFile{needed: []string{"libc.so.6"}, wants: map[string]string{"memcpy": "GLIBC_2.34"}}.bytes()), "libc-mismatch: GLIBC_2.34"},
		{"musl on glibc", glibcBase, packages + "x/a.so", string(elfFile{needed: []string{"libc.musl-x86_64.so.1"}}.bytes()), "libc-mismatch: libc.musl-x86_64.so.1"},
		{"a broken file", glibcBase, packages + "x/a.so", "\x7fELF\x02\x01\x01", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, open := world(c.base, map[string]string{c.path: c.file})
			warnings, err := examine(s, open, map[objectKey]*object{})
			if err != nil {
				t.Fatal(err)
			}
			if c.want == "" {
				if len(warnings) > 0 {
					t.Errorf("got %+v", warnings)
				}
				return
			}
			code, part, _ := strings.Cut(c.want, ": ")
			if len(warnings) != 1 || warnings[0].Code != code || !strings.Contains(warnings[0].Message, part) || warnings[0].Hint == "" {
				t.Errorf("got %+v", warnings)
			}
		})
	}
}

func TestExamineNamesThePackage(t *testing.T) {
	bad := string(elfFile{needed: []string{"libc.so.6"}, wants: map[string]string{"__printf_chk": "GLIBC_2.3.4"}}.bytes())
	s, open := world(muslBase, map[string]string{
		packages + "x/_a.so": bad, packages + "x/_b.so": bad, packages + "y/_c.so": bad,
		packages + "x-1.2.dist-info/RECORD": "x/_a.so,sha256=1,5\nx/_b.so,sha256=1,5\n\"broken\n",
	})
	warnings, err := examine(s, open, map[objectKey]*object{})
	if err != nil {
		t.Fatal(err)
	}
	if len(warnings) != 2 || len(warnings[0].Paths) != 1 || !slices.Equal(warnings[1].Paths, []string{packages + "x/_a.so", packages + "x/_b.so"}) ||
		!strings.HasPrefix(warnings[1].Message, "x 1.2: _a.so (and 1 more) ") {
		t.Errorf("got %+v", warnings)
	}
}

func TestLibcRisk(t *testing.T) {
	for _, c := range []struct {
		name, build, final string
		known              map[string]Libc
		want               bool
	}{
		{"site-packages", "FROM python:3.9-slim AS b", "FROM python:3.9-alpine\nCOPY --from=b /usr/local/lib/python3.9/site-packages /x", nil, true},
		{"by index, bare tag", "FROM python:3.12", "FROM python:3.12-alpine\nCOPY --from=0 /usr/local/lib/python3.12/site-packages /x", nil, true},
		{"a venv", "FROM debian:12 AS b\nRUN python3 -m venv /opt/venv", "FROM alpine\nCOPY --from=b /opt/venv /opt/venv", nil, true},
		{"a venv in the working folder", "FROM debian:12 AS b\nWORKDIR /app\nRUN python3 -m venv .venv", "FROM alpine\nCOPY --from=b /app /app", nil, true},
		{"a venv of a stage below", "FROM debian:12 AS a\nRUN virtualenv /v\nFROM a AS b\nRUN true", "FROM alpine\nCOPY --from=b /v /v", nil, true},
		{"a prefix", "FROM python:3.9-slim AS b\nRUN pip install --prefix=/install -r x", "FROM python:3.9-alpine\nCOPY --from=b /install /usr/local", nil, true},
		{"a user's folder", "FROM python:3.9-slim AS b\nRUN pip install --user x", "FROM python:3.9-alpine\nCOPY --from=b /root/.local /root/.local", nil, true},
		{"musl to glibc", "FROM python:3.9-alpine AS b", "FROM python:3.9-slim\nCOPY --from=b /usr/local/lib/python3.9/site-packages /x", nil, true},
		{"one family", "FROM python:3.9 AS b", "FROM python:3.9-slim\nCOPY --from=b /usr/local/lib/python3.9/site-packages /x", nil, false},
		{"something else", "FROM python:3.9-slim AS b\nRUN make", "FROM alpine\nCOPY --from=b /out/page.html /x", nil, false},
		{"a base that nobody knows", "FROM company/base AS b", "FROM alpine\nCOPY --from=b /usr/lib/python3/dist-packages /x", nil, false},
		{"a base that was read", "FROM company/base AS b", "FROM alpine\nCOPY --from=b /usr/lib/python3/dist-packages /x", map[string]Libc{"company/base": Glibc}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := plan.New(t.Context(), plan.Input{Dockerfile: []byte(c.build + "\n" + c.final + "\n"), Filename: "Dockerfile"}, plan.Offline{})
			if err != nil {
				t.Fatal(err)
			}
			got := LibcRisk(p, c.known)
			if want := map[bool]int{true: 1}[c.want]; len(got) != want {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func ExampleLibcRisk() {
	p, err := plan.New(context.Background(), plan.Input{Dockerfile: []byte("FROM python:3.9-slim AS build\nFROM python:3.9-alpine\nCOPY --from=build /usr/local/lib/python3.9/site-packages /x\n")}, plan.Offline{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(LibcRisk(p, nil)[0].Message)
	// Output: line 3 copies Python packages of stage "build", installed on glibc (python:3.9-slim), onto musl (python:3.9-alpine)
}
