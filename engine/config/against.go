package config

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/distribution/reference"

	"github.com/stagewatch/stagewatch/engine/fault"
)

// Against is what the target is compared with, beside the stage before.
type Against struct {
	// Image is an image that the engine has, by its name or ID; empty for none.
	Image string
	// File is a Dockerfile whose last stage is built as the target is, of the same context; empty for none.
	File string
	// Bandwidth is what the time of a pull is worked out with, as "50Mbit"; empty for [DefaultBandwidth].
	Bandwidth string
}

// DefaultBandwidth is that of a common line: 100 Mbit/s.
const DefaultBandwidth = "100Mbit"

// Any reports whether the target is to be compared.
func (a Against) Any() bool { return a.Image != "" || a.File != "" }

// Name returns what the other image is called.
func (a Against) Name() string {
	if a.File != "" {
		return filepath.Base(a.File)
	}
	return a.Image
}

// Check returns what is wrong with the values, as a [*fault.Error].
func (a Against) Check() error {
	if a.Image != "" && a.File != "" {
		return &fault.Error{What: "reading --against and --against-file: the target is compared with one image", Hint: "Leave one of them out."}
	}
	if _, err := reference.ParseAnyReference(a.Image); err != nil && a.Image != "" {
		return &fault.Error{What: fmt.Sprintf("reading --against %q", a.Image), Err: err, Hint: "Write the name of an image, NAME or NAME:TAG, or its ID."}
	}
	if a.File != "" {
		if _, err := os.Stat(a.File); err != nil {
			return &fault.Error{What: "reading --against-file", Err: err, Hint: "Name a Dockerfile; a path is read from the working folder, as that of -f is."}
		}
	}
	_, err := a.Bits()
	return err
}

var speed = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?) ?([kKMG]?)(?:bit|bit/s|bps)$`)

// Bits returns the bandwidth in bits a second.
func (a Against) Bits() (int64, error) {
	text := a.Bandwidth
	if text == "" {
		text = DefaultBandwidth
	}
	refused := &fault.Error{What: fmt.Sprintf("reading --bandwidth %q: this is no bandwidth", text), Hint: "Write it in bits a second, e.g. 800kbit, 50Mbit or 1Gbit."}
	found := speed.FindStringSubmatch(text)
	if found == nil {
		return 0, refused
	}
	n, err := strconv.ParseFloat(found[1], 64)
	bits := n * map[string]float64{"": 1, "k": 1e3, "m": 1e6, "g": 1e9}[strings.ToLower(found[2])]
	if err != nil || bits < 1 || bits > math.MaxInt32*1e6 {
		return 0, refused
	}
	return int64(bits), nil
}
