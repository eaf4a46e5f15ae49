package tree

import (
	"strings"

	"github.com/moby/patternmatcher"
)

// Rule is an ignore rule as a person reads it.
type Rule struct {
	// Text is the pattern, Note says of an own rule where it comes from.
	Text, Note string
	// Line is where it stands in the ignore file, from 1; 0 for an own rule.
	Line int
}

// Own reports whether it is a rule beside those of the ignore file.
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
	// own tells that it is no line of an ignore file, note where it comes from, fixed that nothing lifts it.
	own, fixed bool
	note       string
	lifted     []lifter
	// filesOnly tells that it matches no folder.
	filesOnly bool
	// glob and matches stand in for matcher.
	glob    *glob
	matches func(rel string) bool
	matcher *patternmatcher.PatternMatcher
	// apart is the "the folder above did not match" that makes the matcher look at the path alone.
	apart patternmatcher.MatchInfo
}

// newPattern compiles a pattern, so that matching is safe for concurrent use and cannot fail.
//
// The library tells for a list of patterns whether a path is ignored, not which pattern it was. Hence one
// matcher per pattern; a negated pattern stands after one that matches everything, or it would never be
// looked at.
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

// match reports whether the pattern matches the path itself; fixed ones and built-in ones need no matcher.
func (p *pattern) match(rel string) bool {
	switch {
	case p.glob != nil:
		return p.glob.match(rel[strings.LastIndexByte(rel, '/')+1:])
	case p.matches != nil:
		return p.matches(rel)
	}
	ignored, _, _ := p.matcher.MatchesUsingParentResults(rel, p.apart) // fails only where newPattern did
	return ignored != p.negated
}
