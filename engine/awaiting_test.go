package engine

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/solve"
	"github.com/stagewatch/stagewatch/engine/tree"
)

// writes are what files hold, by path: the number of the write that made them what they are.
type writes map[string]int

// oldest returns a path of which v holds less than was asked for, empty for none.
func (v writes) oldest(asked writes) string {
	for _, path := range slices.Sorted(maps.Keys(asked)) {
		if v[path] < asked[path] {
			return path
		}
	}
	return ""
}

// squall writes at random beside a loop, asks what is served, and knows what each image holds.
type squall struct {
	*rig
	random *rand.Rand
	// disk is what was written, untold the paths of which no batch has come yet. Broken: the Dockerfile makes no plan.
	disk   writes
	untold []string
	broken bool
	paused bool
	// asked is what was on the disk when a request was sent, by its ID, and serving what the serving container holds.
	asked   map[string]writes
	serving writes
	results map[event.AnswerResult]int

	mu sync.Mutex
	// images are what builds hold, by image, and builds the same by their numbers. Fails: builds do.
	images map[string]writes
	builds map[int]writes
	fails  bool
}

const squallDockerfile = "FROM base AS build\nCOPY req /req\nRUN install %06d\nCOPY src /src\nRUN compile\nFROM small\nCOPY --from=build /out /out\n"

func newSquall(t *testing.T, seed uint64) *squall {
	s := &squall{random: rand.New(rand.NewPCG(seed, 1)), disk: writes{}, asked: map[string]writes{}, results: map[event.AnswerResult]int{}, images: map[string]writes{}, builds: map[int]writes{}}
	s.rig = newRig(t, config.Config{}, func(d *deps) {
		builder := d.solver.builder.(*fakeBuilder)
		builder.takes = time.Duration(1+s.random.IntN(3000)) * time.Millisecond
		builder.outcome = s.began
	})
	s.runner.Take(time.Duration(1+s.random.IntN(1500)) * time.Millisecond)
	return s
}

// began notes what a build holds: the context as it is served to it, and the Dockerfile that it was planned from.
func (s *squall) began(req solve.Request, image string) error {
	if req.Plan.Target == "build" {
		return nil // it measures
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	held := writes{}
	snap := req.Contexts["context"].(*tree.FS).Snapshot()
	for _, path := range []string{"src/a", "src/b", "req"} {
		digest, err := snap.Digest(path)
		for n := s.disk[path]; n > 0 && err == nil; n-- {
			if digest == sha256.Sum256([]byte(number(n))) {
				held[path] = n
				break
			}
		}
	}
	for _, step := range req.Plan.Steps {
		n := 0
		if _, err := fmt.Sscanf(step.Instruction, "RUN install %d", &n); err == nil {
			held["Dockerfile"] = n
		}
	}
	s.images[image] = held
	req.Emit(event.Output{Stage: "build", Index: 1, Text: image})
	if s.fails {
		return errStep
	}
	return nil
}

// number is the content of a file, as long for one write as for the next.
func number(n int) string { return fmt.Sprintf("%06d", n) }

// step does one thing at random.
func (s *squall) step() {
	switch n := s.random.IntN(20); {
	case n < 6:
		s.scribble([]string{"src/a", "src/b", "req", "notes"}[s.random.IntN(4)])
	case n < 7:
		s.dockerfile()
	case n < 10:
		s.tell()
	case n < 15:
		s.ask()
	case n < 17:
		time.Sleep(time.Duration(s.random.IntN(4000)) * time.Millisecond)
	case n < 18:
		s.mu.Lock()
		s.fails = s.random.IntN(3) == 0
		s.mu.Unlock()
		s.runner.Fail(nil)
		if s.random.IntN(3) == 0 {
			s.runner.Fail(errors.New("no such network"))
		}
	default:
		s.person()
	}
	s.hear()
}

// scribble writes a file anew.
func (s *squall) scribble(path string) {
	s.mu.Lock()
	s.disk[path]++
	n := s.disk[path]
	s.mu.Unlock()
	s.write(path, number(n))
	s.untold = append(s.untold, path)
}

func (s *squall) dockerfile() {
	s.mu.Lock()
	s.disk["Dockerfile"]++
	text := fmt.Sprintf(squallDockerfile, s.disk["Dockerfile"])
	s.mu.Unlock()
	if s.broken = s.random.IntN(3) == 0; s.broken {
		text += "NOSUCH x\n"
	}
	s.write("Dockerfile", text)
	s.untold = append(s.untold, "Dockerfile")
}

// tell sends the batch of what was written, as the watcher does a while later, or never.
func (s *squall) tell() {
	if s.random.IntN(6) > 0 && len(s.untold) > 0 {
		slices.Sort(s.untold)
		s.batch(slices.Compact(s.untold), s.random.IntN(2) == 0)
	}
	s.untold = nil
}

// ask asks for the newest save, a file or every save.
func (s *squall) ask() {
	a := event.Await{ID: fmt.Sprint(len(s.asked))}
	s.mu.Lock()
	asked := maps.Clone(s.disk)
	s.mu.Unlock()
	delete(asked, "notes")
	switch s.random.IntN(4) {
	case 0:
		a.All = true
	case 1:
		path := []string{"src/a", "src/b", "req", "notes", "Dockerfile", "src"}[s.random.IntN(6)]
		a.Path = filepath.Join(s.dir, path)
		maps.DeleteFunc(asked, func(name string, _ int) bool { return name != path && !strings.HasPrefix(name, path+"/") })
	case 2:
		a.Now = true
	}
	s.asked[a.ID] = asked
	s.intents <- a
	synctest.Wait()
}

// person presses a key.
func (s *squall) person() {
	switch s.random.IntN(6) {
	case 0, 1:
		s.paused = !s.paused
		s.intents <- event.Watch{On: !s.paused}
	case 2, 3:
		s.intents <- event.Rebuild{NoCache: s.random.IntN(2) == 0}
	case 4:
		s.intents <- event.Restart{}
	case 5:
		s.intents <- event.Stop{}
	}
	synctest.Wait()
}

// hear takes in what the loop says, and holds each answer to what the container that serves at that moment holds.
func (s *squall) hear() {
	for _, e := range s.drain() {
		switch b := e.Body.(type) {
		case event.Output:
			s.mu.Lock()
			s.builds[e.Build] = s.images[b.Text]
			s.mu.Unlock()
		case event.Serving:
			s.mu.Lock()
			s.serving = s.images[b.Image]
			s.mu.Unlock()
		case event.Answer:
			s.answered(e.Build, b)
		}
	}
}

func (s *squall) answered(build int, a event.Answer) {
	asked := s.asked[a.ID]
	if asked == nil {
		s.t.Fatalf("%s was answered twice, or never asked: %+v", a.ID, a)
	}
	delete(s.asked, a.ID)
	s.asked["done "+a.ID] = nil
	s.results[a.Result]++
	switch a.Result {
	case event.AnswerServed:
		if path := s.serving.oldest(asked); path != "" {
			s.t.Errorf("%+v, and what serves holds write %d of %s, not %d", a, s.serving[path], path, asked[path])
		}
	case event.AnswerFailed:
		// A build of a Dockerfile that makes no plan has no content.
		if held := s.builds[build]; held != nil && held.oldest(asked) != "" {
			s.t.Errorf("%+v, and the build that failed holds %v, not %v", a, held, asked)
		}
	case event.AnswerUnread:
		if a.For != "notes" {
			s.t.Errorf("%+v", a)
		}
	}
}

// TestWhatIsSaidToBeServedIs writes at random, and asks in between. Nothing is ever said to be served that is not, and in
// the end every request is answered.
func TestWhatIsSaidToBeServedIs(t *testing.T) {
	total := map[event.AnswerResult]int{}
	for seed := range uint64(24) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSquall(t, seed)
				defer s.close()
				for range 80 {
					s.step()
				}
				s.calm()
				for result, n := range s.results {
					total[result] += n
				}
			})
		})
	}
	t.Log(total)
	for _, result := range []event.AnswerResult{event.AnswerServed, event.AnswerUnread, event.AnswerFailed, event.AnswerOff, event.AnswerPending} {
		if total[result] == 0 {
			t.Errorf("nothing was ever answered with %s", result)
		}
	}
}

// TestWhoAskedForABuildWaitsForIt, whether it runs, its container starts, or it serves.
func TestWhoAskedForABuildWaitsForIt(t *testing.T) {
	for name, after := range map[string]time.Duration{"it runs": time.Second, "its container starts": 6 * time.Second, "it serves": time.Minute} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, config.Config{}, func(d *deps) { d.solver.builder.(*fakeBuilder).takes = 5 * time.Second })
				defer r.close()
				r.runner.Take(5 * time.Second)
				time.Sleep(time.Minute)
				r.intents <- event.Rebuild{NoCache: true}
				time.Sleep(after)
				r.intents <- event.Await{ID: "a"}
				time.Sleep(time.Minute)
				for _, e := range r.drain() {
					if a, ok := e.Body.(event.Answer); ok && (a.Result != event.AnswerServed || a.ServingBuild != 2) {
						t.Errorf("got %+v", a)
					}
				}
			})
		})
	}
}

// calm lets all go well again, and asks once more: that must be served.
func (s *squall) calm() {
	s.mu.Lock()
	s.fails = false
	s.mu.Unlock()
	s.runner.Fail(nil)
	news := s.random.IntN(2) == 0
	if news {
		s.scribble("src/a")
		s.dockerfile()
	}
	for s.broken {
		s.dockerfile()
	}
	// Watching is on again last: what was taken in while it was off is built then.
	s.intents <- event.Await{ID: "taken in", Now: true}
	s.asked["taken in"] = writes{}
	synctest.Wait()
	s.intents <- event.Watch{On: true}
	for _, all := range []bool{false, true} {
		id := fmt.Sprint("last ", all)
		s.asked[id] = maps.Clone(s.disk)
		delete(s.asked[id], "notes")
		s.intents <- event.Await{ID: id, All: all}
	}
	time.Sleep(5 * time.Minute)
	before := s.results[event.AnswerServed]
	s.hear()
	if news && s.results[event.AnswerServed] < before+2 {
		s.t.Errorf("what was asked for last is not said to be served: %v", s.results)
	}
	for id, asked := range s.asked {
		if asked != nil {
			s.t.Errorf("%s was never answered", id)
		}
	}
}
