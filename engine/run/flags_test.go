package run

import (
	"testing"

	"github.com/stagewatch/stagewatch/engine/fault"
)

// TestValuesOfOptions: what docker refuses is refused before anything starts, in docker's words, with how to write it.
func TestValuesOfOptions(t *testing.T) {
	for want, o := range map[string]Options{
		`reading --add-host "one": bad format for add-host: "one"`:                     {ExtraHosts: []string{"one"}},
		`reading --dns "ns": IP address is not correctly formatted: ns`:                {DNS: []string{"10.0.0.1", "ns"}},
		`reading --tmpfs "run": the path in the container must begin with /`:           {Tmpfs: []string{"run"}},
		`reading --mount "type=bind,source=/x": it names no target`:                    {Mounts: []string{"type=bind,source=/x"}},
		`reading --mount "dst=/x,size=1": unknown option 'size' in 'size=1'`:           {Mounts: []string{"dst=/x,size=1"}},
		`reading --ulimit "files": invalid ulimit argument: files`:                     {Ulimits: []string{"files"}},
		`reading --label "=1": invalid label '=1': empty name`:                         {Labels: []string{"=1"}},
		`reading --gpus "x=1": unexpected key 'x' in 'x=1'`:                            {GPUs: []string{"x=1"}},
		`reading --device "/dev/null:/x:rwx": bad mode specified: rwx`:                 {Devices: []string{"/dev/null:/x:rwx"}},
		`reading --device "/dev/null:x": x is not an absolute path`:                    {Devices: []string{"/dev/null:x"}},
		`reading --device "/dev/null:/a:/b:r": bad format for path: /dev/null:/a:/b:r`: {Devices: []string{"/dev/null:/a:/b:r"}},
		`invalid logging opts for driver none`:                                         {LogDriver: "none", LogOpts: []string{"max-size=1m"}},
		`reading --publish "x/udp": invalid containerPort: x`:                          {UDP: []string{"x/udp"}},
	} {
		err := Spec{Options: o}.Check()
		if err == nil || err.Error() != want || fault.Hint(err) == "" {
			t.Errorf("got %v\nwant %s, and a hint", err, want)
		}
	}
}

// TestOwnLabelsStay: what marks a container as ours is no option of a person.
func TestOwnLabelsStay(t *testing.T) {
	r := &Runner{labels: map[string]string{"stagewatch": "session"}}
	config, _, err := r.configure(t.Context(), Spec{Options: Options{Labels: []string{"stagewatch=theirs", "a=1"}}})
	if err != nil || config.Labels["stagewatch"] != "session" || config.Labels["a"] != "1" || len(r.labels) != 1 {
		t.Errorf("labels %v, %v; the runner's own are %v", config.Labels, err, r.labels)
	}
}
