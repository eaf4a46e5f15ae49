#!/usr/bin/env bash
# The last lipgloss v1 does not compile in a module that also asks for a current colorprofile.
#
# github.com/charmbracelet/lipgloss v1.1.0 and github.com/charmbracelet/colorprofile v0.4.1, both of one maker.
# Guess:    they build together: each is a tagged release, and neither imports the other's newer interfaces.
# Behaviour: colorprofile raises charmbracelet/x/ansi to a version whose Style methods changed, while lipgloss still
#            selects an old charmbracelet/x/cellbuf that calls the former ones: "not enough arguments in call". Asking for
#            x/cellbuf v0.0.15 by hand as well mends it.
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && cd "$dir"
cat >main.go <<'GO'
package main

import (
	"fmt"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/lipgloss"
)

func main() { fmt.Println(lipgloss.Width("four"), colorprofile.TrueColor) }
GO
go mod init finding 2>/dev/null
go get github.com/charmbracelet/lipgloss@v1.1.0 github.com/charmbracelet/colorprofile@v0.4.1 2>/dev/null
if first=$(go run -mod=mod . 2>&1); then first="it compiles"; else first=$(grep -o -m 1 'not enough arguments in call' <<<"$first"); fi
go get github.com/charmbracelet/x/cellbuf@v0.0.15 2>/dev/null
second=$(go run -mod=mod . 2>/dev/null)
printf '%s\n%s\n' "$first" "$second"
diff <(printf '%s\n%s\n' "$first" "$second") - <<'OUT'
not enough arguments in call
4 TrueColor
OUT
