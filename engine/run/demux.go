package run

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The streams of a container, as the engine numbers them in the header of a frame.
const (
	stdin  = 0
	stdout = 1
	stderr = 2
	// systemErr carries the engine's own message about why the log ends.
	systemErr = 3
)

// frameHeader is the length of a frame's header: the stream, three zeros, the length of the payload.
const frameHeader = 8

// pieceSize bounds the memory that a frame takes, whatever its header claims.
const pieceSize = 32 << 10

// engineError is what the engine reports within the stream about why it ends.
type engineError struct{ text string }

func (e *engineError) Error() string {
	return fmt.Sprintf("reading the log: the engine reports %q", e.text)
}

// demux reads the engine's multiplexed log stream and calls emit with the payload of each frame, in pieces of at most
// 32 KiB that are valid during the call. First marks the beginning of a frame. It returns nil at the end of the stream,
// and io.ErrUnexpectedEOF if the stream ends within a frame.
func demux(r io.Reader, emit func(stream byte, first bool, piece []byte)) error {
	in := bufio.NewReaderSize(r, pieceSize)
	piece := make([]byte, pieceSize)
	var header [frameHeader]byte
	for {
		if _, err := io.ReadFull(in, header[:]); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		stream, left := header[0], int64(binary.BigEndian.Uint32(header[4:]))
		if stream > systemErr || header[1] != 0 || header[2] != 0 || header[3] != 0 {
			return fmt.Errorf("reading the log: %x is not a frame header", header)
		}
		for first := true; left > 0 || first; first = false {
			n := min(left, pieceSize)
			if _, err := io.ReadFull(in, piece[:n]); err != nil {
				if errors.Is(err, io.EOF) {
					err = io.ErrUnexpectedEOF
				}
				return err
			}
			left -= n
			if stream == systemErr {
				return &engineError{string(piece[:min(n, 200)])}
			}
			emit(stream, first, piece[:n])
		}
	}
}
