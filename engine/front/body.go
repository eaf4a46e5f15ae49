package front

// bodyScanner finds the end of a body in the bytes that pass.
type bodyScanner struct {
	// left is how much is still to come: a number of bytes, or the way in which the body ends.
	left bodySize

	state chunkState
	// chunk is what is left of the present chunk, in bytes.
	chunk uint64
	// digits counts the digits of the present chunk's size.
	digits int
	last   bool
}

// chunkState is where in a chunked body the next byte is.
type chunkState int

const (
	chunkSize chunkState = iota
	chunkExtension
	chunkSizeEnd
	chunkData
	chunkDataCR
	chunkDataLF
	trailerBegin
	trailerLine
	trailerLineEnd
	trailerEnd
)

// scan returns how many of the bytes belong to the body, and whether the body ends with them. An invalid chunked body
// counts as one without an end: the app decides where it stops, and may close the connection.
func (b *bodyScanner) scan(piece []byte) (used int, done bool) {
	switch {
	case b.left == untilClose:
		return len(piece), false
	case b.left >= 0:
		used = int(min(b.left, bodySize(len(piece))))
		b.left -= bodySize(used)
		return used, b.left == 0
	}
	for used < len(piece) {
		if b.state == chunkData {
			n := min(b.chunk, uint64(len(piece)-used))
			used += int(n)
			if b.chunk -= n; b.chunk == 0 {
				b.state = chunkDataCR
			}
			continue
		}
		done, valid := b.step(piece[used])
		used++
		if done {
			return used, true
		}
		if !valid {
			b.left = untilClose
			return len(piece), false
		}
	}
	return used, false
}

// step reads one byte between the chunks.
func (b *bodyScanner) step(c byte) (done, valid bool) {
	switch b.state {
	case chunkSize:
		return false, b.sizeByte(c)
	case chunkExtension, trailerLine:
		if c == '\r' {
			b.state++
		}
		return false, c != '\n'
	case chunkSizeEnd:
		b.state = chunkData
		if b.last {
			b.state = trailerBegin
		}
		return false, c == '\n'
	case chunkDataCR:
		b.state = chunkDataLF
		return false, c == '\r'
	case chunkDataLF:
		b.state, b.digits = chunkSize, 0
		return false, c == '\n'
	case trailerBegin:
		b.state = trailerLine
		if c == '\r' {
			b.state = trailerEnd
		}
		return false, c != '\n'
	case trailerLineEnd:
		b.state = trailerBegin
		return false, c == '\n'
	case trailerEnd:
		return c == '\n', false
	}
	return false, false
}

// sizeByte reads one byte of a chunk's size, or of what follows the size.
func (b *bodyScanner) sizeByte(c byte) (valid bool) {
	digit := -1
	switch {
	case '0' <= c && c <= '9':
		digit = int(c - '0')
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		digit = int(c|0x20-'a') + 10
	}
	if digit >= 0 {
		if b.digits++; b.digits == 1 {
			b.chunk = 0
		}
		b.chunk = b.chunk<<4 | uint64(digit)
		return b.digits <= 15
	}
	b.last = b.chunk == 0
	switch c {
	case '\r':
		b.state = chunkSizeEnd
	case ';', ' ', '\t':
		b.state = chunkExtension
	default:
		return false
	}
	return b.digits > 0
}
