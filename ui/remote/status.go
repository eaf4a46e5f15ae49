package remote

import (
	"encoding/json"
	"fmt"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// Status is how a session stands. Its line names the newest build.
type Status struct {
	About
	// Result is what a wait for the newest save would say now: served, failed, off or pending. Message says why it is not
	// served.
	Result  event.AnswerResult `json:"result"`
	Message string             `json:"message,omitempty"`
	Hint    string             `json:"hint,omitempty"`
	// ServingBuild is the build that serves, 0 for none, and EditsBehind the number of saves that it does not contain.
	ServingBuild int    `json:"serving_build"`
	EditsBehind  int    `json:"edits_behind"`
	URL          string `json:"url,omitempty"`
	Container    string `json:"container,omitempty"`
	Image        string `json:"image,omitempty"`
	// Build is the number of the newest build, 0 before the first; in JSON it is the line's.
	Build int `json:"-"`
	// State is that of the newest build: building, built, failed or abandoned; empty before the first. Because is why it was
	// made, MS how long it took or has taken so far.
	State   string `json:"state,omitempty"`
	Because string `json:"because,omitempty"`
	MS      int64  `json:"ms,omitempty"`
	// Step is the step that runs in it, as "build 3/5".
	Step string `json:"step,omitempty"`
	// Failed is how it failed.
	Failed *event.Failed `json:"failed,omitempty"`
	// Checks are how the checks stand, with what they printed last.
	Checks []event.Check `json:"checks,omitempty"`
	// Watching: saves are built.
	Watching bool          `json:"watching"`
	Engine   *event.Engine `json:"engine,omitempty"`
}

func (Status) Kind() string { return "status" }

// words are the states of a build.
var words = map[story.BuildState]string{story.Building: "building", story.Built: "built", story.Failed: "failed", story.Abandoned: "abandoned"}

// statusOf returns how a session stands after the events of its story, of which the answer was the last.
func statusOf(about About, told *story.Story, a event.Answer) Status {
	s := Status{About: about, Result: a.Result, Message: a.Message, Hint: a.Hint, ServingBuild: a.ServingBuild, EditsBehind: a.EditsBehind,
		Watching: told.Watching == nil || told.Watching.On, Engine: told.Engine}
	if up := told.Serving; up != nil {
		s.URL, s.Container, s.Image = up.URL, up.Container, up.Image
	}
	for _, c := range told.Checks {
		s.Checks = append(s.Checks, c.Check)
	}
	b := told.Current()
	if b == nil {
		return s
	}
	s.State, s.Because, s.MS, s.Failed = words[b.State], b.Because, b.MS, b.Failure
	s.Build = b.Number
	if b.State == story.Building {
		s.MS = max(told.Last.Sub(b.Start).Milliseconds(), 0)
		b.Steps(func(step *story.Step) {
			if step.State == event.Running && s.Step == "" {
				s.Step = step.Name()
			}
		})
	}
	return s
}

// DecodeStatus returns the status that a line holds.
func DecodeStatus(line []byte) (Status, error) {
	var s struct {
		Status
		Build   int    `json:"build"`
		Service string `json:"service"`
	}
	if err := json.Unmarshal(line, &s); err != nil {
		return Status{}, fmt.Errorf("reading the status: %w", err)
	}
	s.Status.Build, s.Status.Service = s.Build, s.Service
	return s.Status, nil
}

// Lines returns the status for a person, but for the failure of the newest build.
func (s Status) Lines() []string {
	lines := []string{s.serves()}
	if build := s.newest(); build != "" {
		lines = append(lines, build)
	}
	if s.Hint != "" && s.Failed == nil {
		lines = append(lines, "hint: "+s.Hint)
	}
	for _, c := range s.Checks {
		lines = append(lines, checkLine(c))
	}
	if !s.Watching {
		lines = append(lines, "watching is off")
	}
	return append(lines, "session "+s.ID+" of "+s.Context)
}

// serves says what serves, and what is wrong with that.
func (s Status) serves() string {
	text := "nothing serves"
	if s.ServingBuild > 0 {
		text = fmt.Sprintf("build #%d serves %s", s.ServingBuild, s.URL)
	}
	switch {
	case s.Result == event.AnswerServed:
		return text + ", with the newest save"
	case s.ServingBuild > 0 && s.EditsBehind > 0:
		text += ", " + human.Count(s.EditsBehind, "edit") + " behind"
	}
	if s.Message != "" {
		text += ": " + s.Message
	}
	return text
}

// checkLine says how a check stands: "gate test passed in build #3", "check lint failed since build #2: app.py changed".
func checkLine(c event.Check) string {
	text := c.Named()
	switch {
	case c.Red():
		text += " failed " + c.Since()
	case c.Result != "":
		text += fmt.Sprintf(" %s in build #%d", c.Result, c.ResultBuild)
	}
	switch c.State {
	case event.CheckRunning:
		return text + ", is running"
	case event.CheckCanceled:
		return text + ", was canceled since"
	}
	return text
}

// newest says how the newest build is doing.
func (s Status) newest() string {
	var text string
	took := draw.Millis(s.MS)
	switch s.State {
	case words[story.Building]:
		text = fmt.Sprintf("build #%d is under way", s.Build)
		if s.Step != "" {
			text += " at " + s.Step
		}
	case words[story.Built]:
		text = fmt.Sprintf("build #%d was built in %s", s.Build, took)
	case words[story.Failed]:
		text = fmt.Sprintf("build #%d failed after %s", s.Build, took)
	case words[story.Abandoned]:
		text = fmt.Sprintf("build #%d was given up after %s", s.Build, took)
	default:
		return ""
	}
	if s.Because != "" {
		text += ": " + s.Because
	}
	return text
}
