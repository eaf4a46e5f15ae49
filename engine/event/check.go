package event

import "fmt"

// Check reports how a check stands in a build: another target of the Dockerfile, its tests say, that is built beside the one
// that serves, and exports nothing.
type Check struct {
	// Stage is the stage that is built.
	Stage string     `json:"stage"`
	State CheckState `json:"state"`
	// Gate is set where the build is not handed over unless the check passes.
	Gate bool `json:"gate"`
	// MS is how long it took, in milliseconds.
	MS int64 `json:"ms"`
	// Result is what holds: [CheckPassed] or [CheckFailed], empty before the first. ResultBuild is the build that it is of.
	Result      CheckState `json:"result,omitempty"`
	ResultBuild int        `json:"result_build,omitempty"`
	// RedSince is the first build in which it failed by the cause that it fails by, Because and Reason what changed in that,
	// and Paths the files.
	RedSince int      `json:"red_since,omitempty"`
	Paths    []string `json:"paths,omitempty" redact:"never"`
	Because  string   `json:"because,omitempty" redact:"never"`
	Reason   Reason   `json:"reason,omitzero" redact:"never"`
	// Mended is set where it passes and failed before.
	Mended bool `json:"mended,omitempty"`
	// Hits and Ran count the steps of a check that passed.
	Hits int `json:"hits,omitempty"`
	Ran  int `json:"ran,omitempty"`
	// Failed is how it failed.
	Failed *Failed `json:"failed,omitempty"`
	// Output is what the step that failed printed or, of a check that passed, the steps of its stage: the newest lines of it.
	// Dropped counts those before.
	Output  []OutputLine `json:"output,omitempty" redact:"never"`
	Dropped int          `json:"dropped,omitempty"`
}

// OutputLine is one line of what was printed.
type OutputLine struct {
	// Stream is "stdout" or "stderr".
	Stream string `json:"stream"`
	Text   string `json:"text"`
}

// CheckState is how a check stands in a build.
type CheckState string

// The states of a check. Only CheckRunning is followed by another one in the same build.
const (
	CheckRunning CheckState = "running"
	CheckPassed  CheckState = "passed"
	CheckFailed  CheckState = "failed"
	// CheckUnaffected: nothing that it reads or runs changed since its result, so that it was not built.
	CheckUnaffected CheckState = "unaffected"
	// CheckCanceled: it came to no result, as a newer save came or the engine went away.
	CheckCanceled CheckState = "canceled"
)

// Red reports whether what holds is that the check failed.
func (c Check) Red() bool { return c.Result == CheckFailed }

// Word returns a state as it is shown.
func (s CheckState) Word() string {
	switch s {
	case CheckPassed:
		return "PASSED"
	case CheckFailed:
		return "FAILED"
	case CheckCanceled:
		return "CANCELED"
	case CheckUnaffected:
		return "not affected"
	}
	return string(s)
}

// Since says what turned the check red: "since build #3: app.py changed". It is empty where it is not red.
func (c Check) Since() string {
	if c.RedSince == 0 {
		return ""
	}
	text := fmt.Sprintf("since build #%d", c.RedSince)
	if c.Because != "" {
		text += ": " + c.Because
	}
	return text
}

// Named returns what the check is called: "check test", or "gate test".
func (c Check) Named() string {
	if c.Gate {
		return "gate " + c.Stage
	}
	return "check " + c.Stage
}
