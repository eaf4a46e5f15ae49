package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"sync"

	"github.com/spf13/pflag"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/tree"
)

// results are the files that a build leaves beside its image, as docker buildx writes them.
type results struct {
	metadata, imageID string
	open              []*os.File

	mu sync.Mutex
	// built is the build, the zero value before it succeeded.
	built event.Built
}

func (r *results) flags(f *pflag.FlagSet) {
	f.StringVar(&r.metadata, "metadata-file", "", "Write what the engine says of the image to a file, as docker buildx does")
	f.StringVar(&r.imageID, "iidfile", "", "Write the image's ID to a file; needs -t, as an image without a name is removed at the end")
}

// asked reports whether a file was asked for.
func (r *results) asked() bool { return r.metadata != "" || r.imageID != "" }

// create makes the files empty, before the engine reads a context that they may lie in.
func (r *results) create(tags []string, outputs *tree.Outputs) error {
	if r.imageID != "" && len(tags) == 0 {
		return &fault.Error{What: "reading --iidfile: the image has no name, so it is removed at the end", Hint: "Name it with -t."}
	}
	for _, name := range []string{r.metadata, r.imageID} {
		if name == "" {
			continue
		}
		file, err := os.Create(name)
		if err != nil {
			return errors.Join(&fault.Error{What: "creating a file for the build's results", Err: err, Hint: "Name one that can be written."}, r.end())
		}
		outputs.Add(file)
		r.open = append(r.open, file)
	}
	return nil
}

// noting passes events on, and takes in what the engine says of the image.
func (r *results) noting(events <-chan event.Event) <-chan event.Event {
	if r == nil {
		return events
	}
	return tapped(events, func(e event.Event) {
		if b, ok := e.Body.(event.Built); ok {
			r.mu.Lock()
			r.built = b
			r.mu.Unlock()
		}
	}, func() {})
}

// image returns the ID of the image that was built, empty for none.
func (r *results) image() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.built.Image
}

// end writes the files, or removes them where no image was built: what an earlier build left would be taken for this one's.
func (r *results) end() (err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, file := range r.open {
		var text []byte
		if file.Name() == r.imageID {
			text = []byte(r.built.Image)
		} else if r.built.Image != "" {
			text, _ = json.MarshalIndent(metadata(r.built.Exported), "", "  ") // texts and documents that were read as JSON
		}
		if len(text) > 0 {
			_, failed := file.Write(text)
			err = errors.Join(err, failed)
		} else if info, failed := os.Lstat(file.Name()); failed == nil && info.Mode().IsRegular() {
			err = errors.Join(err, os.Remove(file.Name()))
		}
		err = errors.Join(err, file.Close())
	}
	r.open = nil
	return err
}

// metadata returns the engine's words with those decoded that are documents.
func metadata(image map[string]string) map[string]any {
	out := map[string]any{}
	for key, value := range image {
		out[key] = value
		document := map[string]any{}
		if text, err := base64.StdEncoding.DecodeString(value); err == nil && json.Unmarshal(text, &document) == nil && len(document) > 0 {
			out[key] = json.RawMessage(text)
		}
	}
	return out
}
