package event

// Files are the files of the stages that a Sized compares, layer by layer. It comes to those alone who asked for
// it by an [Inspect], and in recordings.
type Files struct {
	// Stages are the stage before, where there is one, and the target.
	Stages []StageFiles `json:"stages"`
}

// StageFiles are the layers of a stage, from the base, whose layers are taken together, upwards.
type StageFiles struct {
	Stage  string       `json:"stage"`
	Layers []LayerFiles `json:"layers"`
}

// LayerFiles is a layer with what is in it.
type LayerFiles struct {
	// Digest names the layer together with all that is below it.
	Digest string `json:"digest"`
	// Step is the step that made it, which may be of a stage that this one is based on; the zero value for the base.
	Step StepID `json:"step,omitzero"`
	// Instruction is that step's; the base's is its FROM.
	Instruction string `json:"instruction"`
	Line        int    `json:"line,omitempty"`
	// Bytes are those of the layer's size. Its files may have fewer: it also holds what it wrote again unchanged.
	Bytes int64 `json:"bytes"`
	// Known tells that the Files event before this one had the layer, or an earlier stage of this one, so that
	// Folders and Gone are left out.
	Known bool `json:"known,omitempty"`
	// Folders hold the files that the layer adds or changes, each folder once.
	Folders []FolderFiles `json:"folders,omitempty"`
	// Gone are the paths that the layer takes away.
	Gone []string `json:"gone,omitempty"`
}

// FolderFiles are the files right in a folder: regular files with their bytes; links, and files that only share
// another one's content, with none.
type FolderFiles struct {
	// Path is absolute, slash-separated, "/" for the root.
	Path  string           `json:"path"`
	Files map[string]int64 `json:"files"`
}
