package tree

import (
	"strings"

	"github.com/moby/patternmatcher"
)

// Rule is an ignore rule in the form that a person reads.
type Rule struct {
	// Text is the pattern. Note says where an own rule comes from.
	Text, Note string
	// Line is its line in the ignore file, from 1; 0 for an own rule.
	Line int
}

// Own reports whether the rule is not from an ignore file.
func (r Rule) Own() bool { return r.Note != "" }

func (r Rule) String() string {
	if r.Note == "" {
		return r.Text
	}
	return r.Text + " (" + r.Note + ")"
}

// pattern is one line of an ignore file, or an own rule.
type pattern struct {
	text    string // as ignorefile returns it, with its "!"
	cleaned string // without "!"
	line    int    // from 1
	negated bool
	// own says that it is no line of an ignore file, note where it comes from, fixed that it always applies.
	own, fixed bool
	note       string
	lifted     []lifter
	// filesOnly says that it matches no folder.
	filesOnly bool
	// glob, if set, replaces matcher, and so does matches.
	glob    *glob
	matches func(rel string) bool
	matcher *patternmatcher.PatternMatcher
	// apart says that the folder above did not match, which makes the matcher match the path alone.
	apart patternmatcher.MatchInfo
}

// newPattern compiles a pattern, so that matching is safe for concurrent use and can't fail.
//
// For a list of patterns the library reports whether a path is ignored, but not by which pattern. So each pattern has a
// matcher of its own. In it, a negated pattern follows one that matches everything, or it would have no effect.
func newPattern(text string) (pattern, error) {
	texts := []string{text}
	alone, err := patternmatcher.New(texts)
	if err != nil {
		return pattern{}, err
	}
	p := pattern{text: text, matcher: alone}
	p.cleaned, p.negated = alone.Patterns()[0].String(), alone.Patterns()[0].Exclusion()
	none := []string{"!x"}
	if p.negated {
		texts, none = []string{"**", text}, []string{"!x", "!x"}
		if p.matcher, err = patternmatcher.New(texts); err != nil {
			return pattern{}, err
		}
	}
	nothing, err := patternmatcher.New(none)
	if err != nil {
		return pattern{}, err
	}
	if _, p.apart, err = nothing.MatchesUsingParentResults("x", patternmatcher.MatchInfo{}); err != nil {
		return pattern{}, err
	}
	_, _, err = p.matcher.MatchesUsingParentResults("x", p.apart)
	return p, err
}

func (p *pattern) rule() Rule { return Rule{p.text, p.note, p.line} }

// match reports whether the pattern matches the path itself. Fixed and built-in patterns need no matcher.
func (p *pattern) match(rel string) bool {
	switch {
	case p.glob != nil:
		return p.glob.match(rel[strings.LastIndexByte(rel, '/')+1:])
	case p.matches != nil:
		return p.matches(rel)
	}
	ignored, _, _ := p.matcher.MatchesUsingParentResults(rel, p.apart) // fails only if newPattern did
	return ignored != p.negated
}
