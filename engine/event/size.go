package event

// Sized reports sizes before and after the final stage: uncompressed bytes summed from the layers.
type Sized struct {
	Before StageSize `json:"before"`
	After  StageSize `json:"after"`
	// Ratio is After.Bytes / Before.Bytes; 0 where there is no stage before.
	Ratio float64 `json:"ratio"`
	// Delta is After.Bytes less that of the previous build, in bytes; 0 at the first.
	Delta int64 `json:"delta"`
	// BeforeDelta is the same for Before.
	BeforeDelta int64 `json:"before_delta,omitempty"`
	// Basis says what was counted, e.g. "uncompressed layers".
	Basis string `json:"basis"`
}

// StageSize is the size of one stage.
type StageSize struct {
	Stage string `json:"stage"`
	Bytes int64  `json:"bytes"`
	// Layers run from the base upwards.
	Layers []Layer `json:"layers"`
	// StandIn says which stand-in the base image is, empty for a real one.
	StandIn string `json:"stand_in,omitempty"`
}

// Layer is one layer of an image.
type Layer struct {
	Bytes int64 `json:"bytes"`
	// CreatedBy is the instruction that made it, as the image's history has it.
	CreatedBy string `json:"created_by"`
	// Base marks the layers that came with the base image.
	Base bool `json:"base,omitempty"`
	// Step is the step that made it; the zero value where none of this build did.
	Step StepID `json:"step,omitzero"`
}

// Ledger accounts for every byte between the stage before and the final stage. The bytes of BaseAfter, Carried and
// Own add up to the final stage's; those of Left and Taken to the stage before's.
type Ledger struct {
	// Carried are what the COPY --from of the final stage brought, one group each.
	Carried []LedgerGroup `json:"carried"`
	// Left is what the stage before has and the final stage did not take.
	Left []LedgerGroup `json:"left"`
	// BaseBefore and BaseAfter are the base images, by name.
	BaseBefore LedgerGroup `json:"base_before"`
	BaseAfter  LedgerGroup `json:"base_after"`
	// Own is what the final stage's other steps added, one group each.
	Own []LedgerGroup `json:"own,omitempty"`
	// Taken are the bytes of the stage before that were copied.
	Taken int64 `json:"taken"`
	// SavedByBase and SavedByCopy are what the smaller base saves and what copying out of a stage does, in bytes;
	// negative where it costs. They add up to the difference between both stages.
	SavedByBase int64 `json:"saved_by_base"`
	SavedByCopy int64 `json:"saved_by_copy"`
	// Wasted is what layers hold and nobody sees, of both stages, and clean-ups that freed nothing.
	Wasted []Waste `json:"wasted,omitempty"`
	// Warnings are the messages of what the account of the files warns of, told now or after an earlier build.
	Warnings []string `json:"warnings,omitempty"`
	// Standing are the IDs of these warnings.
	Standing []string `json:"standing,omitempty"`
}

// LedgerGroup is bytes that belong together as a person thinks of them, with its largest paths.
type LedgerGroup struct {
	Name  string       `json:"name"`
	Bytes int64        `json:"bytes"`
	Paths []LedgerPath `json:"paths,omitempty"`
	// From, Instruction and Line are those of the COPY --from that carried the group.
	From        string `json:"from,omitempty"`
	Instruction string `json:"instruction,omitempty"`
	Line        int    `json:"line,omitempty"`
}

// The reasons of a Waste.
const (
	OverwrittenLater = "overwritten"
	DeletedLater     = "deleted"
	// Rewritten: the step wrote files again without changing them, as a needless chown does.
	Rewritten = "rewritten"
	// InBase: the base image's own layers lost it.
	InBase = "base"
	// FreedNothing: the step cleans up, and there was nothing to clean up. Bytes is what it added instead.
	FreedNothing = "freed-nothing"
)

// Waste is bytes that a step added to the image without use.
type Waste struct {
	Stage string `json:"stage"`
	// Instruction and Line are the step that added the bytes.
	Instruction string `json:"instruction"`
	Line        int    `json:"line,omitempty"`
	// LostTo and LostLine are the step that overwrote or deleted them.
	LostTo   string       `json:"lost_to,omitempty"`
	LostLine int          `json:"lost_line,omitempty"`
	Reason   string       `json:"reason"`
	Bytes    int64        `json:"bytes"`
	Paths    []LedgerPath `json:"paths,omitempty"`
}

// LedgerPath is a file or folder and its bytes.
type LedgerPath struct {
	Path  string `json:"path"`
	Bytes int64  `json:"bytes"`
}
