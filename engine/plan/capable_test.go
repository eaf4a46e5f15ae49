package plan

import (
	"errors"
	"strings"
	"testing"

	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/apicaps"
)

// TestWhatAnEngineLacksIsRefused is about what older engines leave undone without a word.
func TestWhatAnEngineLacksIsRefused(t *testing.T) {
	for _, tt := range []struct {
		line  string
		lacks apicaps.CapID
		// want is a part of the message.
		want string
	}{
		// What Docker Engine 26 lacks, and 28 has, is told by the devices.
		{"COPY --chmod=u=rwX,go= f /", pb.CapExecMetaCDI, "Docker Engine 28"},
		{"RUN --device=a.com/b=c x", pb.CapExecMetaCDI, "RUN --device: it would run the command without the device. Docker Engine 28"},
		{"RUN --device=a.com/b=c,required x", pb.CapExecMetaCDI, "Docker Engine 28"},
		{"COPY --exclude=f . /", pb.CapFileCopyIncludeExcludePatterns, "Docker Engine 23"},
		{"COPY --parents f /", pb.CapFileCopyIncludeExcludePatterns, "Docker Engine 23"},
		{"RUN --mount=type=tmpfs,target=/t,size=1m x", pb.CapExecMountTmpfsSize, "Docker Engine 23"},
		{"RUN --mount=type=secret,id=s,env=S x", pb.CapExecSecretEnv, "Docker Engine 23"},
		{"ADD https://example.com/a.git?checksum=0123456789012345678901234567890123456789 /", pb.CapSourceGitChecksum, "(source.git.checksum)"},
	} {
		in := Input{Dockerfile: []byte("FROM a\nRUN y\n" + tt.line + "\n"), Filename: "Dockerfile"}
		if _, err := New(t.Context(), in, Offline{}); err != nil {
			t.Errorf("%s: %v", tt.line, err)
		}
		in.Caps = without(tt.lacks)
		var e *Error
		if _, err := New(t.Context(), in, Offline{}); !errors.As(err, &e) || e.Line != 3 || !strings.Contains(e.Message, tt.want) || e.Hint == "" {
			t.Errorf("%s: without %s: %v", tt.line, tt.lacks, err)
		}
	}
}

// TestWhatAnEngineLacksMatteredToNobody: what is not asked for is not missed.
func TestWhatAnEngineLacksMatteredToNobody(t *testing.T) {
	in := Input{Dockerfile: []byte("FROM a\nCOPY --chmod=644 --link f /\nRUN --mount=type=tmpfs,target=/t --mount=type=bind,target=/b,rw x\n"), Filename: "Dockerfile"}
	in.Caps = without(pb.CapExecMetaCDI, pb.CapFileCopyIncludeExcludePatterns, pb.CapFileCopyRequiredPaths, pb.CapExecMountTmpfsSize, pb.CapExecSecretEnv, pb.CapMergeOp, pb.CapExecMountBindReadWriteNoOutput)
	if _, err := New(t.Context(), in, Offline{}); err != nil {
		t.Error(err)
	}
}
