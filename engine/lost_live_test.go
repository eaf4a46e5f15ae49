package engine

import (
	"strings"
	"testing"

	"github.com/moby/buildkit/client"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/event"
)

// TestACacheThatIsPrunedWithoutAnEvent, as `docker buildx prune` does it, breaks promises of the plan, and is named as what
// broke them.
func TestACacheThatIsPrunedWithoutAnEvent(t *testing.T) {
	l, p := onPrivate(t, "")
	l.write("Dockerfile", `FROM base AS build
COPY requirements.txt /requirements.txt
RUN ["/app", "-life", "1ms"]
COPY page.txt /page.txt

FROM base
COPY --from=build /page.txt /page.txt
CMD ["/app", "-listen", ":8080"]
`)
	l.start(config.Config{})
	await[event.Serving](l, nil)
	await[event.Ledger](l, nil)
	builder, err := p.Engine.BuildKit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer builder.Close()
	if err := builder.Prune(t.Context(), nil, client.PruneAll); err != nil {
		t.Fatal(err)
	}
	l.write("page.txt", "two")
	w, e := await(l, func(w event.Warning) bool { return w.Code == event.CodePromiseBroken })
	if e.Build != 2 || !strings.Contains(w.Message, "the builder had lost the result") || w.Hint != "" {
		t.Errorf("build %d: %s (%s)", e.Build, w.Message, w.Hint)
	}
	// What is lost once is not lost again.
	l.write("page.txt", "three")
	b, _ := await(l, func(b event.Built) bool { return b.Score.Excused > 0 })
	if b.Score.Promised != b.Score.Held+b.Score.Excused {
		t.Errorf("the score is %+v", b.Score)
	}
}
