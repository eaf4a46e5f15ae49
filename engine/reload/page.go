package reload

import "bytes"

// Page puts a tag into an HTML page while that passes: right behind its <head>, or before the first thing that opens
// the head by itself. Of the page no more is held back than a few bytes that may be the name of a tag. So the tag comes
// before a policy that the page itself may contain, and the document is the same otherwise.
//
// The tag gets into every page, at its end if need be, but for one in UTF-16.
type Page struct {
	tag string
	// settled: the tag is in, or must not be.
	settled bool
	at      place
	// held is the beginning of what the tag may have to stand before.
	held []byte
	// head: the element that is being read is the head. value: the next quote begins a value, which quote ends.
	head, value bool
	quote       byte
	// dashes counts those at the end of a comment so far; bang: an exclamation mark follows them.
	dashes int
	bang   bool
}

// place is where in the beginning of a page the next byte is.
type place int

const (
	atStart place = iota
	between
	inName
	inElement
	inDeclaration
	inComment
)

// NewPage returns a Page that puts the tag in.
func NewPage(tag string) *Page { return &Page{tag: tag} }

// UTF16 reports whether a page that begins with these bytes is in UTF-16, where ASCII would be other letters.
func UTF16(begin []byte) bool {
	return bytes.HasPrefix(begin, []byte("\xfe\xff")) || bytes.HasPrefix(begin, []byte("\xff\xfe"))
}

// Pass appends to out what the next piece of the page becomes.
func (p *Page) Pass(out, piece []byte) []byte {
	for i, c := range piece {
		if p.settled {
			return append(out, piece[i:]...)
		}
		out = p.take(out, c)
	}
	return out
}

// End appends to out what the end of the page becomes.
func (p *Page) End(out []byte) []byte {
	if p.settled {
		return out
	}
	return p.put(out)
}

// put appends the tag and what was held back.
func (p *Page) put(out []byte) []byte {
	p.settled = true
	out = append(out, p.tag...)
	return append(out, p.held...)
}

// pass appends what was held back.
func (p *Page) pass(out []byte, then place) []byte {
	out = append(out, p.held...)
	p.held, p.at = p.held[:0], then
	return out
}

func (p *Page) take(out []byte, c byte) []byte {
	switch p.at {
	case atStart:
		p.held = append(p.held, c)
		return p.begin(out)
	case between:
		switch {
		case isSpace(c):
			return append(out, c)
		case c == '<':
			p.held, p.at = append(p.held, c), inName
			return out
		}
		return append(p.put(out), c)
	case inName:
		p.held = append(p.held, c)
		return p.name(out, c)
	case inElement:
		out = append(out, c)
		if p.ends(c) {
			if p.at = between; p.head {
				return p.put(out)
			}
		}
		return out
	case inDeclaration:
		if c == '>' {
			p.at = between
		}
		return append(out, c)
	}
	if p.comment(c) {
		p.at = between
	}
	return append(out, c)
}

// begin handles the first bytes, which may be a byte order mark.
func (p *Page) begin(out []byte) []byte {
	const mark = "\xef\xbb\xbf"
	switch {
	case string(p.held) == mark:
		return p.pass(out, between)
	case UTF16(p.held):
		p.settled = true
		return p.pass(out, between)
	case bytes.HasPrefix([]byte(mark), p.held), len(p.held) == 1 && p.held[0] >= 0xfe:
		return out
	}
	first := bytes.Clone(p.held)
	p.held, p.at = p.held[:0], between
	return p.Pass(out, first)
}

// name handles a further byte of what follows a "<".
func (p *Page) name(out []byte, c byte) []byte {
	name := p.held[1:]
	switch {
	case string(name) == "?", name[0] == '!' && !bytes.HasPrefix([]byte("!--"), name):
		p.at = inDeclaration
		if c == '>' {
			p.at = between
		}
		return p.pass(out, p.at)
	case string(name) == "!--":
		// "<!-->" and "<!--->" are whole comments.
		p.dashes, p.bang = 2, false
		return p.pass(out, inComment)
	case name[0] == '!':
		return out
	}
	word := name[:len(name)-1]
	p.head = bytes.EqualFold(word, []byte("head"))
	switch {
	case (p.head || bytes.EqualFold(word, []byte("html"))) && (isSpace(c) || c == '/' || c == '>'):
		p.value, p.quote = false, 0
		out = p.pass(out, inElement)
		if c == '>' {
			if p.at = between; p.head {
				return p.put(out)
			}
		}
		return out
	case len(name) <= 4 && (bytes.EqualFold(name, []byte("head")[:len(name)]) || bytes.EqualFold(name, []byte("html")[:len(name)])):
		return out
	}
	return p.put(out)
}

// ends reports whether an element's tag ends with the byte. In a value in quotes it does not.
func (p *Page) ends(c byte) bool {
	switch {
	case p.quote != 0:
		if c == p.quote {
			p.quote = 0
		}
		return false
	case p.value && (c == '"' || c == '\''):
		p.value, p.quote = false, c
		return false
	case !isSpace(c):
		p.value = c == '='
	}
	return c == '>'
}

// comment reports whether a comment ends with the byte: with "-->" or "--!>".
func (p *Page) comment(c byte) bool {
	ends := c == '>' && p.dashes >= 2
	switch {
	case c == '-' && p.bang:
		p.dashes, p.bang = 1, false
	case c == '-':
		p.dashes++
	case c == '!' && p.dashes >= 2 && !p.bang:
		p.bang = true
	default:
		p.dashes, p.bang = 0, false
	}
	return ends
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r' }
