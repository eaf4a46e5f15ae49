package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/run"
)

// TestFlagsOfDockerRun: each flag means its own option.
func TestFlagsOfDockerRun(t *testing.T) {
	const args = `--add-host a:10.0.0.1 --cap-add NET_ADMIN --cap-drop ALL --cpus 1.5 --device /dev/null --dns 10.0.0.2 --entrypoint= --gpus all --init=false
		--label a=1 --log-driver local --log-opt max-size=1m -m 1g --mount type=tmpfs,dst=/t --privileged --shm-size 1m --tmpfs /run --ulimit nofile=1 -u app -w /srv`
	o, empty, off := &options{}, "", false
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	o.containerFlags(f)
	if err := f.Parse(strings.Fields(args)); err != nil {
		t.Fatal(err)
	}
	want := run.Options{
		ExtraHosts: []string{"a:10.0.0.1"}, CapAdd: []string{"NET_ADMIN"}, CapDrop: []string{"ALL"}, CPUs: 15e8, Devices: []string{"/dev/null"}, DNS: []string{"10.0.0.2"},
		Entrypoint: &empty, GPUs: []string{"all"}, Init: &off, Labels: []string{"a=1"}, LogDriver: "local", LogOpts: []string{"max-size=1m"}, Memory: 1 << 30,
		Mounts: []string{"type=tmpfs,dst=/t"}, Privileged: true, ShmSize: 1 << 20, Tmpfs: []string{"/run"}, Ulimits: []string{"nofile=1"}, User: "app", Workdir: "/srv",
	}
	if d := cmp.Diff(want, o.cfg.Run); d != "" {
		t.Errorf("want (-), got (+):\n%s", d)
	}
	if err := o.cfg.Check(); err != nil {
		t.Error(err)
	}
}

// TestAShellAtAStepHasTheFlagsOfTheBuild, and none of the container's, though some of both have the same name.
func TestAShellAtAStepHasTheFlagsOfTheBuild(t *testing.T) {
	f := rootCommand().Flags()
	if err := f.Parse(strings.Fields("--label run=1 --build-label build=1 --network run --build-network none --build-add-host a:::1 --build-shm-size 1m --build-ulimit nofile=1 -m 1g --target x -p 80")); err != nil {
		t.Fatal(err)
	}
	got, to := passed(f, shellCommand().Flags()), shellCommand().Flags()
	want := []string{"--add-host=a:::1", "--label=build=1", "--network=none", "--shm-size=1MiB", "--target=x", "--ulimit=nofile=1"}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if err := to.Parse(got); err != nil {
		t.Error(err)
	}
}

// TestAShellOfADashboardIsOfWhatThatShows: of the context, or of the service, whatever lies in the working folder.
func TestAShellOfADashboardIsOfWhatThatShows(t *testing.T) {
	for name, c := range map[string]struct {
		args   string
		opener func(f *pflag.FlagSet) *opener
		want   string
	}{
		"one build": {"-f x/Dockerfile --env-file run.env", func(f *pflag.FlagSet) *opener { return openerOf(f, "ctx") }, "shell --pause --file=x/Dockerfile --no-compose --at=build:2 ctx"},
		"a service": {"-f a.yaml -f b.yaml --profile dev --env-file x.env", func(f *pflag.FlagSet) *opener { return openerFor(f, "shop", "api") },
			"shell --pause --env-file=x.env --file=a.yaml --file=b.yaml --profile=dev --project-name=shop --at=build:2 api"},
	} {
		f := rootCommand().Flags()
		if err := f.Parse(strings.Fields(c.args)); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(c.opener(f).at("build", 2).Args[1:], " "); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.want)
		}
	}
}

// TestARecordingOfServices: of several one is named, and what is for all stays.
func TestARecordingOfServices(t *testing.T) {
	recording := []event.Event{{Body: event.Engine{}}, {Service: "api", Build: 1, Body: event.Built{}}, {Service: "db", Body: event.Companion{}}, {Service: "web", Build: 1, Body: event.Built{}}}
	for service, want := range map[string]int{"": 0, "api": 2, "db": 0, "nosuch": 0} {
		got, err := ofService(slices.Clone(recording), service)
		if len(got) != want || (err == nil) != (want > 0) || err != nil && !strings.Contains(fault.Hint(err), "api, web") {
			t.Errorf("%q: %d events, %v", service, len(got), err)
		}
	}
	for _, one := range [][]event.Event{recording[:1], recording[:3]} {
		if got, err := ofService(slices.Clone(one), ""); err != nil || len(got) != min(len(one), 2) {
			t.Errorf("%d events, %v", len(got), err)
		}
	}
}
