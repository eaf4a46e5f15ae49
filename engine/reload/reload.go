// Package reload makes a page follow what serves: a browser that shows one reloads it once a newer container has taken
// over, and shows meanwhile why the newest source does not serve. [Page] puts the element into the page that loads the
// script, [Allow] lets the page's Content-Security-Policy have it, and [State] is what the script is told.
//
// The package reads pages and policies; it opens no connection, and knows neither HTTP nor when a container takes over.
package reload

import (
	_ "embed"
	"encoding/json"
	"strconv"

	"github.com/stagewatch/stagewatch/engine/event"
)

// The paths that the script and its events have on the app's own port.
const (
	ScriptPath = "/.stagewatch/reload.js"
	EventsPath = "/.stagewatch/events"
)

// Script is the script, in JavaScript and ASCII.
//
//go:embed reload.js
var Script string

// Tag returns the element that loads the script, in ASCII. Serving is the number of what served the page, as in [State].
// The nonce, which must be one of a policy's, may be empty.
func Tag(serving int64, nonce string) string {
	tag := `<script async src="` + ScriptPath + `" data-serving="` + strconv.FormatInt(serving, 10) + `"`
	if nonce != "" {
		tag += ` nonce="` + nonce + `"`
	}
	return tag + "></script>"
}

// State is what pages are told: once when they ask, and at each change.
type State struct {
	// Serving numbers what serves. What takes over has a greater number than all before it, in earlier sessions too; 0 is
	// nothing.
	Serving int64 `json:"serving"`
	// Failure is why the newest source does not serve, nil where it does or is on its way.
	Failure *Failure `json:"failure,omitempty"`
}

// Failure is text to show over a page: nothing in it becomes markup.
type Failure struct {
	Title   string              `json:"title"`
	Detail  string              `json:"detail,omitempty"`
	Excerpt []event.ExcerptLine `json:"excerpt,omitempty"`
}

// Event returns the state as an event of a text/event-stream.
func (s State) Event() []byte {
	text, _ := json.Marshal(s) // numbers and strings can always be written
	return append(append([]byte("data: "), text...), "\n\n"...)
}
