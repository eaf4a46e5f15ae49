#!/usr/bin/env bash
# RUN --device, even a required one, leaves no trace in the graph for a builder that knows no devices.
#
# github.com/moby/buildkit v0.34.2 (frontend/dockerfile/dockerfile2llb).
# Guess:    for a builder without the capability exec.meta.cdi the conversion fails, at least with "required", or the op
#           asks for the capability and the builder refuses it.
# Behaviour: no error, no warning, and the op is that of a RUN without --device. The capability stands nowhere in the
#            graph, so the builder has nothing to refuse, and the command runs without its device.
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && cd "$dir"
cat >main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/apicaps"
)

func main() {
	for _, without := range []apicaps.CapID{"", pb.CapExecMetaCDI} {
		var list []*apicaps.PBCap
		for _, c := range pb.Caps.All() {
			list = append(list, &apicaps.PBCap{ID: c.ID, Enabled: c.ID != string(without)})
		}
		caps := pb.Caps.CapSet(list)
		res, err := dockerfile2llb.Dockerfile2LLB(context.Background(), []byte("FROM scratch\nRUN --device=example.com/gpu=all,required [\"/app\"]\n"), dockerfile2llb.ConvertOpt{LLBCaps: &caps})
		if err != nil {
			fmt.Println("without", without, "error", err)
			continue
		}
		def, err := res.State.Marshal(context.Background(), llb.LinuxAmd64)
		if err != nil {
			panic(err)
		}
		devices, asked := 0, false
		for _, dt := range def.Def {
			var op pb.Op
			if err := op.UnmarshalVT(dt); err != nil {
				panic(err)
			}
			devices += len(op.GetExec().GetCdiDevices())
		}
		for _, m := range def.Metadata {
			for c := range m.Caps {
				asked = asked || strings.Contains(string(c), "cdi")
			}
		}
		fmt.Printf("without %q: %d devices, the capability is asked for: %t\n", without, devices, asked)
	}
}
GO
go mod init finding 2>/dev/null
go get github.com/moby/buildkit@v0.34.2 2>/dev/null
seen=$(go run -mod=mod . 2>/dev/null)
echo "$seen"
diff <(echo "$seen") - <<'OUT'
without "": 1 devices, the capability is asked for: true
without "exec.meta.cdi": 0 devices, the capability is asked for: false
OUT
