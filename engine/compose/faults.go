package compose

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/errdefs"
	"github.com/compose-spec/compose-go/v2/types"

	"github.com/stagewatch/stagewatch/engine/fault"
)

// next says what to do about messages of the library, which has no types for most of them. The first that matches counts.
var next = []struct {
	message, hint string
}{
	{`required variable (\w+) is missing`, "Set $1 in the environment, or in .env beside the compose file."},
	{`invalid interpolation format`, "Close the brace of the variable, or write $$$$ for a $$ that begins none."},
	{`dependency cycle detected`, "Take one of them out of depends_on; links, volumes_from and network_mode: service:… count, too."},
	{`Circular reference`, "Take one of the extends out."},
	{`include cycle detected`, "Take one of the includes out."},
	{`^env file (\S+) not found`, "Create it, or write required: false beside its path in env_file."},
	{`^label file (\S+) not found`, "Create it, or take it out of label_file."},
	{`^failed to read .*: line \d+: `, "Correct that line; each is NAME=value."},
	{`^couldn't find env file`, "Name a file that is there with --env-file."},
	{`cannot extend service`, "Name a service that is there in extends."},
	{`refers to undefined (?:build )?(network|volume|secret|config|model) `, "Declare it under ${1}s: at the top level of the file."},
	{`neither an image nor a build`, "Give it an image: or a build:."},
	{`invalid project name`, "Write -p with small letters, digits, - and _ only."},
	{`: only files of this machine are read$`, "Fetch it into a folder, and name the file there."},
	{`^compose file ".*(?:no such file|is a directory|not a regular file)`, "Name a file that is there with -f, or in COMPOSE_FILE."},
}

// refused is the hint for all else: the library is docker compose's own.
const refused = "Correct it; docker compose config refuses it, too."

// unknown matches what is said of a service that is not there.
var unknown = regexp.MustCompile(`undefined service|unknown service|non-buildable service`)

// explained returns an error of the library in words for a person.
func (o Options) explained(err error) error {
	var told *fault.Error
	if errors.As(err, &told) {
		return err
	}
	if errors.Is(err, errdefs.ErrNotFound) && strings.HasPrefix(err.Error(), "no configuration file") {
		return &fault.Error{What: "reading the compose project: no compose.yaml in this folder or further up", Hint: "Name the file with -f, or write one."}
	}
	raw := strings.Join(strings.Fields(err.Error()), " ")
	message := plain(raw)
	e := &fault.Error{What: o.reading(err), Err: problem{message, err}, Hint: refused}
	var path *fs.PathError
	switch {
	case unknown.MatchString(raw):
		e.Hint = o.services()
	case errors.As(err, &path) && errors.Is(err, fs.ErrNotExist) && strings.HasPrefix(err.Error(), path.Op):
		e.Hint = "Create it, or correct the include or extends that names it."
	default:
		for _, n := range next {
			re := regexp.MustCompile(n.message)
			if at := re.FindStringSubmatchIndex(raw); at != nil {
				e.Hint = string(re.ExpandString(nil, n.hint, raw, at))
				break
			}
		}
	}
	return e
}

// problem is an error of the library with its message on one line.
type problem struct {
	message string
	err     error
}

func (p problem) Error() string { return p.message }
func (p problem) Unwrap() error { return p.err }

// noise and patterns are parts of the library's messages that say nothing to a person, or say it twice.
var noise = strings.NewReplacer(
	": "+errdefs.ErrInvalid.Error(), "",
	" false schema", " is no attribute that there is",
	". You may need to escape any $ with another $. ", ": ",
	" into cli.named", " for the top level",
	"error while interpolating ", "",
	"mutualy", "mutually",
)

var patterns = []struct{ from, to string }{
	{`: stat \S+: no such file or directory$`, ""},
	{`(^| )yaml: (?:construct errors: )?`, "$1"},
	{`^compose file "[^"]*" (?:found by default file discovery )?is invalid: (?:open )?`, ""},
}

// plain returns a message of the library without noise.
func plain(message string) string {
	message = noise.Replace(message)
	for _, p := range patterns {
		message = regexp.MustCompile(p.from).ReplaceAllString(message, p.to)
	}
	return shortened(message)
}

// shortened returns the message with paths below the working folder relative to it.
func shortened(message string) string {
	words := strings.Split(message, " ")
	for i, w := range words {
		path := strings.Trim(w, `",:`)
		if strings.HasPrefix(path, "/") {
			words[i] = strings.Replace(w, path, short(path), 1)
		}
	}
	return strings.Join(words, " ")
}

// reading says what is read: the compose file that the error is about. Where several are merged and the error does not
// tell, these are all.
func (o Options) reading(err error) string {
	var files []string
	logged(func() {
		if s, serr := o.settings(); serr == nil {
			files = s.ConfigPaths
		}
		for _, file := range files {
			if _, alone := (Options{Files: []string{file}, EnvFiles: o.EnvFiles, Name: o.Name}).model(); len(files) > 1 && alone != nil && alone.Error() == err.Error() {
				files = []string{file}
				break
			}
		}
	})
	if len(files) == 0 {
		return "reading the compose project"
	}
	for i := range files {
		files[i] = short(files[i])
	}
	return "reading " + strings.Join(files, ", ")
}

// model reads the project without checking that its parts fit.
func (o Options) model() (*types.Project, error) {
	s, err := o.settings()
	if err != nil {
		return nil, err
	}
	if err := cli.WithConsistency(false)(s); err != nil {
		return nil, err
	}
	return s.LoadProject(context.Background())
}

// services is the hint that names the services that there are.
func (o Options) services() string {
	hint := ""
	logged(func() {
		if p, err := o.model(); err == nil {
			hint = listing(p.AllServices())
		}
	})
	return hint
}

func listing(all types.Services) string {
	return "The services are " + strings.Join(slices.Sorted(maps.Keys(all)), ", ") + "."
}

// noService is the error that a person asked for a service that is not there.
func noService(name string, all types.Services) error {
	return &fault.Error{What: fmt.Sprintf("finding service %q: the project has no such service", name), Hint: listing(all)}
}

// buildCycle is the error that services read each other's images.
func buildCycle(path []string) error {
	return &fault.Error{What: "ordering builds: each of these reads the next one's image: " + strings.Join(path, " -> "), Hint: "Take one service: out of build.additional_contexts."}
}
