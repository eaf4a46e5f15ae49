package event

import (
	"cmp"
	"strings"
)

// The codes of stagewatch's own warnings. A code can also be the name of a BuildKit lint rule, [FreedNothing], or a code of
// watching, which begins with [CodeWatch].
const (
	// CodeEngineGone: the engine does not answer any more. The next [Engine] event ends the warning.
	CodeEngineGone = "engine-gone"
	// CodeNoDockerfile: there is no Dockerfile yet. The first [Planned] event ends the warning.
	CodeNoDockerfile = "no-dockerfile"
	// CodeDockerfilePipe: the Dockerfile is a pipe, and the session waits for its content.
	CodeDockerfilePipe = "dockerfile-pipe"
	// CodeCustomFrontend: a frontend that the Dockerfile names converts it.
	CodeCustomFrontend = "custom-frontend"
	// CodeContextUnreadable: the build context can't be read.
	CodeContextUnreadable = "context-unreadable"
	// CodeWatchMissed: the system did not report a change; a comparison of the files found it.
	CodeWatchMissed = "watch-missed"
	// CodeBaseUnknown: the plan assumes that base images are unchanged, as nothing is known about them.
	CodeBaseUnknown = "base-unknown"
	// CodeCompose: what docker compose warns of while it reads a project.
	CodeCompose = "compose"
	// CodeComposeLack: a service asks for something that is not done yet.
	CodeComposeLack = "compose-lack"
	// CodeComposeEdit: what an edit of a compose file changes can't be told beforehand.
	CodeComposeEdit = "compose-edit"
	// CodeCompanion: docker compose can't start a service, or its log can't be read.
	CodeCompanion = "companion"
	// CodeNotBuilt: a service was left out, as one before it failed.
	CodeNotBuilt = "not-built"
	// CodeUndone: the engine's BuildKit passes over what a flag or a compose file asks for.
	CodeUndone = "undone"
	// CodeNotCompared: nothing is known of an earlier build that could be compared with.
	CodeNotCompared = "not-compared"
	// CodeCacheGone: the builder's cache has lost what an earlier session built.
	CodeCacheGone = "cache-gone"
	// CodePromiseBroken: a step that was predicted as a hit ran.
	CodePromiseBroken = "promise-broken"
	// CodeUnkept: the state for the next session can't be written.
	CodeUnkept = "unkept"
	// CodeUnanswering: the session has no socket, so that no other program can ask it.
	CodeUnanswering = "unanswering"
	// CodeLeftovers: images or containers of an earlier session can't be removed.
	CodeLeftovers = "leftovers"
	// CodeSwept: images or containers of an earlier session were removed.
	CodeSwept = "swept"
	// CodeSecretUnset: the environment variable that a secret comes from is not set.
	CodeSecretUnset = "secret-unset"
	// CodeWholeImage: an engine did not take an image without the layers that it has, and got all of them.
	CodeWholeImage = "whole-image"
	// CodeBuilderAway: the plan is made without the builder that was chosen, as it does not answer.
	CodeBuilderAway = "builder-away"
	// CodeTagTaken: the image's name belongs to one of the user's own images.
	CodeTagTaken = "tag-taken"
	// CodeVolumeName: a volume's name looks like a folder.
	CodeVolumeName = "volume-name"
	// CodePortTaken: another program holds the published port. [CodePortFree] ends the warning.
	CodePortTaken = "port-taken"
	// CodePortFree: the port is free again, and stagewatch listens on it.
	CodePortFree = "port-free"
	// CodeContainerName: the container can't have the name that was asked for.
	CodeContainerName = "container-name"
	// CodeContainerLeft: a container can't be removed.
	CodeContainerLeft = "container-left"
	// CodeNotReady: a new container has not answered.
	CodeNotReady = "not-ready"
	// CodeAnswersError: the app has answered with errors since this build.
	CodeAnswersError = "answers-error"
	// CodeRequestsCut: an old container was stopped before it finished its requests.
	CodeRequestsCut = "requests-cut"
	// CodeNetworkLost: the serving container is on no network. [CodeNetworkBack] ends the warning.
	CodeNetworkLost = "network-lost"
	// CodeNetworkBack: the container is on a network again.
	CodeNetworkBack = "network-back"
	// CodeNoLog: the app's log can't be shown.
	CodeNoLog = "no-log"
	// CodeLogDropped: log lines came faster than they could be shown.
	CodeLogDropped = "log-dropped"
	// CodeUnmeasured: sizes can't be measured.
	CodeUnmeasured = "unmeasured"
	// CodeUnaccounted: the files of the stages can't be read, so there is no ledger.
	CodeUnaccounted = "unaccounted"
	// CodeOverBudget: a build is over its budget.
	CodeOverBudget = "over-budget"
	// CodeNotJudged: a figure that has a limit is not known.
	CodeNotJudged = "not-judged"
	// CodeCopyOrder: a step that installs dependencies reruns because of a COPY before it.
	CodeCopyOrder = "copy-order"
	// CodeLargeFile: in many builds nothing changed but one large file.
	CodeLargeFile = "large-file"
	// CodeUnreadContext: no step reads much of the context.
	CodeUnreadContext = "unread-context"
	// CodeLibcRisk: packages come from a stage with another C library.
	CodeLibcRisk = "libc-risk"
	// CodeLibcMismatch: a file needs another C library than the final image has.
	CodeLibcMismatch = "libc-mismatch"
	// CodeArchMismatch: a file is for another processor architecture.
	CodeArchMismatch = "arch-mismatch"
	// CodePythonMismatch: packages were installed for another minor version of Python.
	CodePythonMismatch = "python-mismatch"
	// CodeExtensionIgnored: Python ignores a compiled module because of its name.
	CodeExtensionIgnored = "extension-ignored"
	// CodeShebangMissing: a script's interpreter is missing.
	CodeShebangMissing = "shebang-missing"
	// CodeLibraryMissing: a library that a file needs is missing.
	CodeLibraryMissing = "library-missing"
	// CodeRecordingTorn: a part of the recording is missing.
	CodeRecordingTorn = "recording-torn"
)

// CodeWatch is the prefix of the codes that are about watching files.
const CodeWatch = "watch-"

// OfWatching reports whether the warning is about watching files.
func (w Warning) OfWatching() bool { return strings.HasPrefix(w.Code, CodeWatch) }

// ID identifies the subject of a warning. A newer warning with the same ID replaces this one.
func (w Warning) ID() string { return w.Code + ":" + cmp.Or(w.Key, w.Message) }
