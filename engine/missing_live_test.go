package engine

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moby/buildkit/solver/pb"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/solve"
)

// TestALinkThatLeadsNowhere is copied as it is, unless patterns are given and the engine looks behind it: that is said, and
// what to do about it works.
func TestALinkThatLeadsNowhere(t *testing.T) {
	for name, c := range map[string]struct {
		link, copied, message, mend string
		// always says that all engines look behind it, and not those before BuildKit 0.20 alone.
		always bool
	}{
		"of the context":           {"sub/dangling", "COPY --exclude=x sub /app/", "sub/dangling is a link to sub/nowhere, which is not in the context", ".dockerignore", false},
		"at the context's top":     {"dangling", "COPY --exclude=x . /app/", "dangling is a link to nowhere, which is not in the context", ".dockerignore", true},
		"of a stage, below a name": {"dangling", "COPY --from=build --exclude=x /app /app", "/app/nowhere is not in build, or is a link that leads nowhere", "Dockerfile", false},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLive(t)
			b, err := solve.New(t.Context(), l.engine)
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			if b.Caps().Supports(pb.CapFileCopyIncludeExcludePatterns) != nil {
				t.Skip("this engine knows no --exclude")
			}
			link := filepath.Join(l.dir, c.link)
			if err := errors.Join(os.MkdirAll(filepath.Dir(link), 0o755), os.Symlink("nowhere", link)); err != nil {
				t.Fatal(err)
			}
			dockerfile := strings.Replace(liveDockerfile, "COPY --from=build /app /app", c.copied, 1)
			l.write("Dockerfile", dockerfile)
			l.start(config.Config{})
			// BuildKit 0.20 brought devices.
			if c.always || b.Caps().Supports(pb.CapExecMetaCDI) != nil {
				failed, _ := await[event.Failed](l, nil)
				if failed.Message != c.message || !strings.Contains(failed.Hint, "looks behind links") || failed.Line != 9 {
					t.Errorf("line %d: it says %q, hint %q", failed.Line, failed.Message, failed.Hint)
				}
				if c.mend == "Dockerfile" {
					l.write("Dockerfile", strings.Replace(dockerfile, "COPY . .", "COPY . .\nRUN rm dangling", 1))
				} else {
					l.write(".dockerignore", c.link+"\n")
				}
			}
			await[event.Built](l, nil)
		})
	}
}
