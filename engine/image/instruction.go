package image

import (
	"regexp"
	"slices"
	"strings"
)

var (
	// nop begins the old builder's entries that ran no command.
	nop = regexp.MustCompile(`^/bin/sh -c #\(nop\)\s+`)
	// shell is what a shell-form RUN puts before the command.
	shell = regexp.MustCompile(`^(?:/(?:usr/)?bin/)?(?:ba|da|a|z)?sh (?:-\w+ (?:pipefail )?)*-\w*c |^cmd /S /C `)
	// arguments are the build arguments that both builders put before a command: |2 A=x B=y.
	arguments = regexp.MustCompile(`^\|\d+ .*?((?:/(?:usr/)?bin/)?(?:ba|da|a|z)?sh (?:-\w+ (?:pipefail )?)*-\w*c )`)
	// ports is the way in which Go prints a set.
	ports  = regexp.MustCompile(`^EXPOSE (?:map)?\[(.*)\]$`)
	spaces = regexp.MustCompile(`\s+`)
)

// Instruction turns the created_by of an image's history into the instruction as a person wrote it, as far as
// can be known: `RUN /bin/sh -c pip install . # buildkit` is `RUN pip install .`.
func Instruction(createdBy string) string {
	text, _ := strings.CutSuffix(strings.TrimSpace(createdBy), "# buildkit")
	text = strings.TrimSpace(spaces.ReplaceAllString(text, " "))
	if nop.MatchString(text) {
		return nop.ReplaceAllString(text, "")
	}
	command, isRun := strings.CutPrefix(text, "RUN ")
	command = arguments.ReplaceAllString(command, "$1")
	if bare := shell.ReplaceAllString(command, ""); isRun || bare != command {
		return "RUN " + bare
	}
	if set := ports.FindStringSubmatch(text); set != nil {
		return "EXPOSE " + strings.ReplaceAll(set[1], ":{}", "")
	}
	return text
}

// setting tells whether an instruction changes the image's configuration only.
func setting(instruction string) bool {
	keyword, _, _ := strings.Cut(instruction, " ")
	return slices.Contains([]string{"ARG", "CMD", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "MAINTAINER",
		"ONBUILD", "SHELL", "STOPSIGNAL", "USER", "VOLUME"}, keyword)
}
