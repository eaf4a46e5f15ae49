package compat

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
)

// warnings returns one warning for each kind of finding and package.
func (x *examiner) warnings() ([]event.Warning, error) {
	if len(x.found) == 0 {
		return nil, nil
	}
	packages, err := x.packages()
	if err != nil {
		return nil, err
	}
	type key struct{ code, packaged, why string }
	groups := map[key][]finding{}
	var order []key
	for _, f := range x.found {
		k := key{f.code, packages[f.path], f.why}
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], f)
	}
	slices.SortStableFunc(order, func(a, b key) int { return cmp.Or(cmp.Compare(a.code, b.code), cmp.Compare(a.packaged, b.packaged)) })
	var out []event.Warning
	for _, k := range order {
		w := event.Warning{Code: k.code, Hint: x.hint(k.code, k.packaged)}
		var details []string
		for _, f := range groups[k] {
			w.Paths = append(w.Paths, f.path)
			details = append(details, f.details...)
		}
		w.Key = strings.TrimSpace(k.packaged + " " + w.Paths[0])
		slices.Sort(details)
		w.Message = sentence(k.packaged, k.why, w.Paths, slices.Compact(details))
		out = append(out, w)
	}
	return out, nil
}

// shownDetails is how many names a sentence lists.
const shownDetails = 3

// sentence words a warning: "psutil 5.8.0: _psutil_linux….so (and 1 more) needs symbols that …".
func sentence(packaged, why string, paths, details []string) string {
	s := path.Base(paths[0])
	if !isLibrary(paths[0]) {
		s = paths[0]
	}
	if len(paths) > 1 {
		s = fmt.Sprintf("%s (and %d more)", s, len(paths)-1)
	}
	s += " " + why
	if packaged != "" {
		s = packaged + ": " + s
	}
	// One name more is as short as "and 1 more".
	if len(details) > shownDetails+1 {
		details = append(details[:shownDetails:shownDetails], fmt.Sprintf("and %d more", len(details)-shownDetails))
	}
	if len(details) > 0 {
		s += " " + strings.Join(details, ", ")
	}
	return s
}

// hint says what to do about a kind of finding.
func (x *examiner) hint(code, packaged string) string {
	what := "it"
	if name, _, ok := strings.Cut(packaged, " "); ok {
		what = name
	}
	switch code {
	case event.CodeLibcMismatch:
		if x.libc == Musl {
			return "Install " + what + " in a stage on the same musl base as the final one (an -alpine image), or use a glibc base (a -slim image) for the final stage."
		}
		return "Install " + what + " in a stage on the final stage's own base, or on an older release of the same system."
	case event.CodeArchMismatch:
		return "Build every stage for the final stage's platform, without --platform=$BUILDPLATFORM where compiled files are copied."
	case event.CodePythonMismatch:
		return "Use the same minor version of Python in the stage that installs packages and in the final one."
	case event.CodeExtensionIgnored:
		return "Python falls back to the package's pure Python code, or fails to import it where there is none. Install " + what + " in a stage on the final stage's own base."
	case event.CodeShebangMissing:
		return "Copy the interpreter too, make the virtual environment at the path that it has in the final stage, or start the program as `python -m …`."
	}
	return "Install the library in the final stage, or copy it there too."
}

// packages maps the paths of the findings to the installed Python packages that they belong to, such as
// "psutil 5.8.0", by the RECORD of each package.
func (x *examiner) packages() (map[string]string, error) {
	wanted := map[string]bool{}
	for _, f := range x.found {
		wanted[f.path] = true
	}
	out := map[string]string{}
	for _, p := range sortedPaths(x.files) {
		info := path.Dir(p)
		if path.Base(p) != "RECORD" || !strings.HasSuffix(info, ".dist-info") {
			continue
		}
		f, ok := x.files.Regular(p)
		if !ok || f.Size > maxRecord {
			continue
		}
		data, err := x.read(f)
		if err != nil {
			return nil, err
		}
		name := strings.Replace(strings.TrimSuffix(path.Base(info), ".dist-info"), "-", " ", 1)
		for _, file := range recorded(data) {
			if at := path.Join(path.Dir(info), file); wanted[at] {
				out[at] = name
			}
		}
	}
	return out, nil
}

// maxRecord is the size of the largest RECORD that is read: 8 MiB.
const maxRecord = 8 << 20

// recorded returns the files of a RECORD, relative to the folder of packages.
func recorded(data []byte) []string {
	var out []string
	lines := bufio.NewScanner(bytes.NewReader(data))
	for lines.Scan() {
		// Line by line, so that a broken line costs no other.
		fields, err := csv.NewReader(strings.NewReader(lines.Text())).Read()
		if err == nil && len(fields) > 0 {
			out = append(out, fields[0])
		}
	}
	return out
}
