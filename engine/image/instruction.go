package image

import (
	"regexp"
	"slices"
	"strings"
)

var (
	// nop matches how the old builder's entries begin that ran no command.
	nop = regexp.MustCompile(`^/bin/sh -c #\(nop\)\s+`)
	// shell matches what a shell-form RUN puts before its command.
	shell = regexp.MustCompile(`^(?:/(?:usr/)?bin/)?(?:ba|da|a|z)?sh (?:-\w+ (?:pipefail )?)*-\w*c |^cmd /S /C `)
	// arguments matches the build arguments that both builders put before a command: |2 A=x B=y.
	arguments = regexp.MustCompile(`^\|\d+ .*?((?:/(?:usr/)?bin/)?(?:ba|da|a|z)?sh (?:-\w+ (?:pipefail )?)*-\w*c )`)
	// ports matches how Go prints a set of ports.
	ports  = regexp.MustCompile(`^EXPOSE (?:map)?\[(.*)\]$`)
	spaces = regexp.MustCompile(`\s+`)
)

// Instruction returns the instruction that the created_by of an image's history stands for, as a person wrote it: `RUN
// /bin/sh -c pip install . # buildkit` becomes `RUN pip install .`.
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

// setting reports whether an instruction changes only the image's configuration.
func setting(instruction string) bool {
	keyword, _, _ := strings.Cut(instruction, " ")
	return slices.Contains([]string{"ARG", "CMD", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "MAINTAINER",
		"ONBUILD", "SHELL", "STOPSIGNAL", "USER", "VOLUME"}, keyword)
}
