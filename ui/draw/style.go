package draw

// Style is a role in the low bits, and flags. The style of an app's own colours is extraBase plus an index into the extra
// list of the canvas.
type Style uint16

// The roles. A role says what text means, and the theme what that looks like.
const (
	Plain Style = iota
	Dim
	Accent
	// Focus is for the name of the panel that has the focus.
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

// The flags, which go with any role.
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

// Select returns s as it looks under the cursor. An app's own colours stay as they are.
func (s Style) Select() Style {
	if s >= extraBase {
		return s
	}
	return s | Selected
}
