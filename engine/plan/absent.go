package plan

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/distribution/reference"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/util/suggest"
)

// ImageError is the error of a [Resolver] for an image that can't be found or pulled. Where its name is nearly the name of
// a stage, [New] suggests that stage.
type ImageError struct {
	// Name is the image's full name, with registry and tag.
	Name string
	Err  error
}

func (e *ImageError) Error() string { return "resolving image " + e.Name + ": " + e.Err.Error() }

func (e *ImageError) Unwrap() error { return e.Err }

// familiar returns the short name, as people write it.
func (e *ImageError) familiar() string {
	ref, err := reference.ParseNormalizedNamed(e.Name)
	if err != nil {
		return e.Name
	}
	return strings.TrimSuffix(reference.FamiliarString(reference.TagNameOnly(ref)), ":latest")
}

// explainImage fills in the message, the hint and the line of an error whose cause is an [ImageError].
func (e *Error) explainImage(in Input) {
	var image *ImageError
	if !errors.As(e.Err, &image) {
		return
	}
	name := image.familiar()
	e.Message = fmt.Sprintf("the image %s can't be had: %v", name, image.Err)
	names, err := StageNames(in.Dockerfile)
	if err != nil {
		return
	}
	if match, ok := suggest.Search(name, names, false); ok {
		e.Message = fmt.Sprintf("%s is no stage of the Dockerfile: did you mean %s? As an image it can't be had: %v", name, match, image.Err)
		e.Hint = fmt.Sprintf("The stages are %s.", strings.Join(names, ", "))
	}
	if e.Line == 0 {
		e.locate(in, "from="+name)
	}
}

// explainIndex fills in the message, the hint and the line of an error about a stage number that is too high.
func (e *Error) explainIndex(in Input) {
	n, ok := strings.CutPrefix(e.Message, "invalid stage index ")
	if !ok {
		return
	}
	if names, err := StageNames(in.Dockerfile); err == nil {
		e.Message = fmt.Sprintf("there is no stage %s", n)
		e.Hint = fmt.Sprintf("Stages are counted from 0: the last one is %d, %s.", len(names)-1, names[len(names)-1])
	}
	if e.Line == 0 {
		e.locate(in, "from="+n)
	}
}

// locate sets the error's lines to those of the first instruction that has text as a word or an option. The converter
// gives no location for a --mount and for a stage number.
func (e *Error) locate(in Input, text string) {
	ast, err := parser.Parse(bytes.NewReader(in.Dockerfile))
	if err != nil {
		return
	}
	for _, node := range ast.AST.Children {
		for word := range strings.FieldsFuncSeq(node.Original, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' }) {
			if strings.EqualFold(strings.TrimPrefix(strings.TrimPrefix(word, "--mount="), "--"), text) {
				e.Line, e.End = node.StartLine, node.EndLine
				e.Excerpt = Excerpt(in.Dockerfile, e.Line, e.End)
				return
			}
		}
	}
}
