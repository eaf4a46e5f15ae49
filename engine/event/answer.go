package event

// Await asks whether what is served contains what was written before the request. The engine first compares the contexts
// with the disk: nothing that was written before it is overlooked, whether or not the watcher has reported it. One
// [Answer] with the same ID follows, as soon as there is an answer.
type Await struct {
	// ID tells answers apart. A second request with the ID of one that waits, and Now, ends that wait at once.
	ID string
	// Path is the absolute path of the file, or folder, that is asked about as it is now. Empty for the newest save.
	Path string
	// All asks about every save, those that come while it waits too.
	All bool
	// Checks asks about the checks of what serves too: they have to pass.
	Checks bool
	// Now wants the answer as it is once the contexts are compared, [AnswerPending] where a build is still to come.
	Now bool
}

func (Await) intent() {}

// Answer reports to whoever sent an [Await] what serves. Its event has the number of the build that serves, or of the one
// that failed.
type Answer struct {
	ID string `json:"id" redact:"never"`
	// For is the path that was asked about, as a person reads it; empty for the newest save.
	For    string       `json:"for,omitempty" redact:"never"`
	Result AnswerResult `json:"result"`
	// ServingBuild is the build that serves, 0 for none, and EditsBehind the number of saves that it does not contain.
	ServingBuild int `json:"serving_build"`
	EditsBehind  int `json:"edits_behind"`
	// Message is why what was asked about is not served; Hint says what to do about it.
	Message string `json:"message,omitempty"`
	Hint    string `json:"hint,omitempty"`
	// Check is the stage of the check that failed, a gate or, where that was asked about, another; empty for none.
	Check string `json:"check,omitempty"`
	// Failed is the failure of the build that contains what was asked about, or of Check, nil where none failed.
	Failed *Failed `json:"failed,omitempty"`
}

// AnswerResult is what became of what an [Await] asks about.
type AnswerResult string

// The results. All but AnswerServed and AnswerUnread mean that it is not served, or not known to be.
const (
	// AnswerServed: what serves contains it.
	AnswerServed AnswerResult = "served"
	// AnswerUnread: no build reads the path, so that what serves does not depend on it. Message says why.
	AnswerUnread AnswerResult = "unread"
	// AnswerFailed: the build that contains it failed, or its container does not serve.
	AnswerFailed AnswerResult = "failed"
	// AnswerOff: nothing builds it, as watching is off.
	AnswerOff AnswerResult = "off"
	// AnswerPending: a build that contains it is under way or to come.
	AnswerPending AnswerResult = "pending"
)
