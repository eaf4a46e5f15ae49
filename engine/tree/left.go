package tree

import "path"

// LeftOut returns what own rules left out of the context when all of it was last read, by path.
func (t *Tree) LeftOut() []IgnoredPath {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.left
}

// Rejects returns the rule that leaves a file of that path out of the context. The file need not exist.
func (t *Tree) Rejects(p string) (rule Rule, ignored bool) {
	if ignored, rule := t.now.Load().rules.Match(p); ignored {
		return rule, true
	}
	if t.Writes(p) {
		return Rule{Text: path.Base(p), Note: writtenHere}, true
	}
	return Rule{}, false
}
