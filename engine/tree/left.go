package tree

import "path"

// LeftOut lists what own rules left out of the context when it was last read as a whole, by path.
func (t *Tree) LeftOut() []IgnoredPath {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.left
}

// Rejects returns the rule that keeps a file of that path, which need not be there, out of the context.
func (t *Tree) Rejects(p string) (rule Rule, ignored bool) {
	if ignored, rule := t.now.Load().rules.Match(p); ignored {
		return rule, true
	}
	if t.Writes(p) {
		return Rule{Text: path.Base(p), Note: writtenHere}, true
	}
	return Rule{}, false
}
