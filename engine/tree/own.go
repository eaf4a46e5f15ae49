package tree

import (
	"errors"
	"fmt"
	"strings"

	"github.com/moby/patternmatcher/ignorefile"
)

// NoRules is the value that has [NewOwnRules] leave the built-in rules out.
const NoRules = "none"

// OwnRules hold beside the ignore file of a context: for what editors and git keep for themselves, for what
// this program writes, and for what the person adds. An ignore file is docker's; these are not, and so a step
// that names what they leave out gets it all the same, see [Rules.Naming].
type OwnRules struct {
	patterns []pattern
	outputs  *Outputs
}

// NewOwnRules returns the built-in rules and those of added, which are lines of an ignore file, or [NoRules].
// Nothing takes back what is written by this program itself: ours, folders relative to the context, and
// outputs.
func NewOwnRules(added, ours []string, outputs *Outputs) (*OwnRules, error) {
	o := &OwnRules{outputs: outputs}
	standing := builtIn()
	for _, text := range added {
		if text == NoRules {
			standing = nil
			continue
		}
		ps, err := addedPatterns(text)
		if err != nil {
			return nil, err
		}
		o.patterns = append(o.patterns, ps...)
	}
	o.patterns = append(standing, o.patterns...)
	for _, rel := range ours {
		o.patterns = append(o.patterns, pattern{text: rel, note: writtenHere, own: true, fixed: true, matches: func(p string) bool { return p == rel }})
	}
	return o, nil
}

// The notes say where a rule comes from, and what takes it back.
const (
	builtInNote = "built in; --ignore " + NoRules + " switches it off"
	addedNote   = "--ignore"
	writtenHere = "written by stagewatch itself"
)

// builtIn returns what the watchers of compose and tilt agree on, for the files that editors keep beside those
// that they edit, and git's own folder. What is not an editor's by its name alone is no rule here: left out of
// the context it would be missed.
func builtIn() []pattern {
	var out []pattern
	add := func(name string, filesOnly bool) {
		g := newGlob(name)
		out = append(out, pattern{text: "**/" + name, note: builtInNote, own: true, filesOnly: filesOnly, glob: &g})
	}
	add(".git", false)
	add(".idea", false)
	// vim writes 4913 to see whether it may; swap files count down from .swp.
	for _, name := range []string{"4913", "*~", ".*.swp", ".*.swx", ".*.swo", ".*.swn", ".#*", "#*#", "*___jb_tmp___", "*___jb_old___", ".*.kate-swp", "*-go-tmp-umask"} {
		// A folder of such a name is nobody's backup.
		add(name, true)
	}
	return out
}

// addedPatterns reads a rule as a line of an ignore file, in which "#" begins no comment: emacs has names with it.
func addedPatterns(text string) ([]pattern, error) {
	line := text
	if strings.HasPrefix(line, "#") {
		line = "/" + line
	}
	texts, err := ignorefile.ReadAll(strings.NewReader(line))
	if err == nil && len(texts) == 0 {
		err = errors.New("it holds no pattern")
	}
	if err != nil {
		return nil, fmt.Errorf("pattern %q: %w", text, err)
	}
	var out []pattern
	for _, t := range texts {
		p, err := newPattern(t)
		if err != nil {
			return nil, fmt.Errorf("pattern %q: %w", text, err)
		}
		p.own, p.note = true, addedNote
		out = append(out, p)
	}
	return out, nil
}

// With returns the rules with own ones beside them. What an ignore file re-includes in so many words ("!.git",
// "!**/*~") is not left out by them; a "!app" says nothing of the swap files in app.
func (r *Rules) With(own *OwnRules) *Rules {
	out := &Rules{}
	if r != nil {
		*out = *r
	}
	out.files = len(out.patterns)
	out.patterns = append(out.patterns[:out.files:out.files], own.patterns...)
	out.outputs = own.outputs
	for i := out.files; i < len(out.patterns); i++ {
		p := &out.patterns[i]
		out.sieve.add(p.glob)
		if p.negated {
			out.except(p)
		}
		for _, u := range out.patterns[:out.files] {
			if u.negated && p.names(u.cleaned) {
				p.lifted = append(p.lifted, u)
			}
		}
	}
	return out
}

// ownRuleFor reports whether an own rule leaves the file out, whatever the ignore file says of it.
func (r *Rules) ownRuleFor(rel string) bool {
	if r == nil {
		return false
	}
	matched := make([]bool, len(r.patterns))
	r.eval(rel, false, r.above(rel), matched)
	out := false
	for i, p := range r.patterns[r.files:] {
		if matched[r.files+i] {
			out = !p.negated
		}
	}
	return out
}
