package image

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
)

// wasted returns the bytes that are in the stage's layers but not in its file system, by the step that added them and
// the step that deleted or overwrote them, the largest first. Their sum is the stage's size minus the bytes of its
// files and of its base's links. It also returns the clean-ups that freed nothing.
func wasted(s *Stage) []event.Waste {
	var out []event.Waste
	under := Tree{}
	owner := map[string]int{}
	for i, l := range s.Layers {
		lost := under.bytes() + l.Bytes - s.trees[i].bytes()
		if i == 0 {
			lost -= s.links()
		}
		found, deleted := lostTo(s, i, under, owner)
		for _, w := range found {
			lost -= w.Bytes
		}
		out = append(out, found...)
		if lost > 0 {
			out = append(out, rewritten(s, i, lost))
		}
		if i > 0 && deleted == 0 && isCleanup(s.instruction(l.Step)) {
			w := s.waste(i, event.FreedNothing)
			w.Bytes, w.Paths = l.Bytes, largest(l.Files)
			out = append(out, w)
		}
		for _, f := range l.Files {
			owner[f.Path] = i
		}
		under = s.trees[i]
	}
	slices.SortStableFunc(out, func(a, b event.Waste) int { return cmp.Compare(b.Bytes, a.Bytes) })
	return out
}

func (s *Stage) waste(layer int, reason string) event.Waste {
	step := s.step(layer)
	return event.Waste{Stage: s.Plan.Target, Instruction: s.instruction(step), Line: s.line(step), Reason: reason}
}

// rewritten returns the waste of a layer that contains files without a change: by a chown to the same owner, or a copy of
// what was there. For the base it is what the base's own layers overwrite of each other.
func rewritten(s *Stage, layer int, bytes int64) event.Waste {
	w := s.waste(layer, event.Rewritten)
	if layer == 0 {
		w.Reason = event.InBase
	}
	w.Bytes = bytes
	return w
}

// lostTo returns what layer i deletes or overwrites of the layers under it, and how many bytes it deletes.
func lostTo(s *Stage, i int, under Tree, owner map[string]int) (found []event.Waste, deleted int64) {
	l := s.Layers[i]
	// Content is not lost if another of its hard links counts it from now on.
	heirs := map[string]bool{}
	for _, f := range l.relinked {
		heirs[under[f.Path].Hard] = true
	}
	type loss struct {
		owner  int
		reason string
	}
	files := map[loss][]File{}
	lose := func(p, reason string) {
		if f, ok := under[p]; ok && f.bytes() > 0 && !heirs[p] {
			k := loss{owner[p], reason}
			files[k] = append(files[k], f)
		}
	}
	for _, p := range l.Gone {
		lose(p, event.DeletedLater)
	}
	for _, f := range l.Files {
		lose(f.Path, event.OverwrittenLater)
	}
	for k, fs := range files {
		w := s.waste(k.owner, k.reason)
		w.LostTo, w.LostLine, w.Paths = s.instruction(l.Step), s.line(l.Step), largest(fs)
		for _, f := range fs {
			w.Bytes += f.bytes()
		}
		if k.reason == event.DeletedLater {
			deleted += w.Bytes
		}
		found = append(found, w)
	}
	slices.SortFunc(found, func(a, b event.Waste) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Instruction, b.Instruction), cmp.Compare(a.Reason, b.Reason))
	})
	return found, deleted
}

// cleanup matches commands that only free bytes.
var cleanup = regexp.MustCompile(`^(?:` + strings.Join([]string{
	`(?:python[\d.]* -m )?pip[\d.]* cache (?:purge|remove)\b.*`,
	`apt(?:-get)? (?:-\S+ )*(?:auto)?clean\b.*`,
	`apt(?:-get)? (?:-\S+ )*autoremove\b.*`,
	`(?:dnf|yum|microdnf|zypper) (?:-\S+ )*clean\b.*`,
	`apk cache (?:clean|purge)\b.*`,
	`(?:npm|yarn|pnpm|go|conda|mamba|uv|poetry)(?: store| cache)? (?:clean|prune|clear)\b.*`,
	`rm (?:-\S+ )+.*`,
	`find .* -(?:delete|exec rm\b.*)`,
	`true`,
}, "|") + `)$`)

var (
	between = regexp.MustCompile(`\s*(?:&&|\|\||;)\s*`)
	flags   = regexp.MustCompile(`^RUN(?:\s+--\S+)*\s+`)
)

// isCleanup reports whether an instruction is a RUN whose every command only deletes files.
func isCleanup(instruction string) bool {
	command := flags.ReplaceAllString(instruction, "")
	if command == instruction {
		return false
	}
	some := false
	for _, c := range between.Split(strings.TrimSpace(command), -1) {
		if c == "" {
			continue
		}
		if !cleanup.MatchString(c) {
			return false
		}
		// `|| true` is not a clean-up by itself.
		some = some || c != "true"
	}
	return some
}
