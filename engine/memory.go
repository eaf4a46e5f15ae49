package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/project"
	"github.com/stagewatch/stagewatch/engine/state"
	"github.com/stagewatch/stagewatch/engine/tree"
)

// maxRemembered bounds the files of a context that is remembered; a larger one is not worth the file.
const maxRemembered = 20_000

// memory is what was last built of a project, kept over sessions, so that a first build can say what changed
// since. A lost or unreadable file only means that nothing is known.
type memory struct {
	// Engine is the address of the engine that has the results in its cache.
	Engine string      `json:"engine"`
	At     time.Time   `json:"at"`
	Plan   plan.Memory `json:"plan"`
	// Contexts are the local contexts by name, the main one's is empty.
	Contexts map[string]contents `json:"contexts"`
	Version  int                 `json:"version"`
}

// memoryVersion is that of what a memory says and how: one of another version is none.
const memoryVersion = 2

// contents are what a local context held.
type contents struct {
	// Ignore are the patterns of its ignore file.
	Ignore []string        `json:"ignore"`
	Files  map[string]mark `json:"files"`
}

// mark tells one content of a path from another.
type mark struct {
	Mode fs.FileMode `json:"mode"`
	Size int64       `json:"size,omitempty"`
	Time int64       `json:"time,omitempty"`
	// Digest is the content's, the target of a link is its own.
	Digest string `json:"digest,omitempty"`
}

// projectFile is the file of ours that belongs to a Dockerfile, empty where there is no cache folder.
func projectFile(dir, root, dockerfile string) string {
	if dir == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(root + "\x00" + dockerfile))
	return filepath.Join(dir, hex.EncodeToString(sum[:8])+".json")
}

// remember makes the memory of a build out of the contexts as they were. It returns nil where these are too large
// to be remembered.
func remember(engine string, built *plan.Plan, snaps map[string]*tree.Snapshot) *memory {
	m := &memory{Version: memoryVersion, Engine: engine, At: time.Now(), Plan: built.Remember(), Contexts: map[string]contents{}}
	left := maxRemembered
	for name, snap := range snaps {
		c := contents{Ignore: snap.Rules().Patterns(), Files: map[string]mark{}}
		snap.Walk("", func(rel string, e tree.Entry) bool {
			c.Files[rel] = markOf(snap, rel, e)
			left--
			return left >= 0
		})
		m.Contexts[name] = c
	}
	if left < 0 {
		return nil
	}
	return m
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

// since lists what changed in the contexts since the memory was made. One that was none then has not changed.
func (m *memory) since(p *project.Project) []plan.Change {
	var changes []plan.Change
	snaps := p.Snapshots()
	for _, name := range slices.Sorted(maps.Keys(snaps)) {
		if was, known := m.Contexts[name]; known {
			for _, c := range was.since(snaps[name]) {
				e, ok := snaps[name].Lookup(c.Path)
				changes = append(changes, plan.Change{Change: c, Context: name, Dir: ok && e.Mode.IsDir()})
			}
		}
	}
	return changes
}

func (was contents) since(snap *tree.Snapshot) []event.Change {
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

// byRules returns those of the changes that come of other patterns in the main context's ignore file alone.
func (m *memory) byRules(p *project.Project, changes []plan.Change) []plan.Change {
	return p.ByRules(m.Contexts[""].Ignore, changes)
}

// memoryFile is where what was last built of the project is kept.
func memoryFile(p *project.Project) string {
	return projectFile(state.Dir("built"), p.Root(), p.Dockerfile())
}

// loadMemory reads what is known of the project on the engine, nil for nothing. An empty engine stands for any.
func loadMemory(file, engine string) *memory {
	dt, err := state.Read(file)
	if err != nil {
		return nil
	}
	var m memory
	if json.Unmarshal(dt, &m) != nil || m.Version != memoryVersion || engine != "" && m.Engine != engine {
		return nil
	}
	return &m
}

// save keeps the memory for the next session.
func (m *memory) save(file string) error {
	dt, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return state.Save(file, dt)
}

// recall predicts a first build from what was last built here, before this session.
func (l *loop) recall(j *job) (of causes, why event.Reason) {
	prev := plan.Recall(l.memory.Plan)
	since := j.plan.Relevant(l.memory.since(l.project), l.project.Links())
	j.recalled = true
	j.predictions = j.plan.Predict(prev, since, l.project.Links())
	j.changes = since
	of = l.memory.causes(j.plan, since, l.project)
	switch option := changedOption(j.predictions); {
	case len(of.changes) > 0 || of.dockerfile != "":
		why = of.reason()
	case option.Kind != "":
		why = option
	default:
		why.Kind = event.ReasonFirstBuild
	}
	why.Since = l.memory.At
	return of, why
}

// causes are what changed since the memory was made.
func (m *memory) causes(p *plan.Plan, since []plan.Change, of *project.Project) causes {
	why := causes{changes: project.Events(since, nil), read: since}
	if byRules := m.byRules(of, since); len(since) > 0 && len(byRules) == len(since) {
		why.rules = of.RuleFile()
	}
	if m.Plan.Dockerfile != "" && m.Plan.Dockerfile != string(of.Source()) {
		why.addEdits(p, plan.Recall(m.Plan), of)
	}
	return why
}

// changedOption finds what was given on the command line otherwise than before. Its kind is empty for nothing.
func changedOption(predictions []plan.Prediction) event.Reason {
	for _, pr := range predictions {
		if pr.Reason.Kind == event.ReasonArgument || pr.Reason.Kind == event.ReasonOption {
			return pr.Reason
		}
	}
	return event.Reason{}
}
