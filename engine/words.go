package engine

import "github.com/moby/buildkit/util/suggest"

// Nearest is the one of the words that a misspelt one may mean, empty for none.
func Nearest(misspelt string, words []string) string {
	match, _ := suggest.Search(misspelt, words, true)
	return match
}
