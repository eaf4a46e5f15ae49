package plan

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
)

// repository is where git keeps what it knows of a source.
const repository = ".git"

// What a script has that reads the repository, that brings along one of its own, and that only takes one away.
var (
	readsRepository = regexp.MustCompile(`\bgit\s(?:\s*-[^\s;&|]+(?:[= ][^-\s;&|]\S*)??)*\s*(?:archive|branch|describe|diff|diff-index|for-each-ref|log|ls-files|name-rev|rev-list|rev-parse|shortlog|show|show-ref|status|submodule|symbolic-ref|tag)\b|(?:^|[\s/"'=(])\.git(?:[\s/"');&|]|$)`)
	bringsItsOwn    = regexp.MustCompile(`\bgit\s(?:[^;&|]*\s)?(?:clone|init|fetch)\b`)
	takesAway       = regexp.MustCompile(`\brm\s[^;&|]*`)
)

// asksGit reports whether a step runs git on the source, or looks into .git, its own or that of another stage.
func (p *Plan) asksGit() bool {
	for i := range p.ops {
		o := &p.ops[i]
		if p.takesRepository(o) {
			return true
		}
		script := takesAway.ReplaceAllString(strings.Join(o.pb.GetExec().GetMeta().GetArgs(), " "), "")
		if readsRepository.MatchString(script) && !bringsItsOwn.MatchString(script) {
			return true
		}
	}
	return false
}

// takesRepository reports whether the op copies or mounts .git, or what is in it, out of another stage. An image
// has one of its own.
func (p *Plan) takesRepository(o *op) bool {
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

// Named lists, by context ("context" is the main one), the paths that the steps name of it: the sources of COPY, ADD
// and bind mounts, and what they are where links lead. They are relative to the context, sorted, each once, and have
// wildcards as [path.Match] knows them. The whole of a context is no name, but where a RUN asks git about the source
// that is copied, or a step takes .git out of a stage that has it, it is .git that is asked for.
func (p *Plan) Named(tree Tree) map[string][]string {
	named := map[string][]string{}
	x := newIndex(nil, tree)
	for _, r := range p.readers {
		links, _ := x.symlinks(r.context)
		for _, s := range r.selectors {
			named[r.context] = append(named[r.context], s.names(links)...)
		}
	}
	if p.asksGit() && p.Reads(Change{Change: event.Change{Path: repository, Kind: event.ContentChanged}}, tree) {
		named[mainContext] = append(named[mainContext], repository)
	}
	for context, names := range named {
		slices.Sort(names)
		named[context] = slices.Compact(names)
	}
	return named
}

// names are the paths where the selection starts, or what of its path --parents includes.
func (s *selector) names(links map[string]string) []string {
	var names []string
	for _, include := range s.includes {
		names = append(names, clean(path.Join(s.path, include)))
	}
	if len(s.includes) == 0 {
		for _, root := range s.roots(links) {
			if !s.wildcards {
				root = literal.Replace(root)
			}
			names = append(names, root)
		}
	}
	return slices.DeleteFunc(names, func(name string) bool { return name == "" })
}

// literal takes the meaning from what would be a wildcard.
var literal = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`)
