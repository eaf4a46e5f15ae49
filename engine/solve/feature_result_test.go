package solve_test

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/client"

	"github.com/stagewatch/stagewatch/engine/dock"
)

// describe returns what an image has beyond the base: files, then the config.
func (f *features) describe(t *testing.T, id string) string {
	t.Helper()
	all := f.files(t, id)
	var out strings.Builder
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if f.inBase[name] != all[name] {
			out.WriteString(all[name] + "\n")
		}
	}
	return out.String() + f.config(t, id)
}

// volatile are the files that the engine puts into every container, or changes.
var volatile = []string{".dockerenv", "dev", "proc", "sys", "etc/hostname", "etc/hosts", "etc/resolv.conf", "etc/mtab"}

// files returns the image's files by path, each as a line.
func (f *features) files(t *testing.T, id string) map[string]string {
	t.Helper()
	c, err := f.engine.Client.ContainerCreate(t.Context(), &container.Config{Image: id, Cmd: []string{"x"}, Labels: map[string]string{dock.Label: f.session.ID}}, nil, nil, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	defer f.engine.Client.ContainerRemove(context.Background(), c.ID, container.RemoveOptions{Force: true, RemoveVolumes: true})
	exported, err := f.engine.Client.ContainerExport(t.Context(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer exported.Close()
	lines := map[string]string{}
	archive := tar.NewReader(exported)
	for {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return lines
		}
		if err != nil {
			t.Fatal(err)
		}
		name := path.Clean(h.Name)
		if slices.ContainsFunc(volatile, func(m string) bool { return name == m || strings.HasPrefix(name, m+"/") }) || name == "etc" || name == "." {
			continue
		}
		line := fmt.Sprintf("%s %d:%d /%s", h.FileInfo().Mode(), h.Uid, h.Gid, name)
		if h.Linkname != "" {
			line += " -> " + h.Linkname
		}
		if h.Typeflag == tar.TypeReg {
			content, err := io.ReadAll(io.LimitReader(archive, 60))
			if err != nil {
				t.Fatal(err)
			}
			line += fmt.Sprintf(" %d %q", h.Size, content)
		}
		lines[name] = line
	}
}

// config returns what is set in the image's config, a line for each field, and the number of its layers.
func (f *features) config(t *testing.T, id string) string {
	t.Helper()
	var raw bytes.Buffer
	img, err := f.engine.Client.ImageInspect(t.Context(), id, client.ImageInspectWithRawResponse(&raw))
	if err != nil {
		t.Fatal(err)
	}
	var parsed struct {
		Config map[string]any
		Author string
	}
	if err := json.Unmarshal(raw.Bytes(), &parsed); err != nil {
		t.Fatal(err)
	}
	if labels, ok := parsed.Config["Labels"].(map[string]any); ok {
		delete(labels, dock.Label)
		delete(labels, featureLabel)
	}
	var out strings.Builder
	for _, field := range slices.Sorted(maps.Keys(parsed.Config)) {
		value, err := json.Marshal(parsed.Config[field])
		if err != nil {
			t.Fatal(err)
		}
		switch string(value) {
		case "null", `""`, "false", "{}", "[]", `["PATH=/bin"]`:
		default:
			fmt.Fprintf(&out, "%s %s\n", field, value)
		}
	}
	if parsed.Author != "" {
		fmt.Fprintf(&out, "Author %s\n", parsed.Author)
	}
	fmt.Fprintf(&out, "%s/%s %s, %d layers\n", img.Os, img.Architecture, img.Variant, len(img.RootFS.Layers))
	history, err := f.engine.Client.ImageHistory(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range slices.Backward(history) {
		if by := strings.TrimSpace(h.CreatedBy); !strings.Contains(by, dock.Label) {
			// What follows the instruction is worded by each version of the frontend in its own way.
			instruction, _, _ := strings.Cut(by, " ")
			fmt.Fprintf(&out, "by %s\n", instruction)
		}
	}
	return out.String()
}
