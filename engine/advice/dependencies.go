package advice

import (
	"regexp"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
)

// installers are commands that install what files of a project name, and need nothing else of it.
var installers = []struct {
	command *regexp.Regexp
	files   []string
}{
	{regexp.MustCompile(`^(?:python[\d.]* -m )?(?:uv )?pip[\d.]* install(?: --?[a-z][\w-]*(?:=\S+)?)* (?:-r|--requirement)[ =]?([^\s;&|]+)(?: --?[a-z][\w-]*(?:=\S+)?)*$`), nil},
	{regexp.MustCompile(`^npm (?:ci|install|i)(?: --?\S+)*$`), []string{"package.json", "package-lock.json"}},
	{regexp.MustCompile(`^yarn(?: install)?(?: --?\S+)*$`), []string{"package.json", "yarn.lock"}},
	{regexp.MustCompile(`^pnpm (?:install|i)(?: --?\S+)*$`), []string{"package.json", "pnpm-lock.yaml"}},
	{regexp.MustCompile(`^go mod download(?: -x)?$`), []string{"go.mod", "go.sum"}},
	{regexp.MustCompile(`^bundle install(?: --?\S+(?: \d+)?)*$`), []string{"Gemfile", "Gemfile.lock"}},
	{regexp.MustCompile(`^composer install(?: --?\S+)*$`), []string{"composer.json", "composer.lock"}},
	{regexp.MustCompile(`^(?:apt-get|apt|apk|dnf|yum|microdnf) [^/]*$`), nil},
}

// beside matches commands that may stand beside an installation and read nothing.
var beside = regexp.MustCompile(`^(?:set -\S+|true|mkdir (?:-p )?\S+|rm -rf? /(?:var|tmp|root)/\S+|(?:python[\d.]* -m )?pip[\d.]* install (?:-U|--upgrade) pip|npm cache clean.*)$`)

var (
	runFlags = regexp.MustCompile(`^RUN(?:\s+--\S+)*\s+`)
	joint    = regexp.MustCompile(`\s*(?:&&|;)\s*`)
)

// dependencies returns the files of the context that name what an instruction installs. Only reports whether it does
// nothing but install.
func dependencies(instruction string) (files []string, only bool) {
	command := runFlags.ReplaceAllString(instruction, "")
	if command == instruction {
		return nil, false
	}
	for _, c := range joint.Split(event.OneLine(command), -1) {
		found := false
		for _, in := range installers {
			m := in.command.FindStringSubmatch(c)
			if m == nil {
				continue
			}
			found, only = true, true
			files = append(files, in.files...)
			if len(m) > 1 {
				files = append(files, strings.TrimPrefix(m[1], "./"))
			}
			break
		}
		if !found && !beside.MatchString(c) {
			return nil, false
		}
	}
	return files, only
}
