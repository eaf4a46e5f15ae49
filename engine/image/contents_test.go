package image

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stagewatch/stagewatch/engine/event"
)

// layerTar returns a layer of files with as many bytes as said, links by their targets, and folders where the path ends in /.
func layerTar(t *testing.T, entries ...any) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for i := 0; i < len(entries); i += 2 {
		h := &tar.Header{Name: entries[i].(string), Mode: 0o644, Typeflag: tar.TypeReg}
		content := []byte{}
		switch is := entries[i+1].(type) {
		case int:
			content = bytes.Repeat([]byte("x"), is)
			h.Size = int64(is)
		case string:
			h.Typeflag, h.Linkname = tar.TypeSymlink, is
		case nil:
			h.Typeflag = tar.TypeDir
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func squeezed(t *testing.T, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestALayerIsAsLargeAsItsBlob: a blob counts as the engine sends it, and what is not compressed as a push would compress it.
func TestALayerIsAsLargeAsItsBlob(t *testing.T) {
	plain := layerTar(t, "a", 100_000, "b", "target", "c/", nil, "c/d", 5)
	blob := squeezed(t, plain)
	for name, sent := range map[string][]byte{"compressed": blob, "plain": plain} {
		l, err := readSaved(bytes.NewReader(sent))
		if err != nil {
			t.Fatal(err)
		}
		if l.compressed != int64(len(blob)) || l.stored != (name == "compressed") || l.links != 6 || len(l.files) != 4 {
			t.Errorf("%s: got %+v, want %d bytes", name, l, len(blob))
		}
	}
	if _, err := readSaved(bytes.NewReader(blob[:len(blob)-4])); err == nil {
		t.Error("a blob that was cut off is no layer")
	}
}

// TestGroupsAddUp: every byte of every layer is in one group, whatever later layers do to it.
func TestGroupsAddUp(t *testing.T) {
	read := func(entries ...any) savedLayer {
		l, err := readSaved(bytes.NewReader(layerTar(t, entries...)))
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	layers := []savedLayer{
		read("etc/passwd", 10, "usr/bin/python3", 100, "bin", "usr/bin", "tmp/a", 3, "tmp/b", 4, "was/file", 6),
		read("app/main.py", 20, "usr/lib/python3.9/site-packages/x.py", 30, "usr/bin/python3", 50),
		read("app/main.py", 25, "tmp/.wh.a", 0, "var/cache/apt/x", 7, "odd/thing", 9),
		read("odd/.wh..wh..opq", 0, "odd/other", 2, "was/file/", nil, "was/file/in", 1),
		{},
	}
	ids := []string{"1", "2", "3", "4", "2"}
	history := []event.Layer{{CreatedBy: "ADD file:1 in /"}, {CreatedBy: "COPY . /"}, {CreatedBy: "RUN x"}, {CreatedBy: "RUN y"}, {CreatedBy: "COPY . /"}}
	got := contentsOf(layers, ids, history, nil)
	want := map[string]int64{
		// The fifth layer is the second one again.
		kindSystem: 10 + 4, kindToolset: 50, kindSources: 20, kindPackages: 30, kindManager: 7, kindOther: 2 + 1,
		kindLost: 100 + 20 + 3 + 9 + 6 + 25 + 30 + 50, Links: 7,
	}
	if diff := cmp.Diff(want, got.Groups); diff != "" {
		t.Error(diff)
	}
	var sum int64
	for _, n := range got.Groups {
		sum += n
	}
	if sum != got.Bytes || got.Layers[4].Bytes != 100 || got.Layers[0].Bytes != 123+7 {
		t.Errorf("the groups have %d of %d bytes, in %+v", sum, got.Bytes, got.Layers)
	}
	// Where the sizes are known, they are the measure.
	for i := range history {
		history[i].Bytes = 1000
	}
	if got := contentsOf(layers, ids, history, history); got.Bytes != 5000 || got.Groups[Links] != 5000-(sum-7) {
		t.Errorf("got %d bytes, %v", got.Bytes, got.Groups)
	}
}
