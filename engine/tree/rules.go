package tree

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/moby/patternmatcher/ignorefile"
)

// Rules are the ignore rules of one build context. A path is ignored exactly if BuildKit's client would not transfer
// it. A nil *Rules ignores nothing. Rules never change and may be shared.
type Rules struct {
	name     string
	patterns []pattern
	// files is how many of the patterns are the ignore file's. Own ones follow; see With.
	files   int
	outputs *Outputs
	// sieve finds out quickly that no built-in rule matches a name.
	sieve sieve
	// named are the paths for which own rules are lifted.
	named []named
	// exceptions are the paths that negated patterns start from. anyException says that one of them has a wildcard, so
	// that it may re-include something in any folder.
	exceptions   []string
	anyException bool
}

// LoadRules reads the rules of a context. The ignore file next to the Dockerfile ("<dockerfile>.dockerignore") wins
// over ".dockerignore" in root, even if it is empty. If neither exists, nothing is ignored.
func LoadRules(root, dockerfile string) (*Rules, error) {
	for _, name := range IgnoreFiles(root, dockerfile) {
		data, err := ReadIgnoreFile(name)
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

// ReadIgnoreFile reads an ignore file. A pipe is an error, because reading it might never end.
func ReadIgnoreFile(name string) ([]byte, error) {
	if info, err := os.Stat(name); err == nil && info.Mode()&fs.ModeNamedPipe != 0 {
		return nil, &fs.PathError{Op: "read", Path: name, Err: errors.New("it is a pipe")}
	}
	return os.ReadFile(name)
}

// IgnoreFiles returns the files that LoadRules looks at, the one that wins first. A change of either may change the
// rules.
func IgnoreFiles(root, dockerfile string) []string {
	return []string{dockerfile + ".dockerignore", filepath.Join(root, ".dockerignore")}
}

// ParseRules parses the content of an ignore file. Name is the file's name, for messages and for display.
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
			rules.except(&p)
		}
	}
	rules.files = len(rules.patterns)
	return rules, nil
}

// except records that a negated pattern may re-include something.
func (r *Rules) except(p *pattern) {
	start := exceptionStart(p.cleaned)
	r.exceptions = append(r.exceptions[:len(r.exceptions):len(r.exceptions)], start)
	r.anyException = r.anyException || strings.ContainsAny(start, `*[]?^\`)
}

// PatternRules returns the rules for what [Rules.Patterns] returned.
func PatternRules(patterns []string) (*Rules, error) {
	rules := &Rules{files: len(patterns)}
	for _, text := range patterns {
		p, err := newPattern(text)
		if err != nil {
			return nil, fmt.Errorf("pattern %q: %w", text, err)
		}
		rules.patterns = append(rules.patterns, p)
		if p.negated {
			rules.except(&p)
		}
	}
	return rules, nil
}

// patternLines returns the numbers, from 1, of the lines with a pattern.
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

// exceptionStart cuts the trailing wildcard off a negated pattern, as BuildKit does to find out into which folders it
// can reach.
func exceptionStart(cleaned string) string {
	return strings.TrimSuffix(strings.TrimSuffix(cleaned, "/**"), "/*")
}

// Name returns the ignore file's name, empty if there is none.
func (r *Rules) Name() string {
	if r == nil {
		return ""
	}
	return r.name
}

// Patterns returns the ignore file's rules in the form that llb.ExcludePatterns takes.
func (r *Rules) Patterns() []string {
	if r == nil {
		return nil
	}
	texts := make([]string, r.files)
	for i, p := range r.patterns[:r.files] {
		texts[i] = p.text
	}
	return texts
}

// Match reports whether a file is ignored, and returns the rule that decided: the last one that matched. Rel is
// slash-separated and relative to the context.
func (r *Rules) Match(rel string) (ignored bool, rule Rule) {
	ignored, by := r.match(rel, false)
	if by < 0 {
		return ignored, Rule{}
	}
	return ignored, r.patterns[by].rule()
}

// SkipDir reports whether rel is an ignored folder below which no rule re-includes anything, so that it need not be
// read.
func (r *Rules) SkipDir(rel string) bool {
	ignored, _ := r.match(rel, true)
	return ignored && !r.reincludes(rel)
}

// match evaluates rel from the top down. By is the index of the pattern that decided, or -1.
func (r *Rules) match(rel string, dir bool) (ignored bool, by int) {
	if r == nil || len(r.patterns) == 0 || rel == "." || rel == "" {
		return false, -1
	}
	above := r.above(rel)
	return r.eval(rel, dir, above, nil)
}

// ofFiles reports whether the pattern matches no folder.
func (r *Rules) ofFiles(by int) bool { return by >= 0 && r.patterns[by].filesOnly }

// above returns whether each pattern matched the folder that contains rel.
func (r *Rules) above(rel string) []bool {
	if r == nil {
		return nil
	}
	parent, own := make([]bool, len(r.patterns)), make([]bool, len(r.patterns))
	for i := range len(rel) {
		if rel[i] == '/' {
			r.eval(rel[:i], true, parent, own)
			parent, own = own, parent
		}
	}
	return parent
}

// eval matches one path. Parent says whether each pattern matched the folder that contains it; own, unless nil,
// receives whether each matched this path.
//
// A pattern that can't change the verdict is skipped, and then counts as not matched for what is below. That is
// BuildKit's behaviour, and visible: with the rules "a/b" and "!a" the path a/b is ignored. Own rules are never
// skipped: they still apply to a file below that the ignore file re-includes.
func (r *Rules) eval(rel string, dir bool, parent, own []bool) (ignored bool, by int) {
	by = -1
	if r == nil {
		return false, by
	}
	plain := r.sieve.passes(rel)
	for i := range r.patterns {
		p := &r.patterns[i]
		matched := parent[i]
		if plain && p.glob != nil && !matched {
			if own != nil {
				own[i] = false
			}
			continue
		}
		if !matched && (p.own || p.negated == ignored) && !(dir && p.filesOnly) {
			matched = p.match(rel)
		}
		if matched && p.lifts(rel) {
			matched = false
		}
		if own != nil {
			own[i] = matched
		}
		if matched && !(p.own && ignored == !p.negated) { // the first rule with this verdict is named
			ignored, by = !p.negated, i
		}
	}
	return ignored, by
}

// reincludes reports whether a negated pattern or a name may match something below the folder rel.
func (r *Rules) reincludes(rel string) bool {
	if r == nil || r.anyException {
		return r != nil
	}
	for _, start := range r.exceptions {
		if strings.HasPrefix(start+"/", rel+"/") {
			return true
		}
	}
	for _, n := range r.named {
		if n.leadsBelow(rel) {
			return true
		}
	}
	return false
}
