package carry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/errdefs"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// store is a load as the store that a BuildKit exports to. What is no part of an export is refused: the other end may be
// anybody's.
type store struct{ load *Load }

var errRefused = fmt.Errorf("this store only takes in an image: %w", errdefs.ErrNotImplemented)

// Info finds what has come, and what need not come.
func (s store) Info(_ context.Context, d digest.Digest) (content.Info, error) {
	s.load.mu.Lock()
	defer s.load.mu.Unlock()
	if b := s.load.blobs[d]; b != nil {
		return content.Info{Digest: d, Size: b.size}, nil
	}
	if s.load.stays(d) {
		return content.Info{Digest: d}, nil
	}
	return content.Info{}, errdefs.ErrNotFound
}

// Writer begins to take in a blob, and fails for one that need not come.
func (s store) Writer(_ context.Context, opts ...content.WriterOpt) (content.Writer, error) {
	var o content.WriterOpts
	for _, opt := range opts {
		if err := opt(&o); err != nil {
			return nil, err
		}
	}
	d := o.Desc.Digest
	if err := d.Validate(); err != nil || d.Algorithm() != digest.SHA256 {
		return nil, fmt.Errorf("a blob without a sha256 digest: %w", errdefs.ErrInvalidArgument)
	}
	s.load.mu.Lock()
	defer s.load.mu.Unlock()
	if s.load.blobs[d] != nil || s.load.stays(d) {
		return nil, errdefs.ErrAlreadyExists
	}
	if s.load.blobs == nil {
		return nil, errdefs.ErrUnavailable
	}
	b, err := newBlob(o.Desc.Size)
	if err != nil {
		return nil, fmt.Errorf("keeping a layer of %d bytes until the engine has it: %w", o.Desc.Size, err)
	}
	return &writer{load: s.load, ref: o.Ref, want: d, blob: b, hash: d.Algorithm().Digester()}, nil
}

// stays reports whether a layer stays at the builder.
func (l *Load) stays(d digest.Digest) bool { return !l.lacking[d] && slices.Contains(l.known, d) }

func (store) Abort(context.Context, string) error                     { return nil }
func (store) Delete(context.Context, digest.Digest) error             { return errRefused }
func (store) Walk(context.Context, content.WalkFunc, ...string) error { return errRefused }

func (store) Update(context.Context, content.Info, ...string) (content.Info, error) {
	return content.Info{}, errRefused
}

func (store) ReaderAt(context.Context, ocispecs.Descriptor) (content.ReaderAt, error) {
	return nil, errRefused
}

func (store) Status(context.Context, string) (content.Status, error) {
	return content.Status{}, errdefs.ErrNotFound
}

func (store) ListStatuses(context.Context, ...string) ([]content.Status, error) { return nil, nil }

// blob is something that has come: in memory, or in a file without a name if it is large.
type blob struct {
	// limit is the size that it was said to have, size the one that it has.
	limit, size int64
	memory      bytes.Buffer
	file        *os.File
}

// inMemory is the size of the largest blob that is kept in memory.
const inMemory = 1 << 20

func newBlob(size int64) (*blob, error) {
	b := &blob{limit: size}
	if size <= inMemory {
		return b, nil
	}
	file, err := os.CreateTemp("", "stagewatch-layer-")
	if err != nil {
		return nil, err
	}
	b.file = file
	return b, os.Remove(file.Name())
}

func (b *blob) Write(p []byte) (n int, err error) {
	if b.size+int64(len(p)) > b.limit {
		return 0, errors.New("it is larger than it was said to be")
	}
	if b.file != nil {
		n, err = b.file.Write(p)
	} else {
		n, err = b.memory.Write(p)
	}
	b.size += int64(n)
	return n, err
}

func (b *blob) reader() io.Reader {
	if b.file != nil {
		return io.NewSectionReader(b.file, 0, b.size)
	}
	return bytes.NewReader(b.memory.Bytes())
}

func (b *blob) close() {
	if b.file != nil {
		b.file.Close()
	}
}

// writer takes in a blob.
type writer struct {
	load *Load
	ref  string
	want digest.Digest
	hash digest.Digester
	blob *blob
	once sync.Once
}

func (w *writer) Write(p []byte) (int, error) {
	n, err := w.blob.Write(p)
	w.hash.Hash().Write(p[:n])
	return n, err
}

// Commit keeps the blob, if it is the one that was announced.
func (w *writer) Commit(_ context.Context, size int64, expected digest.Digest, _ ...content.Opt) error {
	got := w.hash.Digest()
	if got != w.want || expected != "" && expected != got || size > 0 && size != w.blob.size {
		w.Close()
		return fmt.Errorf("%s came as %s of %d bytes: %w", w.want, got, w.blob.size, errdefs.ErrFailedPrecondition)
	}
	w.load.mu.Lock()
	defer w.load.mu.Unlock()
	if w.load.blobs == nil || w.load.blobs[got] != nil {
		w.once.Do(w.blob.close)
		return nil
	}
	w.once.Do(func() {})
	w.load.blobs[got] = w.blob
	// A BuildKit sends what the manifest lists first, and then the manifest.
	if strings.HasPrefix(w.ref, "manifest-") && w.load.manifest == "" {
		w.load.manifest = got
		close(w.load.Arrived)
	}
	return nil
}

// Close gives up a blob that was not kept.
func (w *writer) Close() error {
	w.once.Do(w.blob.close)
	return nil
}

func (w *writer) Digest() digest.Digest { return w.hash.Digest() }

func (w *writer) Status() (content.Status, error) {
	return content.Status{Ref: w.ref, Offset: w.blob.size, Total: w.blob.limit, Expected: w.want}, nil
}

// Truncate is asked for where a blob is begun anew, which nothing does here.
func (w *writer) Truncate(int64) error { return errRefused }
