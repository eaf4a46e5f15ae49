package project

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/solve"
	"github.com/stagewatch/stagewatch/engine/tree"
)

// copiedFrom finds the stage or image that a COPY or a mount reads, in place of the context.
var copiedFrom = regexp.MustCompile(`\bfrom=([^\s,]+)`)

// ExplainMissing completes the failure of a step that lacked a path, if it is one: why the path is not there, and which
// one may be meant.
func (p *Project) ExplainMissing(e *event.Failed, pl *plan.Plan, err error) {
	said, ok := solve.AbsentPath(e.Message)
	if !ok {
		return
	}
	for i, s := range pl.Steps {
		if s.Stage == e.Stage && s.Index == e.Index {
			p.explainMissing(e, pl, pl.Inputs(i), said, err)
			return
		}
	}
}

func (p *Project) explainMissing(e *event.Failed, pl *plan.Plan, inputs []event.Input, said string, err error) {
	for _, in := range inputs {
		at := p.folderOf(in.Context)
		if at == nil {
			continue
		}
		for _, rel := range in.Paths {
			if !at.holds(rel) {
				e.Message, e.Hint = at.absent(rel, strings.Contains(e.Instruction, "../"))
				return
			}
		}
	}
	opens := patterned.MatchString(e.Instruction)
	if opens && p.explainLink(e, inputs, said) {
		return
	}
	var f *solve.Failure
	if errors.As(err, &f) && f.Missing != "" {
		said, opens = f.Missing, false
	}
	from := copiedFrom.FindStringSubmatch(e.Instruction)
	if from == nil || said == "" {
		return
	}
	of := cmp.Or(pl.StageNamed(from[1]), from[1])
	if opens {
		e.Message = fmt.Sprintf("%s is not in %s, or is a link that leads nowhere", said, of)
		e.Hint = fmt.Sprintf("%s Remove the link that leads nowhere in %s.", opensLinks, of)
		return
	}
	e.Message = fmt.Sprintf("%s is not in %s", said, of)
	e.Hint = fmt.Sprintf("Look at the spelling, and at what there is in %s.", of)
	if f != nil && f.Like != "" {
		e.Hint = fmt.Sprintf("Did you mean %s?", f.Like)
		if missing := strings.Split(f.Missing, "/")[strings.Count(f.Like, "/")+1:]; len(missing) > 0 {
			e.Hint += fmt.Sprintf(" There is no %s in it.", strings.Join(missing, "/"))
		}
	}
}

// patterned finds the flags of a COPY with which BuildKit looks behind links below what is copied: before 0.20 behind every
// one, since then behind those right below the top of a context or stage.
var patterned = regexp.MustCompile(`--(?:exclude|parents)\b`)

const opensLinks = "Below what is copied with --exclude or --parents, this engine looks behind links."

// explainLink completes the failure of a step for a link that leads nowhere, if it is one. The engine names the link, or the
// path that it leads to, which no step names.
func (p *Project) explainLink(e *event.Failed, inputs []event.Input, said string) bool {
	for _, in := range inputs {
		if at := p.folderOf(in.Context); at != nil {
			if link, to := at.dangling(said); link != "" {
				e.Message = fmt.Sprintf("%s is a link to %s, which is not in the context", link, to)
				e.Hint = fmt.Sprintf("%s Keep it out: a line %s in .dockerignore.", opensLinks, link)
				return true
			}
		}
	}
	return false
}

// dangling returns the link that leads to a path or is that path, and what it leads to from the top of the context, if that
// is not there.
func (f *folder) dangling(said string) (link, to string) {
	snap := f.tree.Snapshot()
	said = strings.TrimPrefix(said, "/")
	snap.Walk("", func(rel string, e tree.Entry) bool {
		if e.Link == "" {
			return link == ""
		}
		leads := path.Clean(e.Link)
		if !path.IsAbs(leads) {
			leads = path.Join("/", path.Dir(rel), leads)
		}
		leads = strings.TrimPrefix(leads, "/")
		if _, ok := snap.Lookup(leads); !ok && (leads == said || rel == said) {
			link, to = rel, leads
		}
		return link == ""
	})
	return link, to
}

// folderOf returns the folder of a local context by the name that plans have for it, or nil.
func (p *Project) folderOf(context string) *folder {
	for _, f := range p.folders {
		if f.localName() == context {
			return f
		}
	}
	return nil
}

// holds reports whether the context has a path, or one that the pattern matches.
func (f *folder) holds(pattern string) bool {
	snap := f.tree.Snapshot()
	if _, ok := snap.Lookup(pattern); ok {
		return true
	}
	found := false
	snap.Walk("", func(rel string, e tree.Entry) bool {
		ok, _ := path.Match(pattern, rel)
		// What lies behind a link counts as there: it is not looked up.
		found = ok || e.Link != "" && strings.HasPrefix(pattern, rel+"/")
		return !found
	})
	return found
}

// absent returns why a path is not in the context, and what to do.
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

// nearest returns the path of the context that is most like rel: off by few letters, or of the same name in another
// folder. Empty is none.
func (f *folder) nearest(rel string) string {
	snap := f.tree.Snapshot()
	like, ok, _ := solve.Follow(rel, func(dir string) ([]string, error) { return snap.Names(dir), nil })
	if ok {
		return like
	}
	snap.Walk("", func(have string, _ tree.Entry) bool {
		if path.Base(have) == path.Base(rel) {
			like = have
		}
		return like == ""
	})
	return like
}
