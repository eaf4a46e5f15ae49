package plan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stagewatch/stagewatch/engine/event"
)

// manySteps is a Dockerfile of so many steps, in stages of a hundred that copy from each other.
func manySteps(steps int) string {
	var b strings.Builder
	for i := range steps {
		if i%100 == 0 {
			fmt.Fprintf(&b, "FROM base AS s%d\n", i/100)
			if i > 0 {
				fmt.Fprintf(&b, "COPY --from=s%d /out /in\n", i/100-1)
			}
		}
		switch i % 3 {
		case 0:
			fmt.Fprintf(&b, "COPY dir%d/*/file /to%d/\n", i, i)
		case 1:
			fmt.Fprintf(&b, "COPY src/%d /src/\n", i)
		default:
			fmt.Fprintf(&b, "RUN make %d\n", i)
		}
	}
	return b.String()
}

func manyChanges(count int) []Change {
	changes := make([]Change, count)
	for i := range changes {
		changes[i] = Change{Change: event.Change{Path: fmt.Sprintf("src/%d/deep/%d.go", i%500, i), Kind: event.ContentChanged}}
	}
	return changes
}

func manyLinks(count int) links {
	l := links{}
	for i := range count {
		l[fmt.Sprintf("node_modules/.bin/tool%d", i)] = fmt.Sprintf("../tool%d/cli.js", i)
	}
	return l
}

func BenchmarkNew(b *testing.B) {
	for _, steps := range []int{10, 100, 1000} {
		b.Run(fmt.Sprint(steps), func(b *testing.B) {
			in := Input{Dockerfile: []byte(manySteps(steps)), Filename: "Dockerfile"}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := New(b.Context(), in, Offline{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkPredict(b *testing.B) {
	for _, size := range []struct{ steps, changes, links int }{{10, 1, 0}, {1000, 1, 0}, {1000, 100_000, 0}, {1000, 100_000, 5000}} {
		b.Run(fmt.Sprintf("%d-%d-%d", size.steps, size.changes, size.links), func(b *testing.B) {
			p := planned(b, manySteps(size.steps))
			changes, tree := manyChanges(size.changes), manyLinks(size.links)
			b.ReportAllocs()
			for b.Loop() {
				p.Predict(p, changes, tree)
			}
		})
	}
}

// BenchmarkPredictEdited predicts for a Dockerfile whose first instruction is another one.
func BenchmarkPredictEdited(b *testing.B) {
	old := planned(b, manySteps(1000))
	p := planned(b, strings.ReplaceAll(manySteps(1000), "FROM base", "FROM other"))
	b.ReportAllocs()
	for b.Loop() {
		p.Predict(old, nil, nil)
	}
}

func BenchmarkRelevant(b *testing.B) {
	p := planned(b, manySteps(1000))
	changes, tree := manyChanges(100_000), manyLinks(5000)
	b.ReportAllocs()
	for b.Loop() {
		p.Relevant(changes, tree)
	}
}

func BenchmarkReads(b *testing.B) {
	p := planned(b, sample)
	changes, tree := manyChanges(1), manyLinks(5000)
	b.ReportAllocs()
	for b.Loop() {
		p.Reads(changes[0], tree)
	}
}

func BenchmarkBind(b *testing.B) {
	p := planned(b, manySteps(1000))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Bind("session"); err != nil {
			b.Fatal(err)
		}
	}
}

func planned(b *testing.B, dockerfile string) *Plan {
	b.Helper()
	p, err := New(b.Context(), Input{Dockerfile: []byte(dockerfile), Filename: "Dockerfile"}, Offline{})
	if err != nil {
		b.Fatal(err)
	}
	return p
}
