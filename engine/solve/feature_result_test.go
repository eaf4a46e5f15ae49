package solve_test

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

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
	packed, err := f.place.files(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	lines := map[string]string{}
	archive := tar.NewReader(packed)
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
	told, err := f.place.config(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if labels, ok := told.config["Labels"].(map[string]any); ok {
		delete(labels, dock.Label)
		delete(labels, featureLabel)
	}
	var out strings.Builder
	for _, field := range slices.Sorted(maps.Keys(told.config)) {
		value, err := json.Marshal(told.config[field])
		if err != nil {
			t.Fatal(err)
		}
		switch string(value) {
		case "null", `""`, "false", "{}", "[]", `["PATH=/bin"]`:
		default:
			fmt.Fprintf(&out, "%s %s\n", field, value)
		}
	}
	if told.author != "" {
		fmt.Fprintf(&out, "Author %s\n", told.author)
	}
	fmt.Fprintf(&out, "%s, %d layers\n", told.platform, told.layers)
	for _, by := range told.history {
		if by := strings.TrimSpace(by); !strings.Contains(by, dock.Label) {
			// What follows the instruction is worded by each version of the frontend in its own way.
			instruction, _, _ := strings.Cut(by, " ")
			fmt.Fprintf(&out, "by %s\n", instruction)
		}
	}
	return out.String()
}
