package compat

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/image"
)

var (
	pythonProgram = regexp.MustCompile(`/bin/python(3\.\d+)$`)
	pythonFolder  = regexp.MustCompile(`^(.*/lib/python(3\.\d+))/(?:site|dist)-packages/`)
	sysconfigName = regexp.MustCompile(`/_sysconfigdata_[a-z]*_(?:linux_)?(\w+-linux-\w+)\.py$`)
	extensionName = regexp.MustCompile(`\.cpython-3(\d+)\w*-(\w+-linux-\w+)\.so$`)
)

// pythons are the Python interpreters of an image.
type pythons struct {
	// minors are their versions, such as "3.9". triples end the names of their extensions, such as "x86_64-linux-musl".
	minors, triples []string
}

func pythonsOf(t image.Tree) pythons {
	var py pythons
	for p := range t {
		if m := pythonProgram.FindStringSubmatch(p); m != nil {
			if _, ok := t.Regular(p); ok {
				py.minors = append(py.minors, m[1])
			}
		}
		if m := sysconfigName.FindStringSubmatch(p); m != nil {
			py.triples = append(py.triples, m[1])
		}
	}
	slices.Sort(py.minors)
	py.minors = slices.Compact(py.minors)
	slices.Sort(py.triples)
	py.triples = slices.Compact(py.triples)
	return py
}

// checkName reports a file in the folder of a Python that the image does not have, or with the name of an extension
// for one.
func (x *examiner) checkName(p string) {
	if len(x.python.minors) == 0 {
		return
	}
	has := "the image has Python " + strings.Join(x.python.minors, ", ")
	if m := pythonFolder.FindStringSubmatch(p); m != nil && !slices.Contains(x.python.minors, m[2]) {
		folder := m[1]
		if !slices.ContainsFunc(x.found, func(f finding) bool { return f.code == event.CodePythonMismatch && f.path == folder }) {
			x.add(event.CodePythonMismatch, folder, fmt.Sprintf("is where Python %s looks for packages, but %s", m[2], has))
		}
		return
	}
	if m := extensionName.FindStringSubmatch(p); m != nil && !slices.Contains(x.python.minors, "3."+m[1]) && image.IsPythonPackage(p) {
		x.add(event.CodePythonMismatch, p, fmt.Sprintf("is compiled for Python 3.%s, but %s", m[1], has))
	}
}

// checkTriple reports an extension that would load, but whose name the image's Python does not look for.
func (x *examiner) checkTriple(p string) {
	m := extensionName.FindStringSubmatch(p)
	if m == nil || len(x.python.triples) == 0 || slices.Contains(x.python.triples, m[2]) {
		return
	}
	x.add(event.CodeExtensionIgnored, p, "has a name that the image's Python ignores; it looks for:", "*.cpython-3"+m[1]+"-"+x.python.triples[0]+path.Ext(p))
}
