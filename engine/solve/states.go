package solve

import (
	"context"
	"io/fs"
	"path"
	"slices"
	"strings"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	fstypes "github.com/tonistiigi/fsutil/types"

	"github.com/stagewatch/stagewatch/engine/plan"
)

const (
	// fewFiles, fewFolders and fewBytes are the most that is copied once more to do a step aside.
	fewFiles, fewFolders, fewBytes = 200, 8, 4 << 20
)

// states looks into the results of a graph's ops during a solve. It solves what it is asked for.
type states struct {
	ctx   context.Context
	g     gateway.Client
	bound *plan.Bound
	refs  map[int]gateway.Reference
	known map[asked]plan.Entry
}

// asked is a path in the result of an op.
type asked struct {
	op   int
	path string
}

func newStates(ctx context.Context, g gateway.Client, bound *plan.Bound) *states {
	return &states{ctx: ctx, g: g, bound: bound, refs: map[int]gateway.Reference{}, known: map[asked]plan.Entry{}}
}

// At implements [plan.States].
func (s *states) At(op int, p string) (plan.Entry, error) {
	if e, ok := s.known[asked{op, p}]; ok {
		return e, nil
	}
	dir, name := path.Split(p)
	pattern := name
	if strings.ContainsAny(name, `*?[]\!`) {
		pattern = ""
	}
	stats, err := s.list(op, dir, pattern)
	if err != nil {
		return plan.Entry{}, err
	}
	var e plan.Entry
	for _, st := range stats {
		if path.Base(st.Path) != name {
			continue
		}
		switch fs.FileMode(st.Mode).Type() {
		case fs.ModeDir:
			e.Kind = plan.Folder
		case fs.ModeSymlink:
			e.Kind, e.Target = plan.Link, st.Linkname
		default:
			e.Kind = plan.OtherFile
		}
	}
	s.known[asked{op, p}] = e
	return e, nil
}

// Few implements [plan.States].
func (s *states) Few(op int, folder string) (bool, error) {
	files, bytes := 0, int64(0)
	folders := []string{folder}
	for n := 0; n < len(folders); n++ {
		stats, err := s.list(op, folders[n], "")
		if err != nil {
			return false, err
		}
		for _, st := range stats {
			files++
			bytes += st.Size
			if fs.FileMode(st.Mode).IsDir() {
				folders = append(folders, path.Join(folders[n], path.Base(st.Path)))
			}
		}
		if files > fewFiles || len(folders) > fewFolders || bytes > fewBytes {
			return false, nil
		}
	}
	return true, nil
}

// alike reports whether the twins hold what they are to hold: at each path the same names, modes, owners, sizes and times.
// A large folder is compared as far as the states list it for [states.Few], which tells the runs of a command apart.
func (s *states) alike(twins []plan.Twin) (bool, error) {
	for _, t := range twins {
		for _, p := range t.Paths {
			if same, err := s.same(t.Op, t.Of, p); err != nil || !same {
				return false, err
			}
		}
	}
	return true, nil
}

// same compares what is at a path in the results of two ops.
func (s *states) same(a, b int, p string) (bool, error) {
	e, err := s.At(b, p)
	if err != nil {
		return false, err
	}
	if e.Kind != plan.Folder {
		dir, name := path.Split(p)
		same, _, err := s.sameList(a, b, dir, name)
		return same, err
	}
	files, folders := 0, []string{p}
	for n := 0; n < len(folders) && len(folders) <= fewFolders && files <= fewFiles; n++ {
		same, stats, err := s.sameList(a, b, folders[n], "")
		if err != nil || !same {
			return false, err
		}
		files += len(stats)
		for _, st := range stats {
			if fs.FileMode(st.Mode).IsDir() {
				folders = append(folders, path.Join(folders[n], path.Base(st.Path)))
			}
		}
	}
	return true, nil
}

// sameList compares the lists of a folder in the results of two ops, and returns them where they are equal.
func (s *states) sameList(a, b int, folder, pattern string) (bool, []*fstypes.Stat, error) {
	one, err := s.list(a, folder, pattern)
	if err != nil {
		return false, nil, err
	}
	other, err := s.list(b, folder, pattern)
	return slices.EqualFunc(one, other, (*fstypes.Stat).EqualVT), other, err
}

// list lists a folder in the result of an op. A pattern limits it to the name that it is.
func (s *states) list(op int, folder, pattern string) ([]*fstypes.Stat, error) {
	ref, err := s.result(op)
	if err != nil {
		return nil, err
	}
	if ref == nil {
		return nil, nil
	}
	return ref.ReadDir(s.ctx, gateway.ReadDirRequest{Path: "/" + folder, IncludePattern: pattern})
}

// result returns the result of an op, nil for an empty one.
func (s *states) result(op int) (gateway.Reference, error) {
	if ref, ok := s.refs[op]; ok {
		return ref, nil
	}
	ref, err := upTo(s.ctx, s.g, s.bound, op)
	if err == nil {
		s.refs[op] = ref
	}
	return ref, err
}

// upTo solves a graph up to an op, and returns the op's result, nil for an empty one.
func upTo(ctx context.Context, g gateway.Client, bound *plan.Bound, op int) (gateway.Reference, error) {
	part, err := bound.UpTo(op)
	if err != nil {
		return nil, err
	}
	res, err := g.Solve(ctx, gateway.SolveRequest{Definition: part, Evaluate: true})
	if err != nil {
		return nil, err
	}
	return res.SingleRef()
}
