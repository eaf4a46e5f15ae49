package image

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"errors"
	"io"
	"path"
)

// savedLayer is what the tar of a layer holds.
type savedLayer struct {
	files      []tarEntry
	links      int64
	compressed int64
	stored     bool
}

// readSaved reads a layer as the engine sends it, compressed or not.
func readSaved(blob io.Reader) (l savedLayer, err error) {
	sent := &counted{in: blob}
	raw := bufio.NewReader(sent)
	content, err := uncompressed(raw)
	if err != nil {
		return l, err
	}
	defer content.Close()
	_, plain := content.(uncompressedBlob)
	l.stored = !plain
	in := io.Reader(content)
	made := &counted{}
	squeezed := gzip.NewWriter(made)
	if plain {
		in = io.TeeReader(content, squeezed)
	}
	if l.files, l.links, err = linksAndFiles(in); err != nil {
		return l, err
	}
	// What follows the end of the tar belongs to the blob.
	for _, rest := range []io.Reader{in, raw} {
		if _, err := io.Copy(io.Discard, rest); err != nil {
			return l, err
		}
	}
	if l.compressed = sent.n; plain {
		if err := squeezed.Close(); err != nil {
			return l, err
		}
		l.compressed = made.n
	}
	return l, nil
}

// linksAndFiles lists a layer's tar, with the bytes of the targets of its symbolic links.
func linksAndFiles(layer io.Reader) (files []tarEntry, links int64, err error) {
	for t := tar.NewReader(layer); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return files, links, nil
		}
		if err != nil {
			return nil, 0, err
		}
		name := path.Clean(h.Name)
		if name == "." {
			continue
		}
		e := tarEntry{path: name, dir: h.Typeflag == tar.TypeDir}
		switch h.Typeflag {
		case tar.TypeReg:
			e.size = h.Size
		case tar.TypeSymlink:
			links += int64(len(h.Linkname))
		}
		files = append(files, e)
	}
}

// counted counts what is read from in, or written.
type counted struct {
	in io.Reader
	n  int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	c.n += int64(n)
	return n, err
}

func (c *counted) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return len(p), nil
}
