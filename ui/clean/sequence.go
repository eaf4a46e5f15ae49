package clean

import (
	"strings"
	"unicode/utf8"
)

// sequence returns the length in bytes of the escape sequence that s begins with, 0 if there is none, and reports whether
// it is a well-formed SGR. The C1 forms count too, because some terminals obey them.
func sequence(s string) (n int, sgr bool) {
	intro, n := introducer(s)
	switch intro {
	case 0:
		return 0, false
	case '[':
		return control(s, n)
	case ']', 'P', 'X', '^', '_':
		return str(s, n), false
	}
	// ESC, intermediates, one final byte: character sets, cursor save, full reset.
	n = 1
	for n < len(s) && s[n] >= 0x20 && s[n] <= 0x2f {
		n++
	}
	if n < len(s) && s[n] >= 0x30 && s[n] <= 0x7e {
		n++
	}
	return n, false
}

// introducer returns the second byte of the 7-bit form of the sequence that s starts with, and how many bytes introduce it.
func introducer(s string) (byte, int) {
	if s[0] == 0x1b {
		if len(s) == 1 {
			return ' ', 1
		}
		return s[1], 2
	}
	if s[0] != 0xc2 {
		return 0, 0
	}
	switch r, n := utf8.DecodeRuneInString(s); r {
	case 0x90, 0x98, 0x9b, 0x9d, 0x9e, 0x9f:
		return byte(r - 0x40), n
	}
	return 0, 0
}

func control(s string, n int) (int, bool) {
	params := n
	for n < len(s) && s[n] >= 0x30 && s[n] <= 0x3f {
		n++
	}
	plain := strings.Trim(s[params:n], "0123456789;:") == ""
	for n < len(s) && s[n] >= 0x20 && s[n] <= 0x2f {
		plain = false
		n++
	}
	if n < len(s) && s[n] >= 0x40 && s[n] <= 0x7e {
		return n + 1, plain && s[n] == 'm' && n-params <= 64
	}
	return n, false
}

// str returns the length of a string sequence (OSC, DCS, …). If it has no end in s, that is the length of the introducer:
// what follows may be text, and is harmless then.
func str(s string, intro int) int {
	for i := intro; i < len(s); i++ {
		switch {
		case s[i] == 0x07:
			return i + 1
		case s[i] == 0x1b:
			if i+1 < len(s) && s[i+1] == '\\' {
				return i + 2
			}
			return i
		case s[i] == 0xc2 && i+1 < len(s) && s[i+1] == 0x9c:
			return i + 2
		case s[i] == '\n':
			return intro
		}
	}
	return intro
}

// csi returns an SGR sequence in its 7-bit form.
func csi(seq string) string {
	_, n := introducer(seq)
	return "\x1b[" + seq[n:]
}
