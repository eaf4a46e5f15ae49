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

// failedVertex returns the vertex that BuildKit blames for err, "" for none.
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

// exited reports whether err is that of a command that ran and returned an exit code.
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

// outOfFiles is the message for a failure because this process has no file descriptor left.
const outOfFiles = "stagewatch has no file descriptor left to reach the engine with (too many open files)"

// brokenOff is the message for a build whose engine went away.
const brokenOff = "the connection to the engine broke"

var (
	// unavailable matches gRPC's messages for a server that is gone, bare or as BuildKit's client words them.
	unavailable = regexp.MustCompile(`code = Unavailable|(?:^|: )Unavailable: |failed to dial gRPC|error reading from server: |` + brokenOff)
	dialed      = regexp.MustCompile(`(?:dial|socket|accept4?)[ :].*too many open files`)

	wrapping = regexp.MustCompile(`^(?:failed to solve(?: with frontend \S+)?|failed to run Build function|rpc error: code = \w+ desc = |executor failed running|runc did not terminate successfully|failed to compute cache key|failed to calculate checksum of ref \S+|failed to load LLB|failed to walk \S*)(?:: |$)?`)
	// mounted matches the paths at which an engine mounts a snapshot for a moment.
	mounted = regexp.MustCompile(`(?:/[^\s:"]*)?/(?:buildkit-mount\d+|containerd-mount\d+|overlay2/\w+/(?:merged|diff)|snapshots/\d+/fs)`)
	// exitCode matches what BuildKit says of a command that ran and failed.
	exitCode = regexp.MustCompile(`^exit code: (\d+)`)
	process  = regexp.MustCompile(`(?s)^(?:process "[^"]*"|\[.*?\]:?|"[^"]*") ?(?:did not complete successfully: |: )?(exit code: \d+.*)$`)
)

// BrokenOff reports whether a build failed because the connection to the engine broke.
func BrokenOff(err error) bool {
	var f *Failure
	if errors.As(err, &f) && f.Err != nil {
		err = f.Err
	}
	return PlainMessage(err.Error()) == brokenOff
}

// NoFiles returns the message and the hint for a failure because this process has no file descriptor left.
func NoFiles() (message, hint string) { return outOfFiles, Hint(outOfFiles) }

// OutOfFiles reports whether something failed because this process had no file descriptor left.
func OutOfFiles(err error) bool { return PlainMessage(err.Error()) == outOfFiles }

// plain is an error of BuildKit in plain words.
type plain struct{ error }

func (p plain) Error() string { return PlainMessage(p.error.Error()) }
func (p plain) Unwrap() error { return p.error }

// Plain returns an error of BuildKit in plain words, nil for nil.
func Plain(err error) error {
	if err == nil {
		return nil
	}
	return plain{err}
}

// PlainMessage removes from a message what the transport and BuildKit wrap around it.
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

// noSpace is what is said of a full disk.
const noSpace = "no space left on device"

const noPath = "The path does not exist. Check its spelling and, if it is in the build context, .dockerignore."

// hints pair a part of a message with what to do. The first that matches counts.
var hints = []struct{ contains, hint string }{
	{"too many open files", "Raise the limit on open files (ulimit -n) and start again. A running session tries again by itself once files were closed."},
	{"the Dockerfile can't be read", "A running session tries again by itself once it can be read."},
	{brokenOff, "stagewatch continues by itself when the engine answers again."},
	{"exit code: 127", "A command of the step is not installed in the stage. Install it in an earlier step, or use a base image that has it."},
	{"exit code: 126", "A command of the step is not executable. Check its mode and its first line."},
	{"exit code: 128", "git found no repository: .git is left out of the context. Name .git in a COPY, or start with --ignore none."},
	{"exit code: 137", "The step was killed, most often because memory ran out. Give the engine more of it."},
	{"exit code:", "The step's own output says more."},
	{`" not found`, noPath},
	{`": not found`, noPath},
	{"lstat /", noPath},
	{"no source files were specified", "No file of the context matches. Check the pattern and .dockerignore."},
	{onlyAtHome, "Push it to a registry that the builder reaches, or build with the engine's own: --builder default."},
	{"pull access denied", "Check the image's name, or log in to its registry: docker login"},
	{"failed to do request", "The registry can't be reached. Check the network, or pull the image where it can be reached."},
	{"no such host", "The registry can't be reached. Check the network, or pull the image where it can be reached."},
	{"i/o timeout", "The network did not answer in time. Check the connection and its proxies."},
	{noSpace, "The engine's disk is full. See what takes the space: docker system df"},
	{"is not registered", "Describe the device to the engine: a file in /etc/cdi, and the engine's CDI feature on (docker info lists the folders)."},
	{"security.insecure is not allowed", "This engine's builds have no such right. Run what needs it in the container, not in the build."},
	{"network.host is not allowed", "This engine's builds have no such right."},
	{"target stage", "--target must name a stage of the Dockerfile. The names come after AS."},
	{"Dockerfile cannot be empty", "Begin it with FROM and the image to build on."},
	{"not found", "Check the spelling of the name."},
}

// Hint says what to do about a message of BuildKit, "" if there is no advice.
func Hint(msg string) string {
	for _, h := range hints {
		if strings.Contains(msg, h.contains) {
			return h.hint
		}
	}
	return ""
}
