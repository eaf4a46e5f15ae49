package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
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
	// Ignore are the patterns of the ignore file; nil, which no patterns at all are not, where they are not known.
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

// remember makes the memory of a build out of the context as it was. It returns nil where that is too large
// to be remembered.
func remember(engine string, built *plan.Plan, snap *tree.Snapshot) *memory {
	m := &memory{Engine: engine, At: time.Now(), Plan: built.Remember(), Ignore: snap.Rules().Patterns(), Files: map[string]mark{}}
	snap.Walk("", func(rel string, e tree.Entry) bool {
		m.Files[rel] = markOf(snap, rel, e)
		return len(m.Files) <= maxRemembered
	})
	if len(m.Files) > maxRemembered {
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

// since lists what changed in the context since the memory was made.
func (m *memory) since(p *project) []event.Change {
	var changes []event.Change
	snap := p.main().tree.Snapshot()
	seen := map[string]bool{}
	snap.Walk("", func(rel string, e tree.Entry) bool {
		seen[rel] = true
		was, ok := m.Files[rel]
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
	for rel := range m.Files {
		if !seen[rel] && !snap.Hides(rel) {
			changes = append(changes, event.Change{Path: rel, Kind: event.Deleted})
		}
	}
	return changes
}

// byRules returns those of the changes that come of other patterns in the ignore file alone.
func (m *memory) byRules(p *project, changes []event.Change) []event.Change {
	f := p.main()
	if m.Ignore == nil || slices.Equal(m.Ignore, f.rules.Patterns()) {
		return nil
	}
	before, err := tree.PatternRules(m.Ignore)
	if err != nil {
		return nil
	}
	before = before.With(f.own).Naming(f.named)
	var out []event.Change
	for _, c := range changes {
		rules := before
		if c.Kind == event.Deleted {
			if _, err := os.Lstat(f.abs(c.Path)); err != nil {
				continue
			}
			rules = f.rules
		}
		if ignored, _ := rules.Match(c.Path); ignored {
			out = append(out, c)
		}
	}
	return out
}

// ruleFile is the ignore file that counts, as a person knows it.
func (p *project) ruleFile() string { return p.ruleFileOf(p.main()) }

func (p *project) ruleFileOf(f *folder) string {
	for _, name := range f.ruleFiles {
		if name == f.rules.Name() {
			return p.shortened(name)
		}
	}
	return ".dockerignore"
}

// fileChanges are the changes without the planner's terms.
func fileChanges(changes []plan.Change) []event.Change {
	out := make([]event.Change, len(changes))
	for i, c := range changes {
		out[i] = c.Change
	}
	return out
}

// memoryFile is where what was last built of the project is kept.
func (p *project) memoryFile() string { return projectFile(state.Dir("built"), p.root, p.dockerfile) }

// loadMemory reads what is known of the project on the engine, nil for nothing. An empty engine stands for any.
func loadMemory(file, engine string) *memory {
	dt, err := state.Read(file)
	if err != nil {
		return nil
	}
	var m memory
	if json.Unmarshal(dt, &m) != nil || engine != "" && m.Engine != engine {
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
func (l *loop) recall(j *job) (why reason, because string) {
	prev := plan.Recall(l.memory.Plan)
	since := l.project.main().changed(l.memory.since(l.project))
	since = j.plan.Relevant(since, l.project.links())
	j.recalled = true
	j.predictions = j.plan.Predict(prev, since, l.project.links())
	j.changes = since
	why = l.memory.reason(j.plan, since, l.project)
	when := l.memory.At.Local().Format("2 Jan 15:04")
	switch argument := changedArgument(j.predictions); {
	case len(why.changes) > 0 || why.dockerfile != "":
		return why, fmt.Sprintf("%s since %s", why, when)
	case argument != "":
		return why, fmt.Sprintf("%s since %s", argument, when)
	}
	return why, fmt.Sprintf("first build; last built %s", when)
}

// reason is what changed since the memory was made.
func (m *memory) reason(p *plan.Plan, since []plan.Change, project *project) reason {
	why := reason{changes: changeEvents(since, nil)}
	if byRules := m.byRules(project, fileChanges(since)); len(since) > 0 && len(byRules) == len(since) {
		why.rules = project.ruleFile()
	}
	if m.Plan.Dockerfile != "" && m.Plan.Dockerfile != string(project.source) {
		why.take(p, plan.Recall(m.Plan), project)
	}
	return why
}

// changedArgument finds what was given on the command line otherwise than before, empty for nothing.
func changedArgument(predictions []plan.Prediction) string {
	for _, pr := range predictions {
		if strings.HasPrefix(pr.Because, plan.ArgumentChanged) {
			return pr.Because
		}
	}
	return ""
}
