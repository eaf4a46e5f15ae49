package compat

import (
	"slices"
	"strings"
	"testing"
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

func TestCheck(t *testing.T) {
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
			s, open := newStage(c.base, map[string]string{c.path: c.file})
			warnings, err := NewChecker().Check(s, open)
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

func TestCheckNamesThePackage(t *testing.T) {
	bad := string(elfFile{needed: []string{"libc.so.6"}, wants: map[string]string{"__printf_chk": "GLIBC_2.3.4"}}.bytes())
	s, open := newStage(muslBase, map[string]string{
		packages + "x/_a.so": bad, packages + "x/_b.so": bad, packages + "y/_c.so": bad,
		packages + "x-1.2.dist-info/RECORD": "x/_a.so,sha256=1,5\nx/_b.so,sha256=1,5\n\"broken\n",
	})
	warnings, err := NewChecker().Check(s, open)
	if err != nil {
		t.Fatal(err)
	}
	if len(warnings) != 2 || len(warnings[0].Paths) != 1 || !slices.Equal(warnings[1].Paths, []string{packages + "x/_a.so", packages + "x/_b.so"}) ||
		!strings.HasPrefix(warnings[1].Message, "x 1.2: _a.so (and 1 more) ") {
		t.Errorf("got %+v", warnings)
	}
}
