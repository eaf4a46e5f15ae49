package plan

import (
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
)

// dockerfilesThatChange is about stages, what they hand on to each other, and edits of the Dockerfile.
var dockerfilesThatChange = []row{
	{name: "no change, all hits", before: "FROM a AS x\nCOPY a /a\nFROM b\nCOPY --from=x /a /a\n", want: `
x 1/2 :1 hit
x 2/2 :2 hit
stage-1 1/2 :3 hit
stage-1 2/2 :4 hit
`},
	{name: "a changed instruction reruns itself and what follows", before: sample,
		after: strings.Replace(sample, "cache purge", "cache info", 1), want: `
build 1/6 :1 hit
build 2/6 :2 hit
build 3/6 :3 hit
build 4/6 :4 hit
build 5/6 :5 hit
build 6/6 :6 hit
stage-1 1/5 :8 hit
stage-1 2/5 :9 hit
stage-1 3/5 :10 hit
stage-1 4/5 :11 hit
stage-1 5/5 :12 rerun: Dockerfile changed: was RUN pip cache purge
`},
	{name: "another base", before: "FROM a\nRUN x\n", after: "FROM b\nRUN x\n", want: `
stage-0 1/2 :1 rerun: base was docker.io/library/a:latest
stage-0 2/2 :2 rerun: after stage-0 1/2
`},
	{name: "a comment changes nothing", before: "FROM a\nRUN x\n", after: "FROM a\n# why\nRUN x\n", want: `
stage-0 1/2 :1 hit
stage-0 2/2 :3 hit
`},
	{name: "a new COPY leaves the others alone", before: "FROM a\nCOPY x /\n", after: "FROM a\nCOPY x /\nCOPY y /\n", want: `
stage-0 1/3 :1 hit
stage-0 2/3 :2 hit
stage-0 3/3 :3 rerun: new in the Dockerfile
`},
	{name: "by index, unneeded stages left out", before: "FROM a\nCOPY x /x\nFROM b AS unused\nCOPY y /y\nFROM c\nCOPY --from=0 /x /x\n", changes: changed(event.ContentChanged, "x", "y"), want: `
stage-0 1/2 :1 hit
stage-0 2/2 :2 rerun: x changed
stage-2 1/2 :5 hit
stage-2 2/2 :6 maybe: reads from stage-0 2/2
`},
	{name: "bind mount", before: "FROM a\nRUN --mount=type=bind,source=src,target=/src make\nRUN after\n", changes: changed(event.ContentChanged, "src/x.c"), want: `
stage-0 1/3 :1 hit
stage-0 2/3 :2 rerun: src/x.c changed
stage-0 3/3 :3 rerun: after stage-0 2/3
`},
	{name: "bind mount from a stage", before: "FROM a AS x\nCOPY s /s\nFROM b\nRUN --mount=from=x,target=/x cp /x/s /s\n", changes: changed(event.ContentChanged, "s"), want: `
x 1/2 :1 hit
x 2/2 :2 rerun: s changed
stage-1 1/2 :3 hit
stage-1 2/2 :4 maybe: reads from x 2/2
`},
	{name: "an ARG in FROM and in a source", before: "ARG BASE=a\nFROM $BASE AS x\nARG DIR=one\nCOPY $DIR /d\nFROM x\nRUN y\n", attrs: map[string]string{"build-arg:DIR": "two"}, changes: changed(event.ContentChanged, "two/x"), want: `
x 1/2 :2 hit
x 2/2 :4 rerun: two/x changed
stage-1 1/1 :6 rerun: after x 2/2
`},
	{name: "heredocs", before: "FROM a\nCOPY <<E /e\nhello\nE\nRUN <<E\necho\nE\n", after: "FROM a\nCOPY <<E /e\nbye\nE\nRUN <<E\necho\nE\n", want: `
stage-0 1/3 :1 hit
stage-0 2/3 :2 rerun: the Dockerfile changed
stage-0 3/3 :5 rerun: after stage-0 2/3
`},
	{name: "stages that are to run without the cache", before: "FROM a AS x\nRUN one\nFROM b\nCOPY --from=x /1 /\nRUN two\n", attrs: map[string]string{"no-cache": "x"}, want: `
x 1/2 :1 hit
x 2/2 :2 rerun: set not to use the cache
stage-1 1/3 :3 hit
stage-1 2/3 :4 maybe: reads from x 2/2
stage-1 3/3 :5 maybe: after stage-1 2/3
`},
	{name: "an instruction that is put in between stands for none that was there", before: "FROM a\nRUN one\nRUN two\n", after: "FROM a\nRUN one\nRUN new\nRUN two\n", want: `
stage-0 1/4 :1 hit
stage-0 2/4 :2 hit
stage-0 3/4 :3 rerun: new in the Dockerfile
stage-0 4/4 :4 rerun: after stage-0 3/4
`},
	{name: "an instruction that is taken out", before: "FROM a\nRUN one\nRUN two\nRUN three\n", after: "FROM a\nRUN one\nRUN three\n", want: `
stage-0 1/3 :1 hit
stage-0 2/3 :2 hit
stage-0 3/3 :3 rerun: RUN two was removed
`},
	{name: "what a variable was set to", before: "FROM a\nENV MODE=debug\nRUN one\nRUN two\n", after: "FROM a\nENV MODE=release\nRUN one\nRUN two\n", want: `
stage-0 1/3 :1 hit
stage-0 2/3 :3 rerun: line 2 was ENV MODE=debug, is ENV MODE=release
stage-0 3/3 :4 rerun: line 2 was ENV MODE=debug, is ENV MODE=release
`},
	{name: "a variable, a user and a shell that come and go", before: "FROM a\nUSER 7\nRUN one\nFROM b\nRUN two\nCOPY --from=0 /x /x\n", after: "FROM a\nRUN one\nFROM b\nSHELL [\"/bin/ash\", \"-c\"]\nRUN two\nCOPY --from=0 /x /x\n", want: `
stage-0 1/2 :1 hit
stage-0 2/2 :2 rerun: USER 7 was removed
stage-1 1/3 :3 hit
stage-1 2/3 :5 rerun: line 4 is new: SHELL ["/bin/ash", "-c"]
stage-1 3/3 :6 rerun: after stage-1 2/3
`},
	{name: "a stage that was not needed", before: "FROM a\nRUN x\nFROM b\n", after: "FROM a\nRUN x\nFROM b\nCOPY --from=0 /x /x\n", want: `
stage-0 1/2 :1 maybe: not needed before: there may be a result of an earlier build
stage-0 2/2 :2 maybe: not needed before: there may be a result of an earlier build
stage-1 1/2 :3 hit
stage-1 2/2 :4 rerun: new in the Dockerfile
`},
	{name: "an argument before the first stage", before: "ARG V=1\nFROM a\nARG V\nRUN make\n", after: "ARG V=2\nFROM a\nARG V\nRUN make\n", want: `
stage-0 1/2 :2 hit
stage-0 2/2 :4 rerun: line 1 was ARG V=1, is ARG V=2
`},
	{name: "what a heredoc says", before: "FROM a\nRUN <<E\none\ntwo\nE\n", after: "FROM a\nRUN <<E\none\nthree\nE\n", want: `
stage-0 1/2 :1 hit
stage-0 2/2 :2 rerun: Dockerfile changed: was RUN <<E one two
`},
	{name: "another command, which is no step", before: "FROM a\nRUN x\nCMD y\n", after: "FROM a\nRUN x\nCMD z\n", want: `
stage-0 1/2 :1 hit
stage-0 2/2 :2 hit
`},
	{name: "another order", before: "FROM a\nCOPY x /\nCOPY y /\n", after: "FROM a\nCOPY y /\nCOPY x /\n", want: `
stage-0 1/3 :1 hit
stage-0 2/3 :2 rerun: new in the Dockerfile
stage-0 3/3 :3 rerun: after stage-0 2/3
`},
	{name: "a bind mount for writing is keyed by content too", before: "FROM a\nRUN --mount=type=bind,source=src,target=/src,rw make\n", changes: changed(event.ContentChanged, "doc/x"), want: `
stage-0 1/2 :1 hit
stage-0 2/2 :2 hit
`},
	{name: "a stage goes by its name in any case, and by its number", before: "FROM a AS Build\nCOPY x /x\nFROM b\nCOPY --from=BUILD /x /x\nCOPY --from=0 /y /y\n", changes: changed(event.ContentChanged, "x"), want: `
build 1/2 :1 hit
build 2/2 :2 rerun: x changed
stage-1 1/3 :3 hit
stage-1 2/3 :4 maybe: reads from build 2/2
stage-1 3/3 :5 maybe: reads from build 2/2
`},
	{name: "COPY --link stands on nothing, and what follows it does", before: "FROM a\nCOPY x /x\nCOPY --link y /y\nRUN z\n", changes: changed(event.ContentChanged, "x"), want: `
stage-0 1/4 :1 hit
stage-0 2/4 :2 rerun: x changed
stage-0 3/4 :3 hit
stage-0 4/4 :4 rerun: after stage-0 3/4
`},
	{name: "identical steps are merged", before: "FROM a AS x\nRUN same\nFROM a AS y\nRUN same\nFROM scratch\nCOPY --from=x /1 /\nCOPY --from=y /2 /\n", want: `
x 1/2 :1 hit
x 2/2 :2 hit
y 1/2 :3 hit
y 2/2 :4 hit
stage-2 1/2 :6 hit
stage-2 2/2 :7 hit
`},
}
