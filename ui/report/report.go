// Package report summarizes a recorded session: the sizes before and after the final stage, what each save cost, and what
// the cache saved. [Report.Markdown] is for a pull request. [Report.HTML] is a page that fetches nothing. Package svg
// draws the dashboard.
//
// [Commits] are sizes over commits, of which no recording knows. All else it reads from what package story made of the
// events. Every text of a report may come from a container or a file name,
// so none of it becomes markup.
package report

import (
	"fmt"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// Report is the summary of a session, up to its end or a moment of it.
type Report struct {
	// Name is the name of the image without its tag.
	Name   string
	Engine string
	// Sized is the newest build with sizes, nil if none were measured.
	Sized *story.Build
	// Builds are all builds of the session, oldest first.
	Builds []*story.Build
	// Told is the newest build that succeeded, whose steps are listed. It is nil if there is none.
	Told     *story.Build
	Skips    []story.Skip
	Warnings []story.Warning
	// Saved is the time that the cache saved, in milliseconds.
	Saved     int64
	Hits, Ran int
}

// New returns the report of a recording, or of the beginning of one.
func New(events []event.Event) *Report {
	s := story.New(1)
	for _, e := range events {
		if _, log := e.Body.(event.Log); !log {
			s.Apply(e)
		}
	}
	r := &Report{Sized: s.Sizes(), Builds: s.Builds, Skips: s.Skips, Warnings: s.Warnings, Saved: s.Saved, Hits: s.Hits, Ran: s.Ran}
	if s.Engine != nil {
		r.Engine = strings.TrimSpace(s.Engine.Name + " " + s.Engine.Version)
	}
	for _, b := range s.Builds {
		if b.State == story.Built {
			r.Told = b
		}
	}
	r.Name = s.Name()
	return r
}

// Title returns the result in one line: "python-app: 133 MB → 62.6 MB (−53 %)".
func (r *Report) Title() string {
	name := r.Name
	if name == "" {
		name = "stagewatch"
	}
	switch {
	case r.Sized == nil:
		return name
	case r.Sized.Sizes.Before.Bytes <= 0:
		return name + ": " + human.Bytes(r.Sized.Sizes.After.Bytes)
	}
	before, after := r.Sized.Sizes.Before.Bytes, r.Sized.Sizes.After.Bytes
	return fmt.Sprintf("%s: %s → %s (%s)", name, human.Bytes(before), human.Bytes(after), draw.Percent(before, after))
}

// stages returns the measured stages, and the image that the target is compared with, on one scale.
func (r *Report) stages() []sizedStage {
	if r.Sized == nil {
		return nil
	}
	s, other := r.Sized.Sizes, r.against()
	full := max(s.Before.Bytes, s.After.Bytes)
	if other != nil {
		full = max(full, other.Against.Bytes)
	}
	var out []sizedStage
	if s.Before.Stage != "" {
		out = append(out, sizedStage{"before", s.Before, full})
	}
	out = append(out, sizedStage{"after", s.After, full})
	if other != nil {
		out = append(out, sizedStage{"against", event.StageSize{Stage: other.Against.Name, Bytes: other.Against.Bytes}, full})
	}
	return out
}

type sizedStage struct {
	When string
	event.StageSize
	full int64
}

// Share returns the size in percent of the larger stage.
func (s sizedStage) Share() float64 { return share(s.StageSize.Bytes, s.full) }

func (s sizedStage) Size() string { return human.Bytes(s.StageSize.Bytes) }

func share(part, whole int64) float64 {
	if whole <= 0 || part <= 0 {
		return 0
	}
	return min(100, 100*float64(part)/float64(whole))
}

// basis says what was measured, and which sizes are not those of the official base images.
func (r *Report) basis() []string {
	if r.Sized == nil {
		return nil
	}
	var out []string
	if b := r.Sized.Sizes.Counted(); b != "" {
		out = append(out, "Counted: "+b+", build "+fmt.Sprint(r.Sized.Number)+".")
	}
	if c := r.Sized.Sizes.Commit.String(); c != "" {
		out = append(out, "Commit "+c+".")
	}
	if !r.Sized.End.IsZero() {
		out = append(out, "Built "+event.Day(r.Sized.End)+".")
	}
	for _, s := range r.stages() {
		if s.StandIn != "" {
			out = append(out, fmt.Sprintf("%s is based on a stand-in for its base image: %s.", s.Stage, s.StandIn))
		}
	}
	return out
}

// cacheLine sums up the hits of the session.
func (r *Report) cacheLine() string {
	if r.Hits+r.Ran == 0 {
		return ""
	}
	line := fmt.Sprintf("%s of %s were hits.", human.Count(r.Hits, "step"), human.Count(r.Hits+r.Ran, "step"))
	if r.Hits+r.Ran > 1 {
		line = fmt.Sprintf("%d of %d steps were hits (%d %%).", r.Hits, r.Hits+r.Ran, 100*r.Hits/(r.Hits+r.Ran))
	}
	if r.Saved > 0 {
		line = fmt.Sprintf("The cache saved %s: ", draw.Millis(r.Saved)) + line
	}
	return line
}
