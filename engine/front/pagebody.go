package front

import (
	"errors"
	"fmt"
	"io"

	"github.com/stagewatch/stagewatch/engine/reload"
)

// pageBody passes the body of a page on as it comes, with the tag in it. Its end is told in the same way as the app's:
// by a length, by chunks, or by that of the connection.
type pageBody struct {
	to   io.Writer
	page *reload.Page
	// chunks reads a body in chunks. It is nil for any other.
	chunks *bodyScanner
	// out is what is to be written next: the head, at first. data is what the next chunk has.
	out, data []byte
}

var errChunks = errors.New("the page is not in chunks, as its head says it is")

// Write takes the next piece of the body as the app sends it.
func (b *pageBody) Write(piece []byte) (int, error) {
	if b.chunks == nil {
		b.out = b.page.Pass(b.out, piece)
	} else if !b.rechunk(piece) {
		return 0, errChunks
	}
	return len(piece), b.flush()
}

// flush writes what there is.
func (b *pageBody) flush() error {
	if len(b.out) == 0 {
		return nil
	}
	_, err := b.to.Write(b.out)
	b.out = b.out[:0]
	return err
}

// end writes what follows the last piece. Of chunks, the last one was seen before.
func (b *pageBody) end() error {
	if b.chunks == nil {
		b.out = b.page.End(b.out)
	}
	return b.flush()
}

// rechunk makes chunks of its own of the data in a piece. What follows the last chunk passes as it is. It returns false
// for what is no chunk.
func (b *pageBody) rechunk(piece []byte) bool {
	b.data = b.data[:0]
	for len(piece) > 0 {
		scan := b.chunks
		if scan.state == chunkData {
			n := int(min(scan.chunk, uint64(len(piece))))
			b.data = b.page.Pass(b.data, piece[:n])
			piece = piece[n:]
			if scan.chunk -= uint64(n); scan.chunk == 0 {
				scan.state = chunkDataCR
			}
			continue
		}
		before := scan.state
		done, valid := scan.step(piece[0])
		switch {
		case !done && !valid:
			return false
		case before >= trailerBegin:
			b.out = append(b.out, piece[0])
		case scan.state == trailerBegin:
			b.data = b.page.End(b.data)
			b.chunk()
			b.out = append(b.out, "0\r\n"...)
		}
		piece = piece[1:]
	}
	b.chunk()
	return true
}

// chunk makes a chunk of the data, if there is any: one without any would be the last.
func (b *pageBody) chunk() {
	if len(b.data) > 0 {
		b.out = append(append(fmt.Appendf(b.out, "%x\r\n", len(b.data)), b.data...), "\r\n"...)
		b.data = b.data[:0]
	}
}

// passPage passes on the body of a page.
func (s *session) passPage(l *link, a answerHead, body *pageBody) downward {
	if l.in.Buffered() == 0 && a.size != 0 {
		// The head does not wait for the body.
		if err := body.flush(); err != nil {
			return downward{broken: true}
		}
	}
	err := l.relay(body, &bodyScanner{left: a.size}, func() {})
	if err == nil || a.size == untilClose && isEOF(err) {
		if err := body.end(); err != nil {
			return downward{broken: true}
		}
	}
	return a.ended(err)
}
