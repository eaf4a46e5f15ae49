package event

// Excess is a figure of a build that is over its budget.
type Excess struct {
	// Rule is what sets the limit: the name of a flag, as "max-size", or a rule of a .dive-ci, as "lowestEfficiency".
	Rule string `json:"rule"`
	// Figure and Limit are bytes for sizes, a number for layers, and a ratio for all else: 0.02 for 2%.
	Figure float64 `json:"figure"`
	Limit  float64 `json:"limit"`
	// Parts are what grew, or what the figure is made of, the largest first.
	Parts []ExcessPart `json:"parts,omitempty"`
}

// ExcessPart is what a step or a path has to do with an [Excess].
type ExcessPart struct {
	// Name is an instruction of the Dockerfile, or a path in the image.
	Name string `json:"name"`
	// Bytes is by how much it grew, or what it takes.
	Bytes int64 `json:"bytes"`
}
