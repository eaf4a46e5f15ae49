package plan

import "strings"

// settings has a stage that sets things for its steps, and another one that copies from it.
const settings = `FROM a AS x
ENV V=1
ARG A=1
USER u
WORKDIR /w
LABEL l=1
SHELL ["/bin/sh", "-c"]
RUN make
CMD c
FROM b
COPY --from=x /o /o
RUN after
WORKDIR /z
RUN --mount=from=x,target=/m also
FROM b AS last
COPY --from=1 /p /p
`

// afterCopies is what is expected of the steps behind a COPY --from. They are all hits where the copied content is the same
// as before.
const afterCopies = `
stage-1 1/5 :10 hit
stage-1 2/5 :11 maybe: reads from x 3/3
stage-1 3/5 :12 maybe: after stage-1 2/5
stage-1 4/5 :13 maybe: after stage-1 3/5
stage-1 5/5 :14 maybe: reads from x 3/3
last 1/2 :15 hit
last 2/2 :16 maybe: reads from stage-1 5/5
`

const settingsHit = `
x 1/3 :1 hit
x 2/3 :5 hit
x 3/3 :8 hit
stage-1 1/5 :10 hit
stage-1 2/5 :11 hit
stage-1 3/5 :12 hit
stage-1 4/5 :13 hit
stage-1 5/5 :14 hit
last 1/2 :15 hit
last 2/2 :16 hit
`

// settingsThatChange is about instructions that make no step, and how they affect the steps after them.
var settingsThatChange = []row{
	{name: "a variable of a stage that is copied from", before: settings, after: strings.Replace(settings, "V=1", "V=2", 1),
		want: "x 1/3 :1 hit\nx 2/3 :5 hit\nx 3/3 :8 rerun: line 2 was ENV V=1, is ENV V=2" + afterCopies},
	{name: "an argument of a stage that is copied from", before: settings, after: strings.Replace(settings, "A=1", "A=2", 1),
		want: "x 1/3 :1 hit\nx 2/3 :5 hit\nx 3/3 :8 rerun: line 3 was ARG A=1, is ARG A=2" + afterCopies},
	{name: "a user of a stage that is copied from", before: settings, after: strings.Replace(settings, "USER u", "USER v", 1),
		want: "x 1/3 :1 hit\nx 2/3 :5 rerun: line 4 was USER u, is USER v\nx 3/3 :8 rerun: line 4 was USER u, is USER v" + afterCopies},
	{name: "a folder of a stage that is copied from", before: settings, after: strings.Replace(settings, "/w", "/q", 1),
		want: "x 1/3 :1 hit\nx 2/3 :5 rerun: Dockerfile changed: was WORKDIR /w\nx 3/3 :8 rerun: after x 2/3" + afterCopies},
	{name: "a shell of a stage that is copied from", before: settings, after: strings.Replace(settings, "/bin/sh", "/bin/ash", 1),
		want: "x 1/3 :1 hit\nx 2/3 :5 hit\nx 3/3 :8 rerun: line 7 was SHELL [\"/bin/sh\", \"-c\"], is SHELL [\"/bin/ash\", \"-c\"]" + afterCopies},
	{name: "another base of a stage that is copied from", before: settings, after: strings.Replace(settings, "FROM a", "FROM aa", 1),
		want: "x 1/3 :1 rerun: base was docker.io/library/a:latest\nx 2/3 :5 rerun: after x 1/3\nx 3/3 :8 rerun: after x 2/3" + afterCopies},
	{name: "a label", before: settings, after: strings.Replace(settings, "l=1", "l=2", 1), want: settingsHit},
	{name: "a command", before: settings, after: strings.Replace(settings, "CMD c", "CMD d", 1), want: settingsHit},
	{name: "a variable behind the copy", before: "FROM a AS x\nRUN x\nFROM b\nENV V=1\nCOPY --from=x /o /o\nRUN y\n", after: "FROM a AS x\nRUN x\nFROM b\nENV V=2\nCOPY --from=x /o /o\nRUN y\n", want: `
x 1/2 :1 hit
x 2/2 :2 hit
stage-1 1/3 :3 hit
stage-1 2/3 :5 hit
stage-1 3/3 :6 rerun: line 4 was ENV V=1, is ENV V=2
`},
	{name: "a variable that a path has in it", before: "FROM a\nENV D=/x\nCOPY f $D\n", after: "FROM a\nENV D=/y\nCOPY f $D\n", want: `
stage-0 1/2 :1 hit
stage-0 2/2 :3 rerun: line 2 was ENV D=/x, is ENV D=/y
`},
	{name: "an image that is copied from", before: "FROM a\nCOPY --from=c:1 /f /f\nRUN x\n", after: "FROM a\nCOPY --from=c:2 /f /f\nRUN x\n", want: `
stage-0 1/3 :1 hit
stage-0 2/3 :2 maybe: Dockerfile changed: was COPY --from=c:1 /f /f
stage-0 3/3 :3 maybe: after stage-0 2/3
`},
	{name: "a file from elsewhere", before: "FROM a\nADD https://example.org/1 /f\nRUN x\n", after: "FROM a\nADD https://example.org/2 /f\nRUN x\n", want: `
stage-0 1/3 :1 hit
stage-0 2/3 :2 rerun: Dockerfile changed: was ADD https://example.org/1 /f
stage-0 3/3 :3 rerun: after stage-0 2/3
`},
	{name: "a folder of the stage below", before: "FROM a AS x\nWORKDIR /w\nRUN x\nFROM x\nRUN y\n", after: "FROM a AS x\nWORKDIR /w\nRUN x\nWORKDIR /\nFROM x\nRUN y\n", want: `
x 1/3 :1 hit
x 2/3 :2 hit
x 3/3 :3 hit
stage-1 1/1 :6 rerun: line 4 is new: WORKDIR /
`},
	{name: "a folder that makes no step any more", before: "FROM a\nWORKDIR /w\nCOPY f .\n", after: "FROM a\nWORKDIR /\nCOPY f .\n", want: `
stage-0 1/2 :1 hit
stage-0 2/2 :3 rerun: line 2 was WORKDIR /w, is WORKDIR /
`},
}
