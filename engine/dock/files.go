package dock

import (
	"errors"
	"fmt"

	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/filesync"
	"github.com/tonistiigi/fsutil"
	"github.com/tonistiigi/fsutil/types"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// Breakable is an [fsutil.FS] whose files may become unreadable while they are sent.
type Breakable interface {
	fsutil.FS
	// Broken returns a channel that is closed when reading a file has failed.
	Broken() <-chan struct{}
	// Err returns why.
	Err() error
}

// Files serves local contexts to a session, by name, with root as the owner of everything, as docker's clients do.
//
// It ends a transfer when reading a file fails. The protocol has no message for that: without it, the engine would wait
// for the rest of the file for ever.
func Files(contexts map[string]fsutil.FS, filters ...filesync.FilterOptFunc) (session.Attachable, error) {
	dirs := filesync.StaticDirSource{}
	for name, dir := range contexts {
		owned, err := fsutil.NewFilterFS(dir, &fsutil.FilterOpt{Map: func(_ string, st *types.Stat) fsutil.MapResult {
			st.Uid, st.Gid = 0, 0
			return fsutil.MapResultKeep
		}})
		if err != nil {
			return nil, fmt.Errorf("opening build context %q: %w", name, err)
		}
		dirs[name] = owned
	}
	server, ok := filesync.NewFSSyncProvider(dirs, filters...).(filesync.FileSyncServer)
	if !ok {
		return nil, errors.New("serving build contexts: BuildKit's file provider is not a file sync server")
	}
	return &files{server, contexts}, nil
}

type files struct {
	filesync.FileSyncServer
	contexts map[string]fsutil.FS
}

func (f *files) Register(s *grpc.Server) { filesync.RegisterFileSyncServer(s, f) }

// DiffCopy serves one transfer.
func (f *files) DiffCopy(stream filesync.FileSync_DiffCopyServer) error {
	asked, _ := metadata.FromIncomingContext(stream.Context())
	var context Breakable
	for _, name := range asked.Get("dir-name") {
		context, _ = f.contexts[name].(Breakable)
	}
	if context == nil {
		return f.FileSyncServer.DiffCopy(stream)
	}
	done := make(chan error, 1)
	go func() { done <- f.FileSyncServer.DiffCopy(stream) }() // ends with the stream, at the latest
	select {
	case err := <-done:
		return err
	case <-context.Broken():
		return context.Err()
	}
}
