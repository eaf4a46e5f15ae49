package event

import (
	"cmp"
	"strings"
)

// The codes of the warnings of our own. Beside them there are the names of BuildKit's lint rules, what a clean-up that
// frees nothing is called in a ledger ([FreedNothing]), and codes of watching, which begin with [CodeWatch].
const (
	// CodeEngineGone: the engine does not answer any more; the next Engine ends it.
	CodeEngineGone = "engine-gone"
	// CodeNoDockerfile: there is no Dockerfile yet; the first plan ends it.
	CodeNoDockerfile = "no-dockerfile"
	// CodeDockerfilePipe: the Dockerfile is a pipe that is waited for.
	CodeDockerfilePipe = "dockerfile-pipe"
	// CodeCustomFrontend: a frontend of the Dockerfile's own makes the build.
	CodeCustomFrontend = "custom-frontend"
	// CodeContextUnreadable: the build context can't be read.
	CodeContextUnreadable = "context-unreadable"
	// CodeWatchMissed: a change came without a notice of the system, and was found by comparing.
	CodeWatchMissed = "watch-missed"
	// CodeBaseUnknown: the plan takes base images for granted that nothing is known of.
	CodeBaseUnknown = "base-unknown"
	// CodeCacheGone: the builder has lost what an earlier session built.
	CodeCacheGone = "cache-gone"
	// CodePromiseBroken: a step that was predicted as a hit ran.
	CodePromiseBroken = "promise-broken"
	// CodeUnkept: what the next session would know can't be written down.
	CodeUnkept = "unkept"
	// CodeLeftovers: what an earlier session left can't be removed.
	CodeLeftovers = "leftovers"
	// CodeSwept: what an earlier session left was removed.
	CodeSwept = "swept"
	// CodeTagTaken: the image's name belongs to an image of the user's.
	CodeTagTaken = "tag-taken"
	// CodeVolumeName: a volume's name reads like a folder.
	CodeVolumeName = "volume-name"
	// CodePortTaken: the published port is another program's; PortFree ends it.
	CodePortTaken = "port-taken"
	// CodePortFree: the port was taken over.
	CodePortFree = "port-free"
	// CodeContainerName: the container can't have the name that was asked for.
	CodeContainerName = "container-name"
	// CodeContainerLeft: a container can't be removed.
	CodeContainerLeft = "container-left"
	// CodeNotReady: a new container did not get to answer.
	CodeNotReady = "not-ready"
	// CodeAnswersError: the app answers with errors since this build.
	CodeAnswersError = "answers-error"
	// CodeRequestsCut: an old container was stopped with requests unfinished.
	CodeRequestsCut = "requests-cut"
	// CodeNetworkLost: the container that serves is on no network; NetworkBack ends it.
	CodeNetworkLost = "network-lost"
	// CodeNetworkBack: the container is on a network again.
	CodeNetworkBack = "network-back"
	// CodeNoLog: the app's log can't be shown.
	CodeNoLog = "no-log"
	// CodeLogDropped: log lines came faster than they could be shown.
	CodeLogDropped = "log-dropped"
	// CodeUnmeasured: sizes can't be measured.
	CodeUnmeasured = "unmeasured"
	// CodeUnaccounted: the files of the stages can't be accounted for.
	CodeUnaccounted = "unaccounted"
	// CodeCopyOrder: a step that installs dependencies reruns for a COPY before it.
	CodeCopyOrder = "copy-order"
	// CodeLargeFile: a large file is all that changed in many builds.
	CodeLargeFile = "large-file"
	// CodeUnreadContext: much of the context is read by no step.
	CodeUnreadContext = "unread-context"
	// CodeLibcRisk: packages come from a stage with another C library.
	CodeLibcRisk = "libc-risk"
	// CodeLibcMismatch: a file needs another C library than the final image has.
	CodeLibcMismatch = "libc-mismatch"
	// CodeArchMismatch: a file is for another kind of processor.
	CodeArchMismatch = "arch-mismatch"
	// CodePythonMismatch: packages were installed for another minor version of Python.
	CodePythonMismatch = "python-mismatch"
	// CodeExtensionIgnored: Python ignores a compiled module for its name.
	CodeExtensionIgnored = "extension-ignored"
	// CodeShebangMissing: a script's interpreter is missing.
	CodeShebangMissing = "shebang-missing"
	// CodeLibraryMissing: a library that a file needs is missing.
	CodeLibraryMissing = "library-missing"
	// CodeRecordingTorn: a part of a recording is lost.
	CodeRecordingTorn = "recording-torn"
)

// CodeWatch is what the codes begin with that the watching of files gives.
const CodeWatch = "watch-"

// OfWatching reports whether a warning is about the watching of files.
func (w Warning) OfWatching() bool { return strings.HasPrefix(w.Code, CodeWatch) }

// ID identifies what is warned of: a newer warning with the same one takes the place of this one.
func (w Warning) ID() string { return w.Code + ":" + cmp.Or(w.Key, w.Message) }
