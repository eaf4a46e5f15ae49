package engine

import (
	"cmp"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/agext/levenshtein"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/tree"
)

// absentPath is how engines say that a step reads what is not there.
var absentPath = regexp.MustCompile(`^(?:"(/[^"]*)":? not found|lstat (.+): no such file or directory|no source files were specified)`)

// copiedFrom is what a COPY or a mount reads other than the context: a stage or an image.
var copiedFrom = regexp.MustCompile(`\bfrom=([^\s,]+)`)

// missingPath says of a step that failed for want of a path why the path is not there, and which one may be meant.
func (p *project) missingPath(f *event.Failed, pl *plan.Plan) {
	said := absentPath.FindStringSubmatch(f.Message)
	if said == nil {
		return
	}
	for i, s := range pl.Steps {
		if s.Stage == f.Stage && s.Index == f.Index {
			p.explainMissing(f, pl.Inputs(i), said[1]+said[2])
			return
		}
	}
}

func (p *project) explainMissing(f *event.Failed, inputs []event.Input, said string) {
	for _, in := range inputs {
		at := p.folderOf(in.Context)
		if at == nil {
			continue
		}
		for _, rel := range in.Paths {
			if !at.holds(rel) {
				f.Message, f.Hint = at.absent(rel, strings.Contains(f.Instruction, "../"))
				return
			}
		}
	}
	if from := copiedFrom.FindStringSubmatch(f.Instruction); from != nil && said != "" {
		f.Message = fmt.Sprintf("%s is not in %s", said, from[1])
		f.Hint = fmt.Sprintf("Look at the spelling, and at what there is in %s.", from[1])
	}
}

// folderOf returns the folder of a local context by the name that plans have for it, nil for any other.
func (p *project) folderOf(context string) *folder {
	for _, f := range p.folders {
		if context != "" && cmp.Or(f.name, "context") == context {
			return f
		}
	}
	return nil
}

// holds tells whether the context holds a path, or one that the pattern matches.
func (f *folder) holds(pattern string) bool {
	snap := f.tree.Snapshot()
	if _, ok := snap.Lookup(pattern); ok {
		return true
	}
	found := false
	snap.Walk("", func(rel string, e tree.Entry) bool {
		ok, _ := path.Match(pattern, rel)
		// What lies behind a link is not looked for.
		found = ok || e.Link != "" && strings.HasPrefix(pattern, rel+"/")
		return !found
	})
	return found
}

// absent says why a path is not in the context, and what to do.
func (f *folder) absent(rel string, outside bool) (message, hint string) {
	name := "the context"
	if f.name != "" {
		name = "the context " + f.name
	}
	message = fmt.Sprintf("%s is not in %s", rel, name)
	if _, err := os.Lstat(filepath.Join(f.root, filepath.FromSlash(rel))); err == nil {
		if ignored, rule := f.rules.Match(rel); ignored {
			if rule.Line == 0 {
				return message, "It is kept out of the context."
			}
			file := filepath.Base(f.rules.Name())
			return fmt.Sprintf("%s: line %d of %s, %s, keeps it out", message, rule.Line, file, rule),
				fmt.Sprintf("Let it in with a line !%s at the end of %s.", rel, file)
		}
		return message, "It has come since this build began."
	}
	if near := f.nearest(rel); near != "" {
		return message, fmt.Sprintf("Did you mean %s?", near)
	}
	if outside {
		return message, "Nothing outside of the context can be copied: give a folder further up as the context, or name the other one with --build-context."
	}
	if f.name == "" {
		name = "the folder " + f.root
	}
	return message, fmt.Sprintf("Look at the spelling; paths begin at %s.", name)
}

// closeBy is how many letters a misspelt path may be off.
const closeBy = 2

// nearest is the path of the context that is most like rel: in other letters or a few of them, or of the same name in
// another folder. Empty is none.
func (f *folder) nearest(rel string) string {
	best, score := "", closeBy+3
	lower := strings.ToLower(rel)
	take := func(candidate string, s int) {
		if s < score {
			best, score = candidate, s
		}
	}
	f.tree.Snapshot().Walk("", func(have string, _ tree.Entry) bool {
		switch off := len(have) - len(rel); {
		case strings.EqualFold(have, rel):
			take(have, 0)
		case path.Base(have) == path.Base(rel):
			take(have, closeBy+1)
		case -closeBy <= off && off <= closeBy:
			if d := levenshtein.Distance(lower, strings.ToLower(have), nil); d <= closeBy && d < len(rel)/2 {
				take(have, d)
			}
		}
		return score > 0
	})
	return best
}
