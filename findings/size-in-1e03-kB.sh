#!/usr/bin/env bash
# The size of a layer just below a megabyte is printed in scientific notation.
#
# github.com/docker/go-units v0.5.0, with the precision of 3 that docker's own lists of images and layers use.
# Guess:    999,600 bytes read 1MB, or 1000kB.
# Behaviour: "1e+03kB". The unit is chosen before the value is rounded, and %.3g then has no other way to write it.
#            The library reads it back as 1,000,000; a reader that wants digits and a point does not.
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && cd "$dir"
cat >main.go <<'GO'
package main

import (
	"fmt"

	"github.com/docker/go-units"
)

func main() {
	for _, bytes := range []float64{999_499, 999_600, 999_600_000} {
		text := units.HumanSizeWithPrecision(bytes, 3)
		back, err := units.FromHumanSize(text)
		fmt.Printf("%.0f: %s, read back: %d %v\n", bytes, text, back, err)
	}
}
GO
go mod init finding 2>/dev/null
go get github.com/docker/go-units@v0.5.0 2>/dev/null
seen=$(go run -mod=mod . 2>/dev/null)
echo "$seen"
diff <(echo "$seen") - <<'OUT'
999499: 999kB, read back: 999000 <nil>
999600: 1e+03kB, read back: 1000000 <nil>
999600000: 1e+03MB, read back: 1000000000 <nil>
OUT
