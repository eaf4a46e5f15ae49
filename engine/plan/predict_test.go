package plan

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stagewatch/stagewatch/engine/event"
)

// row is one case of TestPredict. after is the Dockerfile of the new plan, empty where it is the same as before.
type row struct {
	name, before, after string
	attrs               map[string]string
	changes             []Change
	links               links
	want                string
}

func TestPredict(t *testing.T) {
	for _, tt := range slices.Concat(filesThatChange, dockerfilesThatChange, settingsThatChange) {
		t.Run(tt.name, func(t *testing.T) {
			before := mustPlan(t, tt.before, tt.attrs)
			p := before
			if tt.after != "" {
				p = mustPlan(t, tt.after, tt.attrs)
			}
			if diff := cmp.Diff(strings.TrimPrefix(tt.want, "\n"), show(p, p.Predict(before, tt.changes, tt.links))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// filesThatChange is about which paths of the context a step reads.
var filesThatChange = []row{
	{name: "a source edit does not reinstall the requirements", before: sample, changes: changed(event.ContentChanged, "app/main.py"), want: `
build 1/6 :1 hit
build 2/6 :2 hit
build 3/6 :3 hit
build 4/6 :4 hit
build 5/6 :5 rerun: app/main.py changed
build 6/6 :6 rerun: after build 5/6
stage-1 1/5 :8 hit
stage-1 2/5 :9 hit
stage-1 3/5 :10 maybe: reads from build 6/6
stage-1 4/5 :11 maybe: reads from build 6/6
stage-1 5/5 :12 maybe: after stage-1 4/5
`},
	{name: "an edit of a folder that is a base", before: "FROM rootfs AS base\nRUN make\nFROM base\nCOPY x /\n", attrs: map[string]string{"context:rootfs": "local:rootfs"},
		changes: []Change{{Change: event.Change{Path: "etc/note", Kind: event.ContentChanged}, Context: "rootfs"}}, want: `
base 1/2 :1 hit
base 2/2 :2 rerun: rootfs:etc/note changed
stage-1 1/1 :4 rerun: after base 2/2
`},
	{name: "an edit beside a folder that is a base", before: "FROM rootfs AS base\nRUN make\nFROM base\nCOPY x /\n", attrs: map[string]string{"context:rootfs": "local:rootfs"},
		changes: changed(event.ContentChanged, "x"), want: `
base 1/2 :1 hit
base 2/2 :2 maybe: reruns when any file of its context was touched
stage-1 1/1 :4 rerun: x changed
`},
	{name: "an edit of the requirements reruns what follows", before: sample, changes: changed(event.ContentChanged, "requirements.txt"), want: `
build 1/6 :1 hit
build 2/6 :2 hit
build 3/6 :3 rerun: requirements.txt changed
build 4/6 :4 rerun: after build 3/6
build 5/6 :5 rerun: requirements.txt changed
build 6/6 :6 rerun: after build 5/6
stage-1 1/5 :8 hit
stage-1 2/5 :9 hit
stage-1 3/5 :10 maybe: reads from build 6/6
stage-1 4/5 :11 maybe: reads from build 6/6
stage-1 5/5 :12 maybe: after stage-1 4/5
`},
	{name: "an edit that no step reads", before: "FROM a\nCOPY src /src\n", changes: changed(event.ContentChanged, "README.md", "srcs/x"), want: `
stage-0 1/2 :1 hit
stage-0 2/2 :2 hit
`},
	{name: "globs", before: "FROM a\nCOPY *.txt d/*/x.py /t/\nCOPY [ab].c /c/\n", changes: changed(event.Added, "d/e/x.py", "d/x.py", "f/a.txt"), want: `
stage-0 1/3 :1 hit
stage-0 2/3 :2 rerun: d/e/x.py was added
stage-0 3/3 :3 rerun: after stage-0 2/3
`},
	{name: "a deleted folder takes its files along", before: "FROM a\nCOPY a/b/c /c\n", changes: changed(event.Deleted, "a/"), want: `
stage-0 1/2 :1 hit
stage-0 2/2 :2 rerun: a was deleted
`},
	{name: "the mode of a folder above counts for nothing", before: "FROM a\nCOPY a/b /b\n", changes: changed(event.ModeChanged, "a/"), want: `
stage-0 1/2 :1 hit
stage-0 2/2 :2 hit
`},
	{name: "exclude and parents", before: "# syntax=docker/dockerfile:1\nFROM a\nCOPY --exclude=*.md --exclude=docs . /x\nCOPY --parents src/**/*.py /y/\n", changes: changed(event.ContentChanged, "a.md", "docs/x"), want: `
stage-0 1/3 :2 hit
stage-0 2/3 :3 hit
stage-0 3/3 :4 hit
`},
	{name: "a link in the source's path", before: "FROM a\nCOPY cur/x /x\n", links: links{"cur": "rel/1"}, changes: changed(event.ContentChanged, "rel/1/x"), want: `
stage-0 1/2 :1 hit
stage-0 2/2 :2 rerun: rel/1/x changed
`},
	{name: "a link that is copied as one", before: "FROM a\nCOPY d /d\n", links: links{"d/l": "../other"}, changes: changed(event.ContentChanged, "other"), want: `
stage-0 1/2 :1 hit
stage-0 2/2 :2 hit
`},
	{name: "a link among the links of a glob", before: "FROM a\nCOPY bin/* /bin/\n", links: links{"bin/run": "../tool/run", "tool": "opt"}, changes: changed(event.ContentChanged, "opt/run"), want: `
stage-0 1/2 :1 hit
stage-0 2/2 :2 rerun: opt/run changed
`},
	{name: "a link that --exclude is asked of, which BuildKit keys by all that is behind it", before: "FROM a\nCOPY --exclude=lib l.txt /d/\nCOPY --exclude=lib up/sub /e/\nCOPY --exclude=l* . /f/\n", links: links{"l.txt": "src", "up": "src"}, changes: changed(event.Deleted, "src/lib/x", "src/sub/lib/y"), want: `
stage-0 1/4 :1 hit
stage-0 2/4 :2 rerun: src/lib/x and 1 more changed
stage-0 3/4 :3 rerun: after stage-0 2/4
stage-0 4/4 :4 rerun: src/lib/x and 1 more changed
`},
	{name: "a link that --exclude leaves out", before: "FROM a\nCOPY --exclude=l.txt g /d/\n", links: links{"g/l.txt": "../src"}, changes: changed(event.ContentChanged, "src/a"), want: `
stage-0 1/2 :1 hit
stage-0 2/2 :2 hit
`},
	{name: "a link below what a glob selects, which BuildKit 0.9 and later follow", before: "FROM a\nCOPY [as]* /d/\nCOPY --exclude=*.md doc /doc\n", links: links{"src/up": "../top", "doc/l": "x/y"}, changes: changed(event.ContentChanged, "doc/x/y", "top/z"), want: `
stage-0 1/3 :1 hit
stage-0 2/3 :2 rerun: top/z changed
stage-0 3/3 :3 rerun: doc/x/y changed
`},
	{name: "two dots after a link mean the folder above its target", before: "FROM a\nCOPY l/x /x\n", links: links{"l": "b/../c", "b": "deep/er"}, changes: changed(event.ContentChanged, "deep/c/x", "c/x"), want: `
stage-0 1/2 :1 hit
stage-0 2/2 :2 rerun: deep/c/x changed
`},
	{name: "links in a ring end somewhere", before: "FROM a\nCOPY l /x\n", links: links{"l": "m/x", "m": "l/y"}, changes: changed(event.ContentChanged, "z"), want: `
stage-0 1/2 :1 hit
stage-0 2/2 :2 hit
`},
	{name: "a link that points elsewhere now", before: "FROM a\nCOPY cur/x /x\n", links: links{"cur": "two"}, changes: changed(event.ContentChanged, "cur"), want: `
stage-0 1/2 :1 hit
stage-0 2/2 :2 rerun: cur changed
`},
	{name: "the folder that is copied counts with its own mode, and its files with theirs", before: "FROM a\nCOPY d /d\nFROM b\nCOPY d/f /f\nCOPY --from=0 /d /d\n", changes: changed(event.ModeChanged, "d/"), want: `
stage-0 1/2 :1 hit
stage-0 2/2 :2 rerun: d changed its mode
stage-1 1/3 :3 hit
stage-1 2/3 :4 hit
stage-1 3/3 :5 maybe: reads from stage-0 2/2
`},
	{name: "a file that is a folder now, and one that was a folder", before: "FROM a\nCOPY a/b/c /c\nCOPY x /x\n", changes: append(changed(event.ContentChanged, "a/b", "x/"), changed(event.Added, "x/y")...), want: `
stage-0 1/3 :1 hit
stage-0 2/3 :2 rerun: a/b changed
stage-0 3/3 :3 rerun: x and 1 more changed
`},
	{name: "an archive to unpack", before: "FROM a\nADD data.tar /d/\nADD *.tgz /e/\n", changes: changed(event.ContentChanged, "data.tar"), want: `
stage-0 1/3 :1 hit
stage-0 2/3 :2 rerun: data.tar changed
stage-0 3/3 :3 rerun: after stage-0 2/3
`},
	{name: "a link of a named context", before: "FROM a\nCOPY --from=assets img /img\n", attrs: map[string]string{"context:assets": "local:assets"}, changes: []Change{{Change: event.Change{Path: "v2/x", Kind: event.ContentChanged}, Context: "assets"}}, links: links{"assets:img": "v2"}, want: `
stage-0 1/2 :1 hit
stage-0 2/2 :2 rerun: assets:v2/x changed
`},
	{name: "a link that only another context has", before: "FROM a\nCOPY --from=assets img /img\n", attrs: map[string]string{"context:assets": "local:assets"}, changes: []Change{{Change: event.Change{Path: "v2/x", Kind: event.ContentChanged}, Context: "assets"}}, links: links{"img": "v2"}, want: `
stage-0 1/2 :1 hit
stage-0 2/2 :2 hit
`},
}
