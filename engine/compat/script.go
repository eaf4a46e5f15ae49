package compat

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/image"
)

// mayBeScript reports whether a file is one that people start: an executable in a folder of programs, or what the
// image starts.
func (x *examiner) mayBeScript(f image.File) bool {
	if f.Mode&0o111 == 0 || f.Mode&fs.ModeType != 0 || f.Size > maxScript || f.Size < 3 || isLibrary(f.Path) {
		return false
	}
	folder := path.Dir(f.Path)
	return path.Base(folder) == "bin" || path.Base(folder) == "sbin" || slices.Contains(x.config.Path, folder) || f.Path == x.config.Start
}

// maxScript is the size of the largest script that is read: 1 MiB.
const maxScript = 1 << 20

// checkScript reports a script whose interpreter is missing. A file that turns out to be compiled is checked as such.
func (x *examiner) checkScript(f image.File) error {
	data, err := x.read(f)
	if err != nil || data == nil {
		return err
	}
	if isELF(data) {
		o, err := readObject(data)
		if err != nil {
			return nil
		}
		return x.checkObject(f, o)
	}
	line, ok := strings.CutPrefix(firstLine(data), "#!")
	fields := strings.Fields(line)
	if !ok || len(fields) == 0 {
		return nil
	}
	if _, ok := x.files.Regular(fields[0]); !ok {
		x.add(event.CodeShebangMissing, f.Path, "starts with an interpreter that the image lacks:", fields[0])
		return nil
	}
	if program := envProgram(fields); program != "" && !x.onPath(program) {
		x.add(event.CodeShebangMissing, f.Path, "starts with an interpreter that is not on the image's PATH:", program)
	}
	return nil
}

// firstLine returns what Linux reads of a script: a line of at most 255 bytes.
func firstLine(data []byte) string {
	line, _, _ := strings.Cut(string(data[:min(len(data), 255)]), "\n")
	return line
}

// envProgram returns the program in `#!/usr/bin/env [-S] [X=Y] program`, empty for another shebang.
func envProgram(fields []string) string {
	if path.Base(fields[0]) != "env" {
		return ""
	}
	for _, f := range fields[1:] {
		if !strings.HasPrefix(f, "-") && !strings.Contains(f, "=") {
			return f
		}
	}
	return ""
}

// onPath reports whether a shell in the image would find the program.
func (x *examiner) onPath(program string) bool {
	if strings.Contains(program, "/") || len(x.config.Path) == 0 {
		return true
	}
	return slices.ContainsFunc(x.config.Path, func(folder string) bool {
		_, ok := x.files.Regular(fmt.Sprintf("%s/%s", folder, program))
		return ok
	})
}
