package solve

import (
	"errors"
	"regexp"
	"strconv"
	"strings"

	"github.com/moby/buildkit/solver/errdefs"
	"github.com/opencontainers/go-digest"

	"github.com/stagewatch/stagewatch/engine/plan"
)

// failedVertex returns the vertex that BuildKit blames for err, empty for none.
func failedVertex(err error) digest.Digest {
	var v *errdefs.VertexError
	if errors.As(err, &v) {
		return digest.Digest(v.Digest)
	}
	return ""
}

func isCanceled(msg string) bool {
	return strings.HasSuffix(msg, "context canceled")
}

// exited tells whether err is that of a command that ran and returned an exit code of its own.
func exited(err string) bool { return strings.Contains(err, "exit code: ") }

// newFailure words what went wrong, without what the transport and BuildKit's layers wrap around it.
func newFailure(p *plan.Plan, step int, err error) *Failure {
	f := &Failure{Err: err}
	f.Message = PlainMessage(err.Error())
	f.Hint = Hint(f.Message)
	if m := exitCode.FindStringSubmatch(f.Message); m != nil {
		f.ExitCode, _ = strconv.Atoi(m[1])
	}
	var unread *UnreadError
	if errors.As(err, &unread) {
		f.Message, f.Hint = unread.Error(), unread.Hint()
	}
	if step >= 0 {
		s := p.Steps[step]
		f.Stage, f.Index, f.Line, f.Instruction = s.Stage, s.Index, s.Line, s.Instruction
	}
	from, to := f.Line, f.Line
	if step >= 0 {
		to = p.Steps[step].End
	} else if srcs := errdefs.Sources(err); len(srcs) > 0 && len(srcs[0].Ranges) > 0 {
		r := srcs[0].Ranges
		from, to = int(r[0].GetStart().GetLine()), int(r[len(r)-1].GetEnd().GetLine())
		f.Line = from
	}
	if from > 0 {
		f.Excerpt = p.Excerpt(from, to)
	}
	return f
}

// outOfFiles is said of a solve, or anything else, for which this process had no file descriptor left.
const outOfFiles = "stagewatch has no file descriptor left to talk to the engine with (too many open files)"

// brokenOff is said of a solve whose engine went away.
const brokenOff = "the connection to the engine broke off"

var (
	// unavailable is what gRPC says of a server that is not there any more, bare or as BuildKit's client words it.
	unavailable = regexp.MustCompile(`code = Unavailable|(?:^|: )Unavailable: |failed to dial gRPC|error reading from server: |` + brokenOff)
	dialed      = regexp.MustCompile(`(?:dial|socket|accept4?)[ :].*too many open files`)

	wrapping = regexp.MustCompile(`^(?:failed to solve(?: with frontend \S+)?|failed to run Build function|rpc error: code = \w+ desc = |executor failed running|runc did not terminate successfully|failed to compute cache key|failed to calculate checksum of ref \S+|failed to walk \S*)(?:: |$)?`)
	// mounted is where an engine has a snapshot for a moment.
	mounted = regexp.MustCompile(`(?:/[^\s:"]*)?/(?:buildkit-mount\d+|containerd-mount\d+|overlay2/\w+/(?:merged|diff)|snapshots/\d+/fs)`)
	// exitCode is what BuildKit says of a command that ran and failed.
	exitCode = regexp.MustCompile(`^exit code: (\d+)`)
	process  = regexp.MustCompile(`(?s)^(?:process "[^"]*"|\[.*?\]:?|"[^"]*") ?(?:did not complete successfully: |: )?(exit code: \d+.*)$`)
)

// BrokenOff tells whether a build failed because the connection to the engine did.
func BrokenOff(err error) bool { return PlainMessage(err.Error()) == brokenOff }

// NoFiles says that this process has no file descriptor left, and what to do about it.
func NoFiles() (message, hint string) { return outOfFiles, Hint(outOfFiles) }

// OutOfFiles tells whether it failed because this process had no file descriptor left to talk to the engine with.
func OutOfFiles(err error) bool { return PlainMessage(err.Error()) == outOfFiles }

// plain is an error of BuildKit in plain words.
type plain struct{ error }

func (p plain) Error() string { return PlainMessage(p.error.Error()) }
func (p plain) Unwrap() error { return p.error }

// Plain words an error of BuildKit plainly, nil for nil.
func Plain(err error) error {
	if err == nil {
		return nil
	}
	return plain{err}
}

// PlainMessage takes off a message what the transport and BuildKit wrap around it.
func PlainMessage(msg string) string {
	if dialed.MatchString(msg) {
		return outOfFiles
	}
	if unavailable.MatchString(msg) {
		return brokenOff
	}
	for {
		short := strings.TrimSpace(wrapping.ReplaceAllString(msg, ""))
		if short == msg || short == "" {
			break
		}
		msg = short
	}
	msg = mounted.ReplaceAllString(msg, "")
	if short, twice := strings.CutSuffix(msg, ": not found"); twice && strings.HasSuffix(short, "not found") {
		msg = short
	}
	if m := process.FindStringSubmatch(msg); m != nil {
		msg = m[1]
	}
	return msg
}

const noPath = "The path is not there: look at its spelling and, for one of the context, at .dockerignore."

// hints pair what a message contains with what to do about it.
var hints = []struct{ contains, hint string }{
	{"too many open files", "Raise the limit on open files (ulimit -n) and start again. A session tries again by itself when some are free."},
	{"the Dockerfile can't be read", "A session tries again by itself when it can be read."},
	{brokenOff, "stagewatch continues by itself when the engine answers again."},
	{"exit code: 127", "A command of the step is not installed in the stage's base image."},
	{"exit code: 126", "A command of the step is not executable: look at its mode and its first line."},
	{"exit code: 128", "git ends so where there is no repository: .git is left out of the context. Name it in a COPY, or start with --ignore none."},
	{"exit code: 137", "The step was killed, most often for lack of memory."},
	{"exit code:", "The step's own output says more."},
	{`" not found`, noPath},
	{`": not found`, noPath},
	{"lstat /", noPath},
	{"no source files were specified", "No file of the context matches: look at the pattern and at .dockerignore."},
	{"pull access denied", "Look at the image's name, or log in to its registry with docker login."},
	{"failed to do request", "The registry can't be reached: look at the network, or pull the image where it can."},
	{"no such host", "The registry can't be reached: look at the network, or pull the image where it can."},
	{"i/o timeout", "The network did not answer in time: look at the connection and at proxies."},
	{"no space left on device", "The engine's disk is full: docker system df shows what takes the space."},
	{"target stage", "--target names a stage of the Dockerfile: look at the names after AS."},
	{"Dockerfile cannot be empty", "It begins with FROM and the image to build on."},
	{"not found", "Look at the name."},
}

// Hint says what to do about a message of BuildKit, empty where nothing is known.
func Hint(msg string) string {
	for _, h := range hints {
		if strings.Contains(msg, h.contains) {
			return h.hint
		}
	}
	return ""
}
