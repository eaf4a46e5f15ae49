package event

// Files lists the files of the stages that a [Sized] compares, layer by layer. The engine sends it only after an
// [Inspect], and to recordings.
type Files struct {
	// Stages are the stage before, where there is one, and the target.
	Stages []StageFiles `json:"stages"`
}

// StageFiles are the layers of a stage from the base upwards. The layers of the base count as one.
type StageFiles struct {
	Stage  string       `json:"stage"`
	Layers []LayerFiles `json:"layers"`
}

// LayerFiles is one layer and its files.
type LayerFiles struct {
	// Digest identifies the layer together with all layers below it.
	Digest string `json:"digest"`
	// Step is the step that made the layer, possibly one of a stage below this one; the zero value for the base.
	Step StepID `json:"step,omitzero"`
	// Instruction is that step's instruction, FROM for the base.
	Instruction string `json:"instruction"`
	Line        int    `json:"line,omitempty"`
	// Bytes is the layer's size. The sum of its files may be less: files that the layer wrote again unchanged count in
	// its size only.
	Bytes int64 `json:"bytes"`
	// Known is set where the previous Files event, or an earlier stage of this one, had the layer. Folders and Gone are
	// left out then.
	Known bool `json:"known,omitempty"`
	// Folders hold the files that the layer adds or changes, each folder once.
	Folders []FolderFiles `json:"folders,omitempty"`
	// Gone are the paths that the layer removes.
	Gone []string `json:"gone,omitempty"`
}

// FolderFiles are the files of one folder without its subfolders, with their sizes in bytes. Links, and files that share
// another file's content, have 0.
type FolderFiles struct {
	// Path is absolute, slash-separated, "/" for the root.
	Path  string           `json:"path"`
	Files map[string]int64 `json:"files"`
}
