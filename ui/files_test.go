package ui

import (
	"strings"
	"testing"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/present"
	"github.com/stagewatch/stagewatch/ui/rows"
	"github.com/stagewatch/stagewatch/ui/story"
)

// TestFilesAreAskedForAndFollow: opening a layer asks for its files, and those of the next build take their place.
func TestFilesAreAskedForAndFollow(t *testing.T) {
	o := &outside{}
	s := newScreen(t, 120, 40, o.hooks)
	events := recording(t, "python-app")
	s.play(until(t, events, 1, kind("ledger", 1)))
	s.cmds = nil
	s.press("2", "]", "G", "k", "k", "enter").run()
	s.sent(o, event.Inspect{})
	s.shows("Files of stage stage-1, layer 2 (build #1)", "reading the files")
	first := until(t, events, 1, kind("files", 1))
	s.play(first[len(first)-1:])
	s.shows("COPY --from=build /usr/local/lib/python3.9/site-packages", "werkzeug", "+ 6 added", "~ 1 changed")
	rest := until(t, events, 1, kind("files", 2))[len(first):]
	s.play(rest)
	s.shows("Files of stage stage-1, layer 2 (build #2)", "python_app")
	s.press("enter")
	s.want(len(o.intents) == 1, "asked again for what is here")
	s.press("esc")
	s.want(len(s.board.Pages) == 0, "still open")
}

// TestAFileIsFoundWhereItIsFolded: the search goes through the whole tree, and unfolds what it stops in.
func TestAFileIsFoundWhereItIsFolded(t *testing.T) {
	s := newScreen(t, 120, 40)
	s.play(until(t, recording(t, "python-app"), 1, kind("files", 2)))
	s.press("2", "]", "g", "enter", "g", "space")
	s.want(!strings.Contains(s.text(), "lexer.py"), "the largest folder is not folded")
	s.press("/", "l", "e", "x", "e", "r", "enter")
	at, ok := s.page().Selected().(present.NodeRef)
	s.want(ok && at.Path == "/usr/local/lib/python3.9/site-packages/jinja2/lexer.py", "not found")
	s.shows("lexer.py")
	s.press("/", "_", "_", "i", "n", "enter")
	o := &outside{}
	s.opt.Copy = func(text string) error { o.copied = text; return nil }
	s.press("y").run()
	s.want(strings.HasSuffix(o.copied, "/__init__.py"), "copied "+o.copied)
	one := s.page().Selected()
	two := s.press("n").page().Selected()
	s.want(one != two && two.(present.NodeRef).Name == "__init__.py", "no next match")
	s.want(s.press("N").page().Selected() == one, "not back at the first")
}

// TestWastedFilesAreMarked: bytes that a later layer throws away are named where they lie, and not by colour alone.
func TestWastedFilesAreMarked(t *testing.T) {
	s := newScreen(t, 120, 40)
	s.play(until(t, recording(t, "python-app"), 1, kind("files", 2)))
	s.press("2", "]", "g", "j", "j", "j", "j", "j", "enter")
	s.shows("RUN pip install -r requirements.txt", "20 kB wasted", "http.cache", "wasted 20 kB", "_vendor.py", "~ 1 changed")
	s.press("esc", "j", "j", "enter")
	s.shows("RUN pip install .", "- 1 removed", "removed")
	n := 0
	s.board.Front().Body().(*rows.Tree).Files.Tree.Walk(func(n2 *story.Node) {
		if n2.Fate == story.Removed && n2.Nodes == nil {
			n++
		}
	})
	s.want(n == 1, "more than one file was removed")
}

// TestAStepLeadsToItsFiles: what a step adds is a key away from where it is opened, also of a build that was a hit.
func TestAStepLeadsToItsFiles(t *testing.T) {
	s := newScreen(t, 120, 40)
	s.play(until(t, recording(t, "python-app"), 1, kind("files", 2)))
	s.press("1", "g", "j", "j", "enter")
	s.shows("COPY requirements.txt .", "after    build 2/6  WORKDIR /app", "requirements.txt of the context", "adds     268 B")
	s.press("enter")
	s.shows("Files of stage build, layer 2 (build #2)", "268 B in 1 file")
	s.press("esc")
	s.shows("Step build 3/6 of build #2")
}

// TestTheLayersOfAStageAreTurnedThrough as tabs are, with the whole stage among them.
func TestTheLayersOfAStageAreTurnedThrough(t *testing.T) {
	s := newScreen(t, 120, 40)
	s.play(until(t, recording(t, "python-app"), 1, kind("files", 2)))
	s.press("2", "]", "g", "enter")
	s.shows("Files of stage build (build #2)")
	s.press("]", "]")
	s.shows("Files of stage build, layer 1 (build #2)", "WORKDIR /app", "no file changed")
	s.press("[", "[", "[")
	s.shows("Files of stage build, layer 5 (build #2)", "RUN pip install .")
}
