package ui

import "github.com/charmbracelet/bubbles/key"

// KeyMap is every key of the dashboard with its help, but for the keys of the panels, which are their numbers. The help
// page, the bottom line and the dispatch all read it, so that they agree.
type KeyMap struct {
	Up, Down, PageUp, PageDown, Top, Bottom key.Binding
	Next, Prev, NextTab, PrevTab            key.Binding
	Open, Full, Zoom, Unzoom, Fold, Back    key.Binding
	Search, SearchNext, SearchPrev, Filter  key.Binding
	Build, BuildFresh, Restart, Stop        key.Binding
	Shell, ShellAt, Browse, Watch, Checks   key.Binding
	Follow, Wrap, Timestamps, Raw           key.Binding
	Copy, Save, Mouse, Suspend, Help, Quit  key.Binding
	Yes, No                                 key.Binding
	Pause, StepOn, StepBack                 key.Binding
	SeekOn, SeekBack, Faster, Slower        key.Binding
}

func bind(keys []string, help, desc string) key.Binding {
	return key.NewBinding(key.WithKeys(keys...), key.WithHelp(help, desc))
}

// DefaultKeyMap returns the keys that people know from the tools beside this one.
func DefaultKeyMap() KeyMap {
	k := func(keys ...string) []string { return keys }
	return KeyMap{
		Up:       bind(k("up", "k"), "↑/k", "up"),
		Down:     bind(k("down", "j"), "↓/j", "down"),
		PageUp:   bind(k("pgup", "ctrl+u"), "pgup/ctrl+u", "page up"),
		PageDown: bind(k("pgdown", "ctrl+d"), "pgdn/ctrl+d", "page down"),
		Top:      bind(k("home", "g"), "home/g", "to the top"),
		Bottom:   bind(k("end", "G"), "end/G", "to the bottom"),

		Next:    bind(k("tab"), "tab", "panel"),
		Prev:    bind(k("shift+tab"), "shift+tab", "previous panel"),
		NextTab: bind(k("]"), "]", "next tab"),
		PrevTab: bind(k("["), "[", "previous tab"),

		Open:   bind(k("enter"), "enter", "open"),
		Full:   bind(k("i"), "i", "top lines in full"),
		Zoom:   bind(k("+"), "+", "zoom in"),
		Unzoom: bind(k("_"), "_", "zoom out"),
		Fold:   bind(k(" "), "space", "fold"),
		Back:   bind(k("esc"), "esc", "back"),

		Search:     bind(k("/"), "/", "search"),
		SearchNext: bind(k("n"), "n", "next match"),
		SearchPrev: bind(k("N"), "N", "previous match"),
		Filter:     bind(k("&"), "&", "filter"),

		Build:      bind(k("b"), "b", "build"),
		BuildFresh: bind(k("B"), "B", "build without cache"),
		Restart:    bind(k("r"), "r", "restart"),
		Stop:       bind(k("s"), "s", "stop app"),
		Shell:      bind(k("E"), "E", "shell in container"),
		ShellAt:    bind(k("D"), "D", "shell at a step"),
		Browse:     bind(k("o"), "o", "browser"),
		Watch:      bind(k("w"), "w", "watch on/off"),
		Checks:     bind(k("c"), "c", "checks"),

		Follow:     bind(k("f"), "f", "follow"),
		Wrap:       bind(k("W"), "W", "wrap"),
		Timestamps: bind(k("t"), "t", "timestamps"),
		Raw:        bind(k("J"), "J", "JSON as it came"),
		Copy:       bind(k("y"), "y", "copy"),
		Save:       bind(k("ctrl+s"), "ctrl+s", "save log"),

		Mouse:   bind(k("M"), "M", "mouse on/off"),
		Suspend: bind(k("ctrl+z"), "ctrl+z", "suspend"),
		Help:    bind(k("?"), "?", "help"),
		Quit:    bind(k("q", "ctrl+c"), "q", "quit"),

		Yes: bind(k("y", "enter"), "y", "yes"),
		No:  bind(k("n", "esc"), "n", "no"),

		Pause:    bind(k("p"), "p", "pause/play"),
		StepOn:   bind(k("."), ".", "one event on"),
		StepBack: bind(k(","), ",", "one event back"),
		SeekOn:   bind(k("right", "l"), "→/l", "next build"),
		SeekBack: bind(k("left", "h"), "←/h", "previous build"),
		Faster:   bind(k(">"), ">", "faster"),
		Slower:   bind(k("<"), "<", "slower"),
	}
}
