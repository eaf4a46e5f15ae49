package plan

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
)

// repository is the folder of a git repository.
const repository = ".git"

// Patterns of shell scripts: repositoryUse matches a script that reads the source's repository, clonesRepository one that
// brings its own, and removesPaths the commands that only remove files.
var (
	repositoryUse    = regexp.MustCompile(`\bgit\s(?:\s*-[^\s;&|]+(?:[= ][^-\s;&|]\S*)??)*\s*(?:archive|branch|describe|diff|diff-index|for-each-ref|log|ls-files|name-rev|rev-list|rev-parse|shortlog|show|show-ref|status|submodule|symbolic-ref|tag)\b|(?:^|[\s/"'=(])\.git(?:[\s/"');&|]|$)`)
	clonesRepository = regexp.MustCompile(`\bgit\s(?:[^;&|]*\s)?(?:clone|init|fetch)\b`)
	removesPaths     = regexp.MustCompile(`\brm\s[^;&|]*`)
)

// usesRepository reports whether a step runs git on the source, or reads .git in its own stage or in another one.
func (p *Plan) usesRepository() bool {
	for i := range p.ops {
		o := &p.ops[i]
		if p.copiesRepository(o) {
			return true
		}
		script := removesPaths.ReplaceAllString(strings.Join(o.pb.GetExec().GetMeta().GetArgs(), " "), "")
		if repositoryUse.MatchString(script) && !clonesRepository.MatchString(script) {
			return true
		}
	}
	return false
}

// copiesRepository reports whether the op copies or mounts .git, or a part of it, from another stage. The .git of an image
// is not that of the source.
func (p *Plan) copiesRepository(o *op) bool {
	for k, j := range o.inputs {
		if p.ops[j].pb.GetSource() != nil {
			continue
		}
		for _, s := range o.selectors(k, true) {
			if slices.Contains(strings.Split(s.path, "/"), repository) {
				return true
			}
		}
	}
	return false
}

// Named returns, by context ("context" is the main one), the paths that the steps name explicitly: the sources of COPY,
// ADD and bind mounts, and the paths that these lead to through symbolic links. They are relative to the context, sorted,
// without duplicates, and can have the wildcards of [path.Match].
//
// A step that reads the whole context names nothing. But .git is named where a RUN uses git on the copied source, or a
// step copies .git from another stage.
func (p *Plan) Named(tree Tree) map[string][]string {
	named := map[string][]string{}
	x := newIndex(nil, tree)
	for _, r := range p.readers {
		links := x.symlinks(r.context)
		for _, s := range r.selectors {
			named[r.context] = append(named[r.context], s.names(links)...)
		}
	}
	if p.usesRepository() && p.Reads(Change{Change: event.Change{Path: repository, Kind: event.ContentChanged}}, tree) {
		named[mainContext] = append(named[mainContext], repository)
	}
	for context, names := range named {
		slices.Sort(names)
		named[context] = slices.Compact(names)
	}
	return named
}

// names returns the paths where the selection starts, or, for --parents, its include patterns below its path.
func (s *selector) names(links map[string]string) []string {
	var names []string
	for _, include := range s.includes {
		names = append(names, clean(path.Join(s.path, include)))
	}
	if len(s.includes) == 0 {
		for _, root := range s.roots(links) {
			name := root.path
			if !s.wildcards {
				name = literal.Replace(name)
			}
			names = append(names, name)
		}
	}
	return slices.DeleteFunc(names, func(name string) bool { return name == "" })
}

// literal escapes wildcards.
var literal = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`)
