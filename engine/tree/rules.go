package tree

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// Rules are the ignore rules of one build context. A path is ignored exactly when BuildKit's client
// would not transfer it. The nil *Rules ignores nothing. Rules never change and may be shared.
type Rules struct {
	name     string
	patterns []pattern
	// exceptions are the paths that negated patterns start from; anyException tells that one of them has
	// a wildcard, so that it may re-include something in whatever folder.
	exceptions   []string
	anyException bool
}

// LoadRules reads the rules of a context: the ignore file next to the Dockerfile
// ("<dockerfile>.dockerignore") wins over ".dockerignore" in root, even when it is empty. Where neither
// exists nothing is ignored.
func LoadRules(root, dockerfile string) (*Rules, error) {
	for _, name := range IgnoreFiles(root, dockerfile) {
		data, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading ignore file: %w", err)
		}
		return ParseRules(name, data)
	}
	return nil, nil
}

// IgnoreFiles lists the files that LoadRules looks at, the one that wins first: a change of either may
// change the rules.
func IgnoreFiles(root, dockerfile string) []string {
	return []string{dockerfile + ".dockerignore", filepath.Join(root, ".dockerignore")}
}

// ParseRules parses the content of an ignore file; name is the file's, for messages and for display.
func ParseRules(name string, data []byte) (*Rules, error) {
	texts, err := ignorefile.ReadAll(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("parsing %s: %w", name, err)
	}
	rules := &Rules{name: name}
	lines := patternLines(data)
	for i, text := range texts {
		p, err := newPattern(text)
		if err != nil {
			return nil, fmt.Errorf("parsing %s: line %d: pattern %q: %w", name, lines[i], text, err)
		}
		p.line = lines[i]
		rules.patterns = append(rules.patterns, p)
		if p.negated {
			start := exceptionStart(p.cleaned)
			rules.exceptions = append(rules.exceptions, start)
			rules.anyException = rules.anyException || strings.ContainsAny(start, `*[]?^\`)
		}
	}
	return rules, nil
}

// patternLines returns the numbers, from 1, of the lines that hold a pattern.
func patternLines(data []byte) []int {
	var lines []int
	number := 0
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	for line := range bytes.Lines(data) {
		number++
		if !bytes.HasPrefix(line, []byte("#")) && len(bytes.TrimSpace(line)) > 0 {
			lines = append(lines, number)
		}
	}
	return lines
}

// exceptionStart cuts the trailing wildcard off a negated pattern, as BuildKit does to find out which
// folders it can reach into.
func exceptionStart(cleaned string) string {
	return strings.TrimSuffix(strings.TrimSuffix(cleaned, "/**"), "/*")
}

// Name is the ignore file's name, empty where there is none.
func (r *Rules) Name() string {
	if r == nil {
		return ""
	}
	return r.name
}

// Patterns are the rules in the form that llb.ExcludePatterns takes.
func (r *Rules) Patterns() []string {
	if r == nil {
		return nil
	}
	texts := make([]string, len(r.patterns))
	for i, p := range r.patterns {
		texts[i] = p.text
	}
	return texts
}

// Match tells whether rel, slash-separated and relative to the context, is ignored, and the rule that
// decided it: the last one that matched, as it stands in the file.
func (r *Rules) Match(rel string) (ignored bool, rule string) {
	ignored, by := r.match(rel)
	if by < 0 {
		return ignored, ""
	}
	return ignored, r.patterns[by].text
}

// Line is the number, from 1, of the line of the ignore file that decided about rel; 0 where none did.
func (r *Rules) Line(rel string) int {
	if _, by := r.match(rel); by >= 0 {
		return r.patterns[by].line
	}
	return 0
}

// SkipDir tells that rel is ignored and that no rule re-includes anything below it, so that there is no
// need to look into it.
func (r *Rules) SkipDir(rel string) bool {
	ignored, _ := r.match(rel)
	return ignored && !r.reincludes(rel)
}

// match evaluates rel from the top down; by is the index of the deciding pattern or -1.
func (r *Rules) match(rel string) (ignored bool, by int) {
	if r == nil || len(r.patterns) == 0 || rel == "." || rel == "" {
		return false, -1
	}
	above := r.above(rel)
	return r.eval(rel, above, nil)
}

// above returns what each pattern made of the folder that holds rel.
func (r *Rules) above(rel string) []bool {
	if r == nil {
		return nil
	}
	parent, own := make([]bool, len(r.patterns)), make([]bool, len(r.patterns))
	for i := range len(rel) {
		if rel[i] == '/' {
			r.eval(rel[:i], parent, own)
			parent, own = own, parent
		}
	}
	return parent
}

// eval matches one path, given what each pattern made of the folder that holds it. Where own is not nil
// it receives what each pattern made of this path.
//
// A pattern that cannot alter the verdict is not looked at, and then counts as not matched for what lies
// below. That is BuildKit's behaviour, and visible: with the rules "a/b" and "!a" the path a/b is ignored.
func (r *Rules) eval(rel string, parent, own []bool) (ignored bool, by int) {
	by = -1
	if r == nil {
		return false, by
	}
	for i := range r.patterns {
		p := &r.patterns[i]
		matched := parent[i]
		if !matched && p.negated == ignored {
			matched = p.match(rel)
		}
		if own != nil {
			own[i] = matched
		}
		if matched {
			ignored, by = !p.negated, i
		}
	}
	return ignored, by
}

// reincludes tells whether a negated pattern may match something below the folder rel.
func (r *Rules) reincludes(rel string) bool {
	if r == nil || r.anyException {
		return r != nil
	}
	for _, start := range r.exceptions {
		if strings.HasPrefix(start+"/", rel+"/") {
			return true
		}
	}
	return false
}

// pattern is one line of an ignore file.
type pattern struct {
	text    string // as ignorefile returns it, with its "!"
	cleaned string // without "!"
	line    int    // from 1
	negated bool
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

func (p *pattern) match(rel string) bool {
	ignored, _, _ := p.matcher.MatchesUsingParentResults(rel, p.apart) // fails only where newPattern did
	return ignored != p.negated
}
