package event

import (
	"fmt"
	"strconv"
)

// Compared compares the image of a build with another one. Sizes are uncompressed bytes, as in [Sized].
type Compared struct {
	// Target is the image that was built, Against the other one.
	Target  ComparedImage `json:"target"`
	Against ComparedImage `json:"against"`
	// Difference is Target.Bytes minus Against.Bytes.
	Difference int64 `json:"difference"`
	// Groups are the bytes of both by what they are for, the largest first. They add up to the sizes.
	Groups []ComparedGroup `json:"groups"`
	// SharedLayers counts the layers that both have, from the lowest upwards; SharedBytes is what these take, uncompressed.
	SharedLayers int   `json:"shared_layers"`
	SharedBytes  int64 `json:"shared_bytes"`
	// Bandwidth is what the images' PullMS are worked out with, in bits a second.
	Bandwidth int64 `json:"bandwidth"`
}

// ComparedImage is one of two images that are compared.
type ComparedImage struct {
	// Name is the image's name, or the Dockerfile's where it was built for the comparison.
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	Layers int    `json:"layers"`
	// Compressed is the sum of the layers' compressed blobs in bytes, and CompressedBy where it is from: [BlobsStored], …
	Compressed   int64  `json:"compressed"`
	CompressedBy string `json:"compressed_by"`
	// PullMS is Compressed over the bandwidth, in milliseconds. Nothing of the image is there then, and unpacking is left out.
	PullMS int64 `json:"pull_ms"`
	// StandIn describes the stand-in that serves as base image, empty for a real base image.
	StandIn string `json:"stand_in,omitempty"`
}

// The values of ComparedImage.CompressedBy.
const (
	// BlobsStored: the engine keeps the blobs compressed, and sends them so.
	BlobsStored = "stored"
	// BlobsComputed: the engine keeps layers unpacked; they were compressed by gzip at its default level, as a push does.
	BlobsComputed = "computed"
	// BlobsMixed: some of the one kind, some of the other.
	BlobsMixed = "mixed"
)

// ComparedGroup is what files of one kind take in both images, in bytes.
type ComparedGroup struct {
	Name    string `json:"name"`
	Target  int64  `json:"target"`
	Against int64  `json:"against"`
}

// Blobs says where the compressed size is from.
func (i ComparedImage) Blobs() string {
	switch i.CompressedBy {
	case BlobsStored:
		return "the engine's own blobs"
	case BlobsComputed:
		return "computed with gzip"
	case BlobsMixed:
		return "the engine's own blobs, else computed with gzip"
	}
	return i.CompressedBy
}

// Speed returns the bandwidth as it is written in flags: "100Mbit/s".
func (c Compared) Speed() string {
	bits, unit := float64(c.Bandwidth), "bit/s"
	for _, larger := range []string{"kbit/s", "Mbit/s", "Gbit/s"} {
		if bits < 1000 {
			break
		}
		bits, unit = bits/1000, larger
	}
	return fmt.Sprintf("%s%s", strconv.FormatFloat(bits, 'f', -1, 64), unit)
}
