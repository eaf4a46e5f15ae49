#!/usr/bin/env bash
# Of two colour detectors of one family, one takes a terminal for none where CI is set, even to "false".
#
# github.com/muesli/termenv v0.16.0, which github.com/charmbracelet/lipgloss v1.1.0 asks, beside
# github.com/charmbracelet/colorprofile v0.4.1, which replaces it in lipgloss v2; on a real pseudo terminal.
# Guess:    a terminal with TERM=xterm-256color has 256 colours for all three; CI is for pipes, and CI=false means no CI.
# Behaviour: termenv, and so lipgloss, show no colour whenever CI is not empty. colorprofile does not look at CI at all.
#            A program that moves from one to the other changes what people see who have CI in their shell.
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && cd "$dir"
cat >main.go <<'GO'
package main

import (
	"fmt"
	"os"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/lipgloss"
	"github.com/creack/pty"
	"github.com/muesli/termenv"
)

func main() {
	_, tty, err := pty.Open()
	if err != nil {
		panic(err)
	}
	for _, ci := range []string{"", "true", "false"} {
		os.Setenv("CI", ci)
		env := []string{"TERM=" + os.Getenv("TERM"), "CI=" + ci}
		fmt.Printf("CI=%s: termenv %s, lipgloss %s, colorprofile %s\n", ci,
			termenv.NewOutput(tty).Profile.Name(), lipgloss.NewRenderer(tty).ColorProfile().Name(), colorprofile.Detect(tty, env))
	}
}
GO
go mod init finding 2>/dev/null
go get github.com/creack/pty@v1.1.24 github.com/muesli/termenv@v0.16.0 github.com/charmbracelet/lipgloss@v1.1.0 \
  github.com/charmbracelet/colorprofile@v0.4.1 github.com/charmbracelet/x/cellbuf@v0.0.15 2>/dev/null
seen=$(env -u NO_COLOR -u COLORTERM -u CLICOLOR -u CLICOLOR_FORCE TERM=xterm-256color go run -mod=mod . 2>/dev/null)
echo "$seen"
diff <(echo "$seen") - <<'OUT'
CI=: termenv ANSI256, lipgloss ANSI256, colorprofile ANSI256
CI=true: termenv Ascii, lipgloss Ascii, colorprofile ANSI256
CI=false: termenv Ascii, lipgloss Ascii, colorprofile ANSI256
OUT
