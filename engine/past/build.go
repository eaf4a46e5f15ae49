package past

import (
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"maps"
	"slices"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/state"
	"github.com/stagewatch/stagewatch/engine/tree"
)

// maxFiles bounds the files of a build's contexts; of larger ones nothing is kept, as the file would be too large.
const maxFiles = 20_000

// Build is what was last built of a Dockerfile, so that a first build can say what changed since.
type Build struct {
	// Engine is the address of the engine that has the results in its cache.
	Engine string      `json:"engine"`
	At     time.Time   `json:"at"`
	Plan   plan.Memory `json:"plan"`
	// Contexts are the local contexts by name; the main one's is empty.
	Contexts map[string]contents `json:"contexts"`
	Version  int                 `json:"version"`
}

// buildVersion is that of what a file holds and how. Files of other versions are not read.
const buildVersion = 2

// contents are what a local context held.
type contents struct {
	// Ignore are the patterns of its ignore file.
	Ignore []string        `json:"ignore"`
	Files  map[string]mark `json:"files"`
}

// mark is what tells one content of a path from another.
type mark struct {
	Mode fs.FileMode `json:"mode"`
	Size int64       `json:"size,omitempty"`
	Time int64       `json:"time,omitempty"`
	// Digest is that of a file's content; of a link it is the target.
	Digest string `json:"digest,omitempty"`
}

// NewBuild returns what is to be kept of a build on an engine, with the contexts as they were. It returns nil where the
// contexts are too large for that.
func NewBuild(engine string, built *plan.Plan, snaps map[string]*tree.Snapshot) *Build {
	b := &Build{Version: buildVersion, Engine: engine, At: time.Now(), Plan: built.Remember(), Contexts: map[string]contents{}}
	left := maxFiles
	for name, snap := range snaps {
		c := contents{Ignore: snap.Rules().Patterns(), Files: map[string]mark{}}
		snap.Walk("", func(rel string, e tree.Entry) bool {
			c.Files[rel] = markOf(snap, rel, e)
			left--
			return left >= 0
		})
		b.Contexts[name] = c
	}
	if left < 0 {
		return nil
	}
	return b
}

func markOf(snap *tree.Snapshot, rel string, e tree.Entry) mark {
	m := mark{Mode: e.Mode, Size: e.Size, Digest: e.Link}
	if e.Mode.IsRegular() {
		m.Time = e.ModTime.UnixNano()
		if d, err := snap.Digest(rel); err == nil {
			m.Digest = hex.EncodeToString(d[:])
		}
	}
	return m
}

// Changes returns what changed in the contexts since the build. A context that the build did not have has no changes.
func (b *Build) Changes(snaps map[string]*tree.Snapshot) []plan.Change {
	var changes []plan.Change
	for _, name := range slices.Sorted(maps.Keys(snaps)) {
		was, known := b.Contexts[name]
		if !known {
			continue
		}
		for _, c := range was.changes(snaps[name]) {
			e, ok := snaps[name].Lookup(c.Path)
			changes = append(changes, plan.Change{Change: c, Context: name, Dir: ok && e.Mode.IsDir()})
		}
	}
	return changes
}

// Patterns returns the patterns of the main context's ignore file.
func (b *Build) Patterns() []string { return b.Contexts[""].Ignore }

func (was contents) changes(snap *tree.Snapshot) []event.Change {
	var changes []event.Change
	seen := map[string]bool{}
	snap.Walk("", func(rel string, e tree.Entry) bool {
		seen[rel] = true
		was, ok := was.Files[rel]
		switch {
		case !ok:
			changes = append(changes, event.Change{Path: rel, Kind: event.Added})
		case was.Mode.Type() != e.Mode.Type() || was.Size != e.Size || e.Link != "" && e.Link != was.Digest:
			changes = append(changes, event.Change{Path: rel, Kind: event.ContentChanged})
		case e.Mode.IsRegular() && was.Time != e.ModTime.UnixNano() && markOf(snap, rel, e).Digest != was.Digest:
			changes = append(changes, event.Change{Path: rel, Kind: event.ContentChanged})
		case was.Mode != e.Mode:
			changes = append(changes, event.Change{Path: rel, Kind: event.ModeChanged})
		}
		return true
	})
	for rel := range was.Files {
		if !seen[rel] && !snap.Hides(rel) {
			changes = append(changes, event.Change{Path: rel, Kind: event.Deleted})
		}
	}
	return changes
}

// LoadBuild reads what was last built on the engine, nil where that is not known. An empty engine stands for any.
func LoadBuild(file, engine string) *Build {
	dt, err := state.Read(file)
	if err != nil {
		return nil
	}
	var b Build
	if json.Unmarshal(dt, &b) != nil || b.Version != buildVersion || engine != "" && b.Engine != engine {
		return nil
	}
	return &b
}

// Save writes the build to a file, for the next session.
func (b *Build) Save(file string) error {
	dt, err := json.Marshal(b)
	if err != nil {
		return err
	}
	return state.Save(file, dt)
}
