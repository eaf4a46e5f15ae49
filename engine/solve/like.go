package solve

import (
	"path"
	"slices"
	"strings"
)

// Follow follows a path from the root through folders, whose names list returns, and replaces each name that does not
// exist by the one that is most like it. It returns the path that it reached, and false if no name is like the next
// one.
func Follow(p string, list func(dir string) ([]string, error)) (string, bool, error) {
	at := ""
	parts := strings.Split(strings.Trim(path.Clean(p), "/"), "/")
	for i, part := range parts {
		names, err := list(at)
		if err != nil {
			return "", false, err
		}
		if hasPattern(part) {
			// A pattern matches several names, so what follows it can't be checked.
			ok := slices.ContainsFunc(names, func(name string) bool { ok, _ := path.Match(part, name); return ok })
			return path.Join(append([]string{at}, parts[i:]...)...), ok, nil
		}
		if !slices.Contains(names, part) {
			if part = Like(part, names); part == "" {
				return at, false, nil
			}
		}
		at = path.Join(at, part)
	}
	return at, true, nil
}

func hasPattern(name string) bool { return strings.ContainsAny(name, `*?[\`) }

// Like returns the name that is most like a misspelt one: it differs in upper case or in few letters. It returns "" if
// there is none.
func Like(misspelt string, names []string) string {
	best, least := "", 3
	for _, name := range names {
		off := distance([]rune(strings.ToLower(misspelt)), []rune(strings.ToLower(name)))
		// Short names are all like each other.
		if off < least && max(len(misspelt), len(name)) >= 3*off {
			best, least = name, off
		}
	}
	return best
}

// distance returns how many letters were added, left out, replaced or swapped with their neighbour. It is our own
// because a swap, the most frequent slip of all, must count once; the Levenshtein package that BuildKit uses counts it
// twice.
func distance(a, b []rune) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range b {
		rows[0][j+1] = j + 1
	}
	for i := range a {
		for j := range b {
			replace := rows[i][j]
			if a[i] != b[j] {
				replace++
			}
			rows[i+1][j+1] = min(rows[i][j+1]+1, rows[i+1][j]+1, replace)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				rows[i+1][j+1] = min(rows[i+1][j+1], rows[i-1][j-1]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
