package image

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

func tarFile(p string, size int64) tarEntry { return tarEntry{path: p, size: size} }
func tarDir(p string) tarEntry              { return tarEntry{path: p, dir: true} }

// divesFigures are what dive v0.13.1 (github.com/wagoodman/dive, `dive --json` on an archive of `docker save`) writes of
// images with these layers.
var divesFigures = map[string]struct {
	layers       [][]tarEntry
	score        float64
	wasted, size int64
}{
	"nothing twice": {layers: [][]tarEntry{
		{tarDir("a"), tarFile("a/b", 100)}, {tarDir("a"), tarFile("a/c", 50)},
	}, score: 1, wasted: 0, size: 150},
	"a file overwritten": {layers: [][]tarEntry{
		{tarFile("a", 1000), tarFile("b", 200)}, {tarFile("a", 900)},
	}, score: 0.5238095238095238, wasted: 1900, size: 2100},
	"a file deleted": {layers: [][]tarEntry{
		{tarDir("d"), tarFile("d/a", 1000)}, {tarFile("b", 500)}, {tarDir("d"), tarFile("d/.wh.a", 0)},
	}, score: 0.3333333333333333, wasted: 1000, size: 1500},
	"a folder deleted": {layers: [][]tarEntry{
		{tarDir("d"), tarFile("d/a", 1000), tarFile("d/b", 300)}, {tarFile("c", 500)}, {tarFile(".wh.d", 0)},
	}, score: 1, wasted: 0, size: 1800},
	"a folder deleted that an upper layer has no entry for": {layers: [][]tarEntry{
		{tarDir("d"), tarFile("d/a", 1000)}, {tarFile("d/b", 300)}, {tarFile(".wh.d", 0)},
	}, score: 1, wasted: 0, size: 1300},
	"a folder deleted and made anew": {layers: [][]tarEntry{
		{tarDir("d"), tarFile("d/a", 1000)}, {tarDir("d"), tarFile("d/.wh..wh..opq", 0), tarFile("d/a", 700)},
	}, score: 0.4117647058823529, wasted: 1700, size: 1700},
	"what is deleted does not exist": {layers: [][]tarEntry{
		{tarFile("a", 10), tarFile("z", 1000)}, {tarFile("a", 10), tarFile("m/.wh.x", 0), tarFile("z", 1000)},
	}, score: 0.9892156862745098, wasted: 20, size: 2020},
	"the lowest layer deletes": {layers: [][]tarEntry{
		{tarFile(".wh.x", 0), tarFile("a", 10), tarFile("x", 20)}, {tarFile("a", 10)},
	}, score: 0.25, wasted: 40, size: 40},
	"nothing at all": {layers: [][]tarEntry{{}, {}}, score: 1},
}

func TestEfficiency(t *testing.T) {
	for name, c := range divesFigures {
		got := efficiencyOf(c.layers)
		if got.Score != c.score || got.Wasted != c.wasted || got.Size != c.size {
			t.Errorf("%s: got score %v, %d of %d bytes wasted; dive says %v, %d of %d", name, got.Score, got.Wasted, got.Size, c.score, c.wasted, c.size)
		}
	}
}

// TestEfficiencyIsDives asks dive itself, of these images and of random ones.
func TestEfficiencyIsDives(t *testing.T) {
	dive, err := exec.LookPath("dive")
	if err != nil {
		if dive, err = exec.LookPath("../../bin/dive"); err != nil {
			t.Skip("dive is not here; make bench installs it into bin")
		}
	}
	images := [][][]tarEntry{}
	for _, c := range divesFigures {
		images = append(images, c.layers)
	}
	const seed = 7
	r := rand.New(rand.NewPCG(seed, seed))
	for range 25 {
		images = append(images, randomLayers(r))
	}
	for _, layers := range images {
		archive := saved(t, layers)
		got, err := savedLayers(bytes.NewReader(archive), blobEntries)
		if err != nil {
			t.Fatal(err)
		}
		is, want := efficiencyOf(got), askDive(t, dive, archive)
		if is.Score != want.EfficiencyScore || is.Wasted != want.InefficientBytes || is.Size != want.SizeBytes {
			t.Errorf("got score %v, %d of %d bytes wasted; dive says %v, %d of %d; for %v", is.Score, is.Wasted, is.Size, want.EfficiencyScore, want.InefficientBytes, want.SizeBytes, layers)
		}
		for _, f := range want.FileReference {
			if !slices.Contains(is.Inefficient, Inefficiency{Path: f.File, Layers: f.Count, Bytes: f.SizeBytes}) {
				t.Errorf("dive counts %+v, we have %+v", f, is.Inefficient)
			}
		}
	}
}

// diveImage is what dive writes of an image.
type diveImage struct {
	SizeBytes, InefficientBytes int64
	EfficiencyScore             float64
	FileReference               []struct {
		Count     int
		SizeBytes int64
		File      string
	}
}

func askDive(t *testing.T, dive string, archive []byte) diveImage {
	t.Helper()
	dir := t.TempDir()
	in, out := filepath.Join(dir, "image.tar"), filepath.Join(dir, "out.json")
	if err := os.WriteFile(in, archive, 0o644); err != nil {
		t.Fatal(err)
	}
	if told, err := exec.Command(dive, "--source", "docker-archive", in, "--json", out).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, told)
	}
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	var told struct{ Image diveImage }
	if err := json.Unmarshal(text, &told); err != nil {
		t.Fatal(err)
	}
	return told.Image
}

// randomLayers are layers that add, overwrite and delete files and folders of few names, so that they meet.
func randomLayers(r *rand.Rand) (layers [][]tarEntry) {
	names := []string{"a", "b", "c", ".d"}
	for range 2 + r.IntN(4) {
		var layer []tarEntry
		for range r.IntN(8) {
			p := names[r.IntN(len(names))]
			for range r.IntN(3) {
				if r.IntN(3) > 0 {
					layer = append(layer, tarDir(p))
				}
				p += "/" + names[r.IntN(len(names))]
			}
			switch r.IntN(5) {
			case 0:
				p = filepath.Join(filepath.Dir(p), ".wh."+filepath.Base(p))
				layer = append(layer, tarFile(p, 0))
			case 1:
				layer = append(layer, tarFile(filepath.Join(p, ".wh..wh..opq"), 0))
			default:
				layer = append(layer, tarFile(p, int64(r.IntN(5000))))
			}
		}
		layers = append(layers, layer)
	}
	return layers
}

// saved returns an archive as `docker save` writes it.
func saved(t *testing.T, layers [][]tarEntry) []byte {
	t.Helper()
	var out bytes.Buffer
	archive := tar.NewWriter(&out)
	put := func(w *tar.Writer, h *tar.Header, content []byte) {
		t.Helper()
		h.Size = int64(len(content))
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	names := []string{}
	for i, layer := range layers {
		var content bytes.Buffer
		w := tar.NewWriter(&content)
		for _, e := range layer {
			if e.dir {
				put(w, &tar.Header{Name: e.path + "/", Typeflag: tar.TypeDir, Mode: 0o755}, nil)
				continue
			}
			put(w, &tar.Header{Name: e.path, Mode: 0o644}, make([]byte, e.size))
		}
		w.Close()
		names = append(names, fmt.Sprintf("%d/layer.tar", i))
		put(archive, &tar.Header{Name: names[i], Mode: 0o644}, content.Bytes())
	}
	manifest, err := json.Marshal([]map[string]any{{"Config": "config.json", "Layers": names}})
	if err != nil {
		t.Fatal(err)
	}
	put(archive, &tar.Header{Name: "config.json", Mode: 0o644}, []byte(`{"history":[],"rootfs":{"type":"layers"}}`))
	put(archive, &tar.Header{Name: "manifest.json", Mode: 0o644}, manifest)
	archive.Close()
	return out.Bytes()
}
