package run

import (
	"archive/tar"
	"bytes"
	"context"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/containerd/errdefs"
)

// notExecuted matches what a runtime, a shell or env prints about a program that can't be executed.
var notExecuted = []*regexp.Regexp{
	regexp.MustCompile(`^(?:exec|env:|\S*sh:(?: \d+:)?(?: line \d+:)?) ?(?:can't execute )?['"‘]?(/[^'"’:\r]+|[\w.-]+\r)['"’]?: (?i:no such file or directory|exec format error|permission denied|not found)`),
	regexp.MustCompile(`^(?:standard_init_linux\.go:\d+: )?exec user process caused:? "?()(?:no such file or directory|exec format error|permission denied)`),
}

// inspectWithin bounds the search in a container that did not start.
const inspectWithin = 5 * time.Second

// execHint returns why the container's program, or a program that it called, could not be executed. It is empty if the
// container died of something else.
func (c *Container) execHint(ctx context.Context) string {
	for _, line := range c.Tail() {
		for _, say := range notExecuted {
			found := say.FindStringSubmatch(strings.TrimSpace(line.Text))
			if found == nil {
				continue
			}
			path := found[1]
			if path == "" {
				path = c.path
			}
			if name, isCR := strings.CutSuffix(path, "\r"); isCR {
				return fmt.Sprintf("The first line of a script ends in CR LF, so the system looks for %s with a carriage return in its name. %s", name, lineEnds)
			}
			if strings.HasPrefix(path, "/") {
				return c.programHint(ctx, path)
			}
		}
	}
	return ""
}

// lineEnds says how to get the line ends that a kernel needs.
const lineEnds = "Save the script with LF line ends (git: \"*.sh text eol=lf\" in .gitattributes), or convert it in the Dockerfile: RUN sed -i 's/\\r$//' FILE."

// programHint looks into the file of a program that could not be executed.
func (c *Container) programHint(ctx context.Context, path string) string {
	ctx, cancel := context.WithTimeout(ctx, inspectWithin)
	defer cancel()
	header, begin, err := c.readBegin(ctx, path)
	switch {
	case errdefs.IsNotFound(err):
		return fmt.Sprintf("The final stage has no file %s. Copy it there, or correct the command.", path)
	case err != nil:
		return ""
	case header.Typeflag == tar.TypeDir:
		return fmt.Sprintf("%s is a folder. Name a program in it as the command.", path)
	case header.Mode&0o111 == 0:
		return fmt.Sprintf("%s is not executable. Add RUN chmod +x %[1]s, or copy it with COPY --chmod=755.", path)
	case bytes.HasPrefix(begin, []byte("\x7fELF")):
		return elfHint(path, begin)
	case bytes.HasPrefix(begin, []byte("\xef\xbb\xbf#!")):
		return fmt.Sprintf("%s begins with a byte order mark, which hides its #! line. Save it as UTF-8 without one.", path)
	case !bytes.HasPrefix(begin, []byte("#!")):
		return fmt.Sprintf("%s has no #! line that names its interpreter. Let it begin with #!/bin/sh.", path)
	}
	first, _, _ := bytes.Cut(begin, []byte{'\n'})
	if bytes.HasSuffix(first, []byte{'\r'}) {
		return fmt.Sprintf("The first line of %s ends in CR LF, so its interpreter is not found. %s", path, lineEnds)
	}
	interpreter, _, _ := strings.Cut(strings.TrimSpace(string(first[2:])), " ")
	if _, err := c.runner.engine.Client.ContainerStatPath(ctx, c.ID, interpreter); errdefs.IsNotFound(err) {
		return fmt.Sprintf("The first line of %s names %s, which the final stage does not have. Copy or install it there.", path, interpreter)
	}
	return ""
}

// elfHint returns what may keep a binary from being executed.
func elfHint(path string, begin []byte) string {
	const machineAt = 18
	if len(begin) >= machineAt+2 {
		order := binary.ByteOrder(binary.LittleEndian)
		if begin[elf.EI_DATA] == byte(elf.ELFDATA2MSB) {
			order = binary.BigEndian
		}
		machine := strings.TrimPrefix(elf.Machine(order.Uint16(begin[machineAt:])).String(), "EM_")
		return fmt.Sprintf("%s is a binary for %s. Either the engine's machine is a different one (choose it with --platform), or the final stage lacks the loader that the binary needs: alpine has none for glibc, debian none for musl, and scratch has none at all.", path, machine)
	}
	return fmt.Sprintf("%s is only the beginning of a binary. Was it copied before it was complete?", path)
}

// readBegin reads the first bytes of a file of the container, links followed.
func (c *Container) readBegin(ctx context.Context, path string) (header *tar.Header, begin []byte, err error) {
	cli := c.runner.engine.Client
	stat, err := cli.ContainerStatPath(ctx, c.ID, path)
	if err != nil {
		return nil, nil, err
	}
	if stat.LinkTarget != "" {
		path = stat.LinkTarget
	}
	archive, _, err := cli.CopyFromContainer(ctx, c.ID, path)
	if err != nil {
		return nil, nil, err
	}
	defer archive.Close()
	files := tar.NewReader(archive)
	header, err = files.Next()
	if err != nil {
		return nil, nil, err
	}
	begin, err = io.ReadAll(io.LimitReader(files, 4096))
	return header, begin, err
}
