package compat

import (
	"bytes"
	"encoding/binary"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestReadObject(t *testing.T) {
	o, err := readObject(elfFile{
		loader: "/lib64/ld-linux-x86-64.so.2", needed: []string{"libm.so.6", "libc.so.6"},
		wants: map[string]string{"__vfprintf_chk": "GLIBC_2.3.4", "Py_Initialize": ""}, weak: []string{"__gmon_start__"},
		exports: []string{"PyInit_x"}, defines: []string{"X_1", "X_2"},
	}.bytes())
	if err != nil {
		t.Fatal(err)
	}
	if o.loader != "/lib64/ld-linux-x86-64.so.2" || !slices.Equal(o.needed, []string{"libm.so.6", "libc.so.6"}) || o.libc() != Glibc {
		t.Errorf("got %+v", o)
	}
	slices.SortFunc(o.wants, func(a, b symbol) int { return strings.Compare(a.name, b.name) })
	if !slices.Equal(o.wants, []symbol{{"Py_Initialize", ""}, {"__vfprintf_chk", "GLIBC_2.3.4"}}) {
		t.Errorf("wants %v", o.wants)
	}
	if !slices.Equal(o.versions, []version{{"libc.so.6", "GLIBC_2.3.4"}}) {
		t.Errorf("versions %v", o.versions)
	}
	if len(o.exports) != 1 || !o.exports["PyInit_x"] || len(o.defines) != 2 || !o.defines["X_2"] {
		t.Errorf("has %v, %v", o.exports, o.defines)
	}
}

// TestReadObjectOfARealProgram reads the test itself.
func TestReadObjectOfARealProgram(t *testing.T) {
	data, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Skip("there is no /proc here")
	}
	if _, err := readObject(data); err != nil {
		t.Error(err)
	}
}

// TestReadObjectIsBounded gives it lists that lead back into themselves, and tables that claim to be larger than the
// file.
func TestReadObjectIsBounded(t *testing.T) {
	whole := elfFile{needed: []string{"libc.so.6"}, wants: map[string]string{"a": "GLIBC_2.2.5", "b": "GLIBC_2.4"}, defines: []string{"X_1", "X_2"}}.bytes()
	start := time.Now()
	for at := range len(whole) {
		for _, v := range []byte{0, 1, 0x7f, 0xff} {
			data := bytes.Clone(whole)
			data[at] = v
			_, _ = readObject(data)
		}
		_, _ = readObject(whole[:at])
	}
	many := bytes.Clone(whole)
	binary.LittleEndian.PutUint16(many[60:], 0)
	if _, err := readObject(many); err == nil {
		t.Error("a header that hides the number of its sections is believed")
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("took %s", took)
	}
}

func FuzzReadObject(f *testing.F) {
	f.Add([]byte(nil))
	f.Add([]byte("\x7fELF"))
	f.Add(elfFile{}.bytes())
	f.Add(elfFile{loader: "/lib/ld-musl-x86_64.so.1", needed: []string{"libc.so"}, exports: []string{"x"}, defines: []string{"X_1"}}.bytes())
	f.Add(elfFile{needed: []string{"libc.so.6"}, wants: map[string]string{"a": "GLIBC_2.2.5", "b": "GLIBC_2.4"}}.bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		o, err := readObject(data)
		if (o == nil) == (err == nil) {
			t.Errorf("got %v, %v", o, err)
		}
		if o != nil && (len(o.needed) > maxNeeded || len(o.versions) > maxVersions || len(o.wants) > maxSymbols) {
			t.Error("more than its limits")
		}
	})
}
