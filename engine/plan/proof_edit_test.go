package plan_test

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// edit returns the world after what a person, an editor or a branch switch does to it.
func (r *random) edit(history []world) world {
	last := history[len(history)-1]
	if len(history) > 1 && r.chance(4) {
		w := history[r.IntN(len(history)-1)].clone()
		w.note = "back to an earlier state"
		return w
	}
	for range 30 {
		w := last.clone()
		var notes []string
		for range pick(r, 1, 1, 1, 1, 2, 3) {
			if note := r.editOnce(&w); note != "" {
				notes = append(notes, note)
			}
		}
		if len(notes) > 0 && (w.builds() || r.chance(2)) {
			w.note = strings.Join(notes, "; ")
			return w
		}
	}
	last.note = "nothing"
	return last
}

// editOnce changes w, or returns "" where what it had in mind cannot be done.
func (r *random) editOnce(w *world) string {
	p := r.existing(*w, anyMode)
	if p == "" {
		return ""
	}
	f := w.files[p]
	switch n := r.IntN(100); {
	case n < 22:
		if p = r.existing(*w, fs.FileMode.IsRegular); p == "" {
			return ""
		}
		f = w.files[p]
		f.text += fmt.Sprintf("%s %d\n", nonce, r.id())
		w.files[p] = f
		return "content of " + p
	case n < 28 && f.mode.IsRegular():
		f.writes++
		w.files[p] = f
		return "same content again in " + p
	case n < 34 && notSpecial(f.mode):
		f.mode ^= 0o010
		w.files[p] = f
		for other, h := range w.files {
			if h.hard == p {
				h.mode = f.mode
				w.files[other] = h
			}
		}
		return "mode of " + p
	case n < 42:
		p = r.newPath(*w)
		if _, there := w.files[p]; there || !w.set(p, r.file()) {
			return ""
		}
		return "new " + p
	case n < 48:
		w.remove(p)
		return "gone " + p
	case n < 53:
		return r.rename(w, p)
	case n < 58:
		return r.replace(w, p)
	case n < 64:
		if p = r.existing(*w, isLink); p == "" {
			p = pick(r, links...)
		}
		to := pick(r, targets...)
		if w.files[p].text == to || !w.set(p, file{mode: fs.ModeSymlink | 0o777, text: to}) {
			return ""
		}
		return fmt.Sprintf("link %s to %s", p, to)
	case n < 66:
		d := path.Join(pick(r, ".", "src", "a"), "fresh")
		if _, there := w.files[d]; there || !w.set(d, file{mode: fs.ModeDir | 0o755}) {
			return ""
		}
		return "new folder " + d
	case n < 74:
		return r.editIgnore(w)
	case n < 76:
		w.args["DIR"] = pick(r, "src", "a", "docs")
		return "build arg"
	}
	return r.editDockerfile(w)
}

// rename moves a path with all that is below it.
func (r *random) rename(w *world, p string) string {
	to := path.Join(path.Dir(p), pick(r, "moved", "moved.txt", "x.txt", "m.py", "lib"))
	if _, there := w.files[to]; there || to == p {
		return ""
	}
	for name, f := range w.clone().files {
		if below, ok := strings.CutPrefix(name+"/", p+"/"); ok {
			delete(w.files, name)
			w.files[strings.TrimSuffix(to+"/"+below, "/")] = f
		}
	}
	for name, f := range w.files {
		if f.hard == p || strings.HasPrefix(f.hard, p+"/") {
			delete(w.files, name)
		}
	}
	return fmt.Sprintf("%s is %s now", p, to)
}

// replace puts a folder into a file's place, or the other way round.
func (r *random) replace(w *world, p string) string {
	if w.files[p].mode.IsDir() {
		w.remove(p)
		w.set(p, r.file())
		return p + " is a file now"
	}
	w.remove(p)
	w.set(p, file{mode: fs.ModeDir | 0o755})
	w.set(p+"/"+pick(r, names...), r.file())
	return p + " is a folder now"
}

func (r *random) editIgnore(w *world) string {
	switch {
	case len(w.ignore) > 0 && r.chance(40):
		i := r.IntN(len(w.ignore))
		gone := w.ignore[i]
		w.ignore = slices.Delete(w.ignore, i, i+1)
		return "no longer ignored: " + gone
	case r.chance(10):
		w.ignore = append(w.ignore, "# a comment")
		return "comment in .dockerignore"
	}
	rule := pick(r, rules...)
	w.ignore = slices.Insert(w.ignore, r.IntN(len(w.ignore)+1), rule)
	return "ignored: " + rule
}

func (r *random) editDockerfile(w *world) string {
	i := r.IntN(len(w.stages))
	s := &w.stages[i]
	at := 1 + r.IntN(len(s.steps)) // never before the WORKDIR
	switch n := r.IntN(100); {
	case n < 25:
		in := r.instruction(*w, i)
		s.steps = slices.Insert(s.steps, at, in)
		return fmt.Sprintf("new in stage %d: %s", i, in.text)
	case n < 40 && at < len(s.steps):
		gone := s.steps[at]
		s.steps = slices.Delete(s.steps, at, at+1)
		return fmt.Sprintf("no longer in stage %d: %s", i, gone.text)
	case n < 55 && at < len(s.steps):
		id, makes := s.steps[at].id, s.steps[at].makes
		in := r.instruction(*w, i)
		if makes != "" && in.makes != "" {
			in.text, in.makes = strings.ReplaceAll(in.text, in.makes, makes), makes
		}
		in.id = id
		s.steps[at] = in
		return fmt.Sprintf("other in stage %d: %s", i, in.text)
	case n < 65 && at+1 < len(s.steps):
		s.steps[at], s.steps[at+1] = s.steps[at+1], s.steps[at]
		return fmt.Sprintf("another order in stage %d", i)
	case n < 72 && w.runs(i):
		s.from.text = strings.Replace(s.from.text, "python:3.9-alpine", "${BASE}", 1)
		w.header[len(w.header)-1].text = "ARG BASE=python:3.9-" + pick(r, "slim", "alpine")
		return "other bases"
	case n < 86:
		s.steps = slices.Insert(s.steps, at, instruction{id: r.id(), text: "# a comment"})
		return "a comment"
	}
	if len(w.stages) > 4 {
		return ""
	}
	w.stages = append(w.stages, r.stage(*w, len(w.stages)))
	return "another stage"
}
