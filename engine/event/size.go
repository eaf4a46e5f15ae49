package event

import (
	"fmt"
	"time"

	"github.com/stagewatch/stagewatch/engine/human"
)

// Sized reports the sizes of the target and of the stage that it is compared with: uncompressed bytes, summed over the
// layers.
type Sized struct {
	Before StageSize `json:"before"`
	After  StageSize `json:"after"`
	// Ratio is After.Bytes / Before.Bytes, 0 where there is no stage before.
	Ratio float64 `json:"ratio"`
	// Delta is After.Bytes minus After.Bytes of the previous build, 0 for the first build.
	Delta int64 `json:"delta"`
	// BeforeDelta is the same difference for Before.
	BeforeDelta int64 `json:"before_delta,omitempty"`
	// Basis is what was counted, e.g. "uncompressed layers".
	Basis string `json:"basis"`
	// Commit is the commit that the context was at, the zero value where none is known.
	Commit Commit `json:"commit,omitzero" redact:"never"`
}

// Commit is a commit of git.
type Commit struct {
	ID string    `json:"id"`
	At time.Time `json:"at"`
	// Changed: the context held something else than the commit.
	Changed bool `json:"changed,omitempty"`
}

// String returns the commit in short: "1a2b3c4d5e6f of 2026-11-28 16:03 UTC + changes". It is empty for none.
func (c Commit) String() string {
	if c.ID == "" {
		return ""
	}
	text := fmt.Sprintf("%.12s of %s", c.ID, Day(c.At))
	if c.Changed {
		text += " + changes"
	}
	return text
}

// Day returns a time for who reads it later, elsewhere: "2026-11-28 16:03 UTC".
func Day(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 MST") }

// Counted says what was counted, with docker's own figure where that is another one.
func (s Sized) Counted() string {
	if s.After.Docker == 0 {
		return s.Basis
	}
	return fmt.Sprintf("%s; docker images shows %s, its disk usage", s.Basis, human.Bytes(s.After.Docker))
}

// StageSize is the size of one stage.
type StageSize struct {
	Stage string `json:"stage"`
	Bytes int64  `json:"bytes"`
	// Layers run from the base upwards.
	Layers []Layer `json:"layers"`
	// Docker is the size that `docker images` and `docker system df` show, 0 where it counts what Bytes counts. On the
	// containerd store it is that of the engine's disk: unpacked files in blocks, and compressed layers beside them.
	Docker int64 `json:"docker,omitempty"`
	// StandIn describes the stand-in that serves as base image, empty for a real base image.
	StandIn string `json:"stand_in,omitempty"`
}

// Layer is one layer of an image.
type Layer struct {
	Bytes int64 `json:"bytes"`
	// CreatedBy is the instruction that made the layer, as the image's history has it.
	CreatedBy string `json:"created_by"`
	// Base marks a layer of the base image.
	Base bool `json:"base,omitempty"`
	// Step is the step that made the layer, the zero value where no step of this build did.
	Step StepID `json:"step,omitzero"`
}

// Ledger accounts for every byte of the stage before and of the target. BaseAfter, Carried and Own add up to the
// target's size, Left and Taken to that of the stage before.
type Ledger struct {
	// Carried has one group for each COPY --from of the target.
	Carried []LedgerGroup `json:"carried"`
	// Left are the bytes of the stage before that the target did not copy.
	Left []LedgerGroup `json:"left"`
	// BaseBefore and BaseAfter are the base images. Their Name is the image's name.
	BaseBefore LedgerGroup `json:"base_before"`
	BaseAfter  LedgerGroup `json:"base_after"`
	// Own has one group for each other step of the target.
	Own []LedgerGroup `json:"own,omitempty"`
	// Taken is the number of bytes that the target copied from the stage before.
	Taken int64 `json:"taken"`
	// SavedByBase is the number of bytes that the smaller base saves, SavedByCopy what copying from a stage saves. Each
	// is negative where it costs. They add up to the difference between the two stages.
	SavedByBase int64 `json:"saved_by_base"`
	SavedByCopy int64 `json:"saved_by_copy"`
	// Wasted lists bytes of both stages that no file of the result has, and clean-ups that freed nothing.
	Wasted []Waste `json:"wasted,omitempty"`
	// Warnings are the messages of the warnings about these files that hold, whichever build they were sent for.
	Warnings []string `json:"warnings,omitempty"`
	// Standing are the IDs of these warnings.
	Standing []string `json:"standing,omitempty"`
}

// LedgerGroup is a group of files, as a person would group them, with its largest paths.
type LedgerGroup struct {
	Name  string       `json:"name"`
	Bytes int64        `json:"bytes"`
	Paths []LedgerPath `json:"paths,omitempty"`
	// From, Instruction and Line describe the COPY --from that carried the group.
	From        string `json:"from,omitempty"`
	Instruction string `json:"instruction,omitempty"`
	Line        int    `json:"line,omitempty"`
}

// The values of Waste.Reason.
const (
	// OverwrittenLater and DeletedLater: a later step overwrote or deleted the files.
	OverwrittenLater = "overwritten"
	DeletedLater     = "deleted"
	// Rewritten: the step wrote files again without changing them, as a needless chown does.
	Rewritten = "rewritten"
	// InBase: the bytes were overwritten or deleted within the base image.
	InBase = "base"
	// FreedNothing: the step cleans up, but there was nothing to remove. Bytes is the size that it added.
	FreedNothing = "freed-nothing"
)

// Waste reports bytes that a step added to the image and that nobody can use.
type Waste struct {
	Stage string `json:"stage"`
	// Instruction and Line describe the step that added the bytes.
	Instruction string `json:"instruction"`
	Line        int    `json:"line,omitempty"`
	// LostTo and LostLine describe the step that overwrote or deleted them.
	LostTo   string       `json:"lost_to,omitempty"`
	LostLine int          `json:"lost_line,omitempty"`
	Reason   string       `json:"reason"`
	Bytes    int64        `json:"bytes"`
	Paths    []LedgerPath `json:"paths,omitempty"`
}

// LedgerPath is a file or a folder, with its size in bytes.
type LedgerPath struct {
	Path  string `json:"path"`
	Bytes int64  `json:"bytes"`
}
