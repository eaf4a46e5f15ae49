package plan_test

import "slices"

// shrink looks for fewer edits, instructions, files and rules that break a promise all the same. Each try
// builds, so it takes the plain way once through and stops after a bounded number of tries.
func shrink(worlds []world, b *broken, prove func([]world) *broken) ([]world, *broken) {
	tries := 300
	try := func(smaller []world) bool {
		if tries == 0 || len(smaller) < 2 {
			return false
		}
		tries--
		found := prove(smaller)
		if found == nil {
			return false
		}
		worlds, b = smaller[:found.at+1], found
		return true
	}
	try(worlds[:b.at+1])
	for i := len(worlds) - 2; i >= 0; i-- {
		if i < len(worlds)-1 {
			try(slices.Delete(slices.Clone(worlds), i, i+1))
		}
	}
	for _, id := range ids(worlds) {
		try(without(worlds, func(in instruction) bool { return in.id == id }, nil))
	}
	for _, p := range paths(worlds) {
		try(without(worlds, nil, func(name string) bool { return name == p }))
	}
	return worlds, b
}

// without returns the worlds with some instructions and paths left out.
func without(worlds []world, drop func(instruction) bool, gone func(string) bool) []world {
	out := make([]world, len(worlds))
	for i, w := range worlds {
		w = w.clone()
		for j := range w.stages {
			if drop != nil {
				w.stages[j].steps = slices.DeleteFunc(w.stages[j].steps, drop)
			}
		}
		for _, name := range sorted(w.files) {
			if gone != nil && gone(name) {
				w.remove(name)
			}
		}
		out[i] = w
	}
	return out
}

func ids(worlds []world) []int {
	var all []int
	for _, w := range worlds {
		for _, s := range w.stages {
			for _, in := range s.steps {
				all = append(all, in.id)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func paths(worlds []world) []string {
	var all []string
	for _, w := range worlds {
		all = append(all, sorted(w.files)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
