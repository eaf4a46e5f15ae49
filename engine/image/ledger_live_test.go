package image

import (
	"strings"
	"testing"

	"github.com/stagewatch/stagewatch/engine/event"
)

const wasteful = `FROM python:3.9-slim AS build
WORKDIR /work
COPY big.txt sub/ ./
RUN mkdir -p /opt/keep /var/lib/apt/lists /root/.cache/pip/x && head -c 300000 /dev/zero >/opt/first && ln /opt/first /opt/second && ln -s first /opt/link \
 && head -c 50000 /dev/zero >/var/lib/apt/lists/list && head -c 70000 /dev/zero >/root/.cache/pip/x/y
RUN rm /opt/first && head -c 1000 /dev/zero >/opt/keep/a && head -c 4000 /dev/zero >big.txt
RUN rm -rf /var/lib/apt/lists/*
RUN chown root:root /opt/second && chmod 600 /opt/keep/a
RUN rm -f /nothing/there

FROM python:3.9-alpine
WORKDIR /app
COPY --from=build /opt /opt
COPY --from=build /work/*.txt /app/
COPY --from=0 --chown=1:1 /work/one /app/one
COPY own.txt .
RUN cp /etc/os-release /copied && apk --version >/dev/null 2>&1; true
`

func TestLayersAreThoseThatDockerSaves(t *testing.T) {
	s := newStages(t)
	s.write("Dockerfile", wasteful)
	s.write("big.txt", strings.Repeat("big ", 5000))
	s.write("sub/one", "one")
	s.write("sub/two", "two two")
	s.write("own.txt", "own")
	s.read(func(before, after *Stage, _ Open) error {
		s.compareWithSave(before)
		s.compareWithSave(after)
		l := Account(before, after, s.store.Basis())
		addsUp(t, before, after, l)
		return nil
	})
}

func addsUp(t *testing.T, before, after *Stage, l event.Ledger) {
	t.Helper()
	if got := l.BaseAfter.Bytes + sumOf(l.Carried) + sumOf(l.Own); got != after.Size.Bytes {
		t.Errorf("base, carried and own are %d bytes, the stage %d", got, after.Size.Bytes)
	}
	if got := sumOf(l.Left) + l.Taken; got != before.Size.Bytes {
		t.Errorf("left and taken are %d bytes, the stage %d", got, before.Size.Bytes)
	}
	if got := l.SavedByBase + l.SavedByCopy; got != before.Size.Bytes-after.Size.Bytes {
		t.Errorf("saved %d bytes, the stages differ by %d", got, before.Size.Bytes-after.Size.Bytes)
	}
	for _, st := range []*Stage{before, after} {
		var lost int64
		for _, w := range l.Wasted {
			if w.Stage == st.Plan.Target && w.Reason != event.FreedNothing {
				lost += w.Bytes
			}
		}
		if want := st.Size.Bytes - st.top().bytes() - st.links(); lost != want {
			t.Errorf("stage %s: %d bytes wasted, and %d are not in its files", st.Plan.Target, lost, want)
		}
	}
}
