package tree

import (
	"errors"
	"fmt"
	"strings"

	"github.com/moby/patternmatcher/ignorefile"
)

// NoRules is the value for which [NewOwnRules] leaves the built-in rules out.
const NoRules = "none"

// OwnRules are rules besides those of the ignore file: for what editors and git keep for themselves, for what this
// program writes, and for what the person adds. Unlike the rules of an ignore file, they don't apply to what a step
// names; see [Rules.Naming].
type OwnRules struct {
	patterns []pattern
	outputs  *Outputs
}

// NewOwnRules returns the built-in rules and those in added, which are lines of an ignore file or [NoRules]. It adds
// rules for what this program itself writes, which always apply: ours, which are folders relative to the context, and
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

// The notes say where a rule comes from, and how to switch it off.
const (
	builtInNote = "built in; --ignore " + NoRules + " switches it off"
	addedNote   = "--ignore"
	writtenHere = "written by stagewatch itself"
)

// builtIn returns rules for the files that editors keep beside those that they edit, as far as the watchers of compose
// and tilt agree on them, and for git's own folder. A name that something else than an editor may use is not among
// them, because the file would be missing from the context.
func builtIn() []pattern {
	var out []pattern
	add := func(name string, filesOnly bool) {
		g := newGlob(name)
		out = append(out, pattern{text: "**/" + name, note: builtInNote, own: true, filesOnly: filesOnly, glob: &g})
	}
	add(".git", false)
	add(".idea", false)
	// vim creates 4913 to see whether it may write; the names of swap files count down from .swp.
	for _, name := range []string{"4913", "*~", ".*.swp", ".*.swx", ".*.swo", ".*.swn", ".#*", "#*#", "*___jb_tmp___", "*___jb_old___", ".*.kate-swp", "*-go-tmp-umask"} {
		// A folder with such a name is not an editor's backup.
		add(name, true)
	}
	return out
}

// addedPatterns reads a rule like a line of an ignore file, except that "#" begins no comment: emacs uses it in names.
func addedPatterns(text string) ([]pattern, error) {
	line := text
	if strings.HasPrefix(line, "#") {
		line = "/" + line
	}
	texts, err := ignorefile.ReadAll(strings.NewReader(line))
	if err == nil && len(texts) == 0 {
		err = errors.New("it contains no pattern")
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

// With returns the rules with own ones besides them. The own rules don't apply to what an ignore file explicitly
// re-includes ("!.git", "!**/*~"); a "!app" does not mean the swap files in app.
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

// ownRuleFor reports whether an own rule leaves the file out, whatever the ignore file says.
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
