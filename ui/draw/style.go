package draw

// Style is a role, in the low bits, and flags. The styles of an app's own colours have extraBase added
// to an index into the canvas' extra list.
type Style uint16

// The roles. A role is what text means; the theme says what that looks like.
const (
	Plain Style = iota
	Dim
	Accent
	// Focus is the name of what has the focus.
	Focus
	Good
	Warn
	Bad
	BadgeGood
	BadgeWarn
	BadgeBad
	BadgeAccent
	Match
	roles
)

// The flags that any role takes.
const (
	Bold Style = 1 << (iota + 6)
	Reverse
	Underline
	Selected
	flagsEnd
)

const (
	roleMask  Style = 1<<6 - 1
	extraBase Style = flagsEnd
	extraMax        = 1 << 12
)

func (s Style) paintsBlanks() bool {
	if s >= extraBase {
		return true
	}
	role := s & roleMask
	return s&(Reverse|Underline|Selected) != 0 || role >= BadgeGood && role <= Match
}

// Select is s as it looks under the cursor. An app's own colours stay as they are.
func (s Style) Select() Style {
	if s >= extraBase {
		return s
	}
	return s | Selected
}
