package image

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/moby/buildkit/session/filesync"
	"github.com/tonistiigi/fsutil/types"
	"google.golang.org/grpc"
)

// maxRead is the size of the largest file that can be opened: 64 MiB.
const maxRead = 64 << 20

// ErrTooLarge says that a file is too large to open.
var ErrTooLarge = errors.New("the file has more than 64 MiB")

// Open returns the whole content of a regular file of the stage that is being read, [ErrTooLarge] for one of more
// than 64 MiB, and [fs.ErrNotExist] for a path that is no regular file or was opened before. It is for one goroutine.
type Open func(path string) ([]byte, error)

// receiver is the client's end of BuildKit's local exporter: it receives the list of a tree's files and then the
// contents that are opened. The exporter sends each tree in a folder of its own, whose name says which tree it is.
type receiver struct {
	arrived chan arrival
	// over is done when the reading is, which ends every stream.
	over context.Context
	seed maphash.Seed
}

// arrival is a tree that was received. Its stream stays open until release is closed. Until then the stream's own
// goroutine runs what is sent on read.
type arrival struct {
	name    string
	tree    Tree
	read    chan func(Open)
	release chan struct{}
}

func (r *receiver) Register(s *grpc.Server) { filesync.RegisterFileSendServer(s, r) }

func (r *receiver) DiffCopy(stream filesync.FileSend_DiffCopyServer) error { return r.stream(stream) }

// packets is a stream of *types.Packet.
type packets interface {
	SendMsg(m any) error
	RecvMsg(m any) error
}

// stream implements the receiver's part of fsutil's protocol, which fsutil's receive.go describes.
func (r *receiver) stream(stream packets) error {
	in := &incoming{stream: stream, tree: Tree{}, ids: map[string]uint32{}}
	name, err := in.list(r.seed)
	if err != nil {
		return fmt.Errorf("receiving the list of files: %w", err)
	}
	a := arrival{name: name, tree: in.tree, read: make(chan func(Open)), release: make(chan struct{})}
	select {
	case r.arrived <- a:
	case <-r.over.Done():
		return context.Cause(r.over)
	}
	for {
		select {
		case fn := <-a.read:
			fn(in.open)
			continue
		case <-r.over.Done():
			return context.Cause(r.over)
		case <-a.release:
		}
		break
	}
	if err := stream.SendMsg(&types.Packet{Type: types.PACKET_FIN}); err != nil {
		return err
	}
	for {
		p, err := in.packet()
		if err != nil || p.Type == types.PACKET_FIN {
			return err
		}
	}
}

// incoming is the stream of one tree.
type incoming struct {
	stream packets
	tree   Tree
	ids    map[string]uint32
	broken error
}

func (in *incoming) packet() (*types.Packet, error) {
	var p types.Packet
	if err := in.stream.RecvMsg(&p); err != nil {
		return nil, err
	}
	if p.Type == types.PACKET_ERR {
		return nil, fmt.Errorf("the engine says: %s", p.Data)
	}
	return &p, nil
}

// list receives entries up to the empty one that ends the list, and returns the name of the folder that they are in.
func (in *incoming) list(seed maphash.Seed) (name string, err error) {
	for id := uint32(0); ; id++ {
		p, err := in.packet()
		if err != nil {
			return "", err
		}
		if p.Type != types.PACKET_STAT {
			return "", fmt.Errorf("a packet of type %v in the list of files", p.Type)
		}
		if p.Stat == nil {
			return name, nil
		}
		first, rest, _ := strings.Cut(strings.TrimPrefix(p.Stat.Path, "/"), "/")
		if id == 0 {
			name = first
		}
		if rest == "" {
			continue
		}
		f := fileOf(p.Stat, path.Join("/", rest), name, seed)
		in.tree[f.Path] = f
		if f.Mode.IsRegular() {
			in.ids[f.Path] = id
		}
	}
}

// fileOf converts a received entry. The entry's path and its links begin with the name of the tree's folder.
func fileOf(s *types.Stat, path, folder string, seed maphash.Seed) File {
	f := File{Path: path, Mode: fs.FileMode(s.Mode), ModTime: s.ModTime, UID: s.Uid, GID: s.Gid, Attrs: attrs(s.Xattrs, seed)}
	switch {
	case f.Mode.IsRegular():
		f.Size = s.Size
		if s.Linkname != "" {
			f.Hard = "/" + strings.TrimPrefix(strings.TrimPrefix(s.Linkname, "/"), folder+"/")
		}
	case f.Mode&fs.ModeSymlink != 0:
		f.Link = s.Linkname
		if rest, ok := strings.CutPrefix(f.Link, "/"+folder); ok {
			f.Link = "/" + strings.TrimPrefix(rest, "/")
		}
	case f.Mode.IsDir():
		// A folder's time changes when its content does.
		f.ModTime = 0
	}
	return f
}

// attrs hashes extended attributes. Equal attributes have the same hash under the same seed.
func attrs(x map[string][]byte, seed maphash.Seed) uint64 {
	if len(x) == 0 {
		return 0
	}
	var h maphash.Hash
	h.SetSeed(seed)
	for _, k := range slices.Sorted(maps.Keys(x)) {
		h.WriteString(k)
		h.WriteByte(0)
		h.Write(x[k])
		h.WriteByte(0)
	}
	return h.Sum64()
}

// open requests one file and waits for all of it. After an error the stream can't be used any more.
func (in *incoming) open(p string) ([]byte, error) {
	if in.broken != nil {
		return nil, in.broken
	}
	f, ok := in.tree[p]
	id, regular := in.ids[p]
	if !ok || !regular {
		return nil, &fs.PathError{Op: "open", Path: p, Err: fs.ErrNotExist}
	}
	if f.Size > maxRead {
		return nil, &fs.PathError{Op: "open", Path: p, Err: ErrTooLarge}
	}
	// The sender sends each file only once.
	delete(in.ids, p)
	data, err := in.receive(id, f.Size)
	if err != nil {
		in.broken = fmt.Errorf("reading %s: %w", p, err)
		return nil, in.broken
	}
	return data, nil
}

func (in *incoming) receive(id uint32, size int64) ([]byte, error) {
	if err := in.stream.SendMsg(&types.Packet{Type: types.PACKET_REQ, ID: id}); err != nil {
		return nil, err
	}
	data := make([]byte, 0, size)
	for {
		p, err := in.packet()
		switch {
		case err != nil:
			return nil, err
		case p.Type != types.PACKET_DATA || p.ID != id:
			return nil, fmt.Errorf("a packet of type %v for file %d while reading file %d", p.Type, p.ID, id)
		case len(p.Data) == 0:
			return data, nil
		case len(data)+len(p.Data) > maxRead:
			return nil, fmt.Errorf("the engine sends more than the %d bytes that it announced", size)
		}
		data = append(data, p.Data...)
	}
}
