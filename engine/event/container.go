package event

// Serving reports that a container answers, and that requests go to it from now on.
type Serving struct {
	URL       string `json:"url"`
	Container string `json:"container"`
	Image     string `json:"image"`
	// MS is the time from the save that caused the build to the first answer, in milliseconds.
	MS int64 `json:"ms"`
	// EditsBehind counts the saves that the served build does not contain.
	EditsBehind int `json:"edits_behind"`
}

// Waiting reports that a new container has been started, and which answer the engine waits for before it serves. The
// event comes again whenever more is known about why that takes long.
type Waiting struct {
	Container string `json:"container"`
	// For is ":8080", with a path behind it where one was asked for, or "HEALTHCHECK"; before a container is started, the name of
	// a service.
	For string `json:"for"`
	// Listening are the addresses in the container that something listens on, as far as that is known.
	Listening []string `json:"listening,omitempty"`
	// Message is why the container is not ready, empty at first.
	Message string `json:"message,omitempty"`
	Hint    string `json:"hint,omitempty"`
}

// Draining reports that a container gets no new requests but still has some to finish. Its Stopped follows.
type Draining struct {
	Container string `json:"container"`
	Requests  int    `json:"requests"`
	// WithinMS is the time that they have, counted from the hand-over, in milliseconds.
	WithinMS int64 `json:"within_ms"`
}

// Stale reports that what serves was not built from the newest source.
type Stale struct {
	// ServingBuild is the build that serves, 0 for none.
	ServingBuild int    `json:"serving_build"`
	EditsBehind  int    `json:"edits_behind"`
	Reason       string `json:"reason"`
}

// Log is one line of a container's output, without its line end.
type Log struct {
	Container string `json:"container"`
	// Stream is "stdout" or "stderr".
	Stream string `json:"stream"`
	Text   string `json:"text"`
}

// Companion reports how a service stands that docker compose runs, at first and whenever that changes.
type Companion struct {
	State    CompanionState `json:"state"`
	ExitCode int            `json:"exit_code,omitempty"`
	// Message is what it waits for.
	Message string `json:"message,omitempty"`
}

// CompanionState is how a service that docker compose runs stands.
type CompanionState string

// The states of a companion. One without a health check is never more than running.
const (
	CompanionWaiting   CompanionState = "waiting"
	CompanionStarting  CompanionState = "starting"
	CompanionRunning   CompanionState = "running"
	CompanionHealthy   CompanionState = "healthy"
	CompanionUnhealthy CompanionState = "unhealthy"
	CompanionExited    CompanionState = "exited"
)

// Stopped reports that a container ended.
type Stopped struct {
	Container string     `json:"container"`
	ExitCode  int        `json:"exit_code"`
	Reason    StopReason `json:"reason"`
}

// StopReason is why a container ended.
type StopReason string

// The stop reasons.
const (
	// StopReplaced: the container of a newer build serves.
	StopReplaced StopReason = "replaced"
	// StopAsked: the user asked for it.
	StopAsked StopReason = "asked"
	// StopExited: the container exited by itself.
	StopExited StopReason = "exited"
	// StopCrashLoop: the container exited by itself again and again, and is not started any more.
	StopCrashLoop StopReason = "crash-loop"
	// StopUnready: the container was new and never answered.
	StopUnready StopReason = "unready"
	// StopQuit: the session ended.
	StopQuit StopReason = "quit"
)
