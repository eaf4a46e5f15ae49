package solve

import (
	"strings"

	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"

	"github.com/stagewatch/stagewatch/engine/plan"
)

// refusals are the parts of the messages with which engines refuse a graph as a whole, and what the op has that they
// refuse it for.
var refusals = []struct {
	contains string
	has      func(op *pb.ExecOp, msg string) bool
}{
	{"security.insecure is not allowed", func(op *pb.ExecOp, _ string) bool { return op.Security == pb.SecurityMode_INSECURE }},
	{"network.host is not allowed", func(op *pb.ExecOp, _ string) bool { return op.Network == pb.NetMode_HOST }},
	{"device ", func(op *pb.ExecOp, msg string) bool {
		for _, d := range op.CdiDevices {
			if strings.Contains(msg, d.Name) {
				return true
			}
		}
		return false
	}},
}

// blamed returns the vertex that a solve failed at, "" for none: the one that BuildKit blames, or that of the op for which
// the engine refused the graph.
func blamed(err error, bound *plan.Bound) digest.Digest {
	if d := failedVertex(err); d != "" || err == nil {
		return d
	}
	msg := err.Error()
	for _, r := range refusals {
		if !strings.Contains(msg, r.contains) {
			continue
		}
		for i, op := range bound.Ops {
			if e := op.GetExec(); e != nil && r.has(e, msg) {
				return bound.Digests[i]
			}
		}
	}
	return ""
}
