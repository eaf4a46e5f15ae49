package solve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	gatewaypb "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
	"github.com/tonistiigi/fsutil"

	"github.com/stagewatch/stagewatch/engine/plan"
)

// ErrNoContainers says that the engine's BuildKit runs nothing but the steps of a build.
var ErrNoContainers = errors.New("the engine's BuildKit starts no containers beside its steps")

// releaseWithin bounds the removal of a container whose process has ended, or was given up.
const releaseWithin = 5 * time.Second

// Inside is a container of BuildKit's at a spot of a build: with the files, the mounts, the environment, the user, the folder
// and the network that the command there has. What is written in it is nowhere else, except in caches. It is gone
// with [Builder.Inside].
type Inside struct {
	ctx       context.Context
	g         gateway.Client
	op        *pb.Op
	container gateway.Container
	// root holds the files, nil for none.
	root gateway.Reference
}

// Inside calls fn with a container at a spot that [Builder.Reach] has reached. Where the engine can't start one it returns
// [ErrNoContainers].
func (b *Builder) Inside(ctx context.Context, at *Spot, contexts map[string]fsutil.FS, fn func(context.Context, *Inside) error) error {
	// What goes through the engine comes back as another error.
	var own error
	err := b.askOf(ctx, at.Plan, contexts, func(ctx context.Context, g gateway.Client) error {
		caps := g.BuildOpts().Caps
		if caps.Supports(gatewaypb.CapGatewayExec) != nil {
			own = ErrNoContainers
			return own
		}
		bound, err := at.Plan.BindEach(b.Binding(contexts, g.BuildOpts().SessionID))
		if err != nil {
			return err
		}
		in := &Inside{ctx: ctx, g: g, op: bound.Ops[at.Op]}
		if err := in.open(bound); err != nil {
			return err
		}
		defer func() {
			// A container that nobody releases lives until the engine notices that the solve has ended.
			releasing, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseWithin)
			defer cancel()
			// The error is that of the process once more.
			_ = in.container.Release(releasing)
		}()
		own = fn(ctx, in)
		return own
	})
	return cmp.Or(own, err)
}

// open makes the container.
func (in *Inside) open(bound *plan.Bound) error {
	exec := in.op.GetExec()
	req := gateway.NewContainerRequest{NetMode: exec.Network, ExtraHosts: exec.Meta.ExtraHosts, Hostname: exec.Meta.Hostname, Platform: in.op.Platform}
	for _, m := range exec.Mounts {
		mount := gateway.Mount{Selector: m.Selector, Dest: m.Dest, Readonly: m.Readonly, MountType: m.MountType, CacheOpt: m.CacheOpt, SecretOpt: m.SecretOpt, SSHOpt: m.SSHOpt}
		if m.Dest == pb.RootMount {
			// The command leaves its files to the next step. Nothing comes after this one.
			mount.Readonly = false
		}
		if m.Input >= 0 {
			ref, err := upTo(in.ctx, in.g, bound, bound.At[digest.Digest(in.op.Inputs[m.Input].Digest)])
			if err != nil {
				return err
			}
			if mount.Ref = ref; m.Dest == pb.RootMount {
				in.root = ref
			}
		}
		req.Mounts = append(req.Mounts, mount)
	}
	var err error
	in.container, err = in.g.NewContainer(in.ctx, req)
	return err
}

// Args is what the command executes.
func (in *Inside) Args() []string { return in.op.GetExec().GetMeta().GetArgs() }

// Mounts are what is mounted for the command beside its files: a path and what it is each, in the words of the Dockerfile.
func (in *Inside) Mounts() []string {
	var out []string
	for _, m := range in.op.GetExec().Mounts {
		if m.Dest != pb.RootMount {
			out = append(out, fmt.Sprintf("%s (%s)", m.Dest, strings.ToLower(m.MountType.String())))
		}
	}
	for _, s := range in.op.GetExec().Secretenv {
		out = append(out, fmt.Sprintf("$%s (secret)", s.Name))
	}
	return out
}

// Finds returns the first of the programs that the files have on the command's PATH.
func (in *Inside) Finds(programs ...string) (string, bool) {
	if in.root == nil {
		return "", false
	}
	folders := "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	for _, kv := range in.op.GetExec().GetMeta().GetEnv() {
		if v, ok := strings.CutPrefix(kv, "PATH="); ok {
			folders = v
		}
	}
	for _, p := range programs {
		for dir := range strings.SplitSeq(folders, ":") {
			if !path.IsAbs(dir) {
				continue
			}
			full := path.Join(dir, p)
			if _, err := in.root.StatFile(in.ctx, gateway.StatRequest{Path: full}); err == nil {
				return full, true
			}
		}
	}
	return "", false
}

// Size is that of a terminal, in characters.
type Size struct{ Rows, Columns int }

// Process is what is started in a container.
type Process struct {
	Args []string
	// Env is NAME=value each, beside the command's own.
	Env            []string
	Stdin          io.ReadCloser
	Stdout, Stderr io.WriteCloser
	// Sizes are the sizes of the terminal that Stdin and Stdout are, the present one first; nil where they are none.
	Sizes <-chan Size
}

// Run starts a process and returns its exit code once it has ended.
func (in *Inside) Run(p Process) (int, error) {
	exec := in.op.GetExec()
	req := gateway.StartRequest{
		Args: p.Args, Env: slices.Concat(exec.Meta.Env, proxies(exec.Meta.ProxyEnv), p.Env), SecretEnv: exec.Secretenv, User: exec.Meta.User, Cwd: exec.Meta.Cwd,
		Tty: p.Sizes != nil, Stdin: p.Stdin, Stdout: p.Stdout, Stderr: p.Stderr, SecurityMode: exec.Security,
	}
	if req.Tty {
		req.Stderr = nil
		if !slices.ContainsFunc(req.Env, func(kv string) bool { return strings.HasPrefix(kv, "TERM=") }) {
			req.Env = append(req.Env, "TERM=xterm") // as for docker run -t
		}
	}
	started, err := in.container.Start(in.ctx, req)
	if err != nil {
		return 0, err
	}
	resizing, stop := context.WithCancel(in.ctx)
	defer stop()
	go func() {
		for {
			select {
			case s := <-p.Sizes:
				_ = started.Resize(resizing, gateway.WinSize{Rows: uint32(s.Rows), Cols: uint32(s.Columns)})
			case <-resizing.Done():
				return
			}
		}
	}()
	err = started.Wait()
	var exit *gatewaypb.ExitError
	if errors.As(err, &exit) {
		return int(exit.ExitCode), nil
	}
	if err != nil {
		// 255 also stands for a process that never ran.
		if m := exitCode.FindStringSubmatch(PlainMessage(err.Error())); m != nil {
			code, err := strconv.Atoi(m[1])
			return code, err
		}
	}
	return 0, err
}

// proxies returns the variables by which programs find their proxies, as BuildKit sets them for a step.
func proxies(p *pb.ProxyEnv) []string {
	var env []string
	for _, v := range []struct{ name, value string }{{"http_proxy", p.GetHttpProxy()}, {"https_proxy", p.GetHttpsProxy()}, {"ftp_proxy", p.GetFtpProxy()}, {"no_proxy", p.GetNoProxy()}, {"all_proxy", p.GetAllProxy()}} {
		if v.value != "" {
			env = append(env, strings.ToUpper(v.name)+"="+v.value, v.name+"="+v.value)
		}
	}
	return env
}
