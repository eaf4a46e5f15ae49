package config

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/docker/cli/opts"
	"github.com/docker/go-units"

	"github.com/stagewatch/stagewatch/engine/fault"
)

// The networks that BuildKit can give to steps.
const networkDefault, networkNone, networkHost = "default", "none", "host"

// checkSteps checks what RUN is to find, and labels. The flags' names begin with the prefix.
func (b Build) checkSteps(prefix string) error {
	switch b.RunNetwork {
	case "", networkDefault, networkNone, networkHost:
	default:
		// The words of docker buildx.
		return &fault.Error{What: fmt.Sprintf("network mode %q not supported by buildkit", b.RunNetwork), Hint: fmt.Sprintf("Steps can have the networks default, none and host: --%snetwork none.", prefix)}
	}
	for _, f := range []struct {
		name, form string
		values     []string
		read       func(string) (string, error)
	}{
		{"add-host", "HOST:IP, or HOST:host-gateway for the engine's machine", b.ExtraHosts, buildHost},
		{"label", "NAME=value", b.Labels, opts.ValidateLabel},
		{"ulimit", "NAME=SOFT[:HARD], e.g. nofile=1024:2048", b.Ulimits, func(v string) (string, error) {
			_, err := units.ParseUlimit(v)
			return v, err
		}},
	} {
		for _, value := range f.values {
			if _, err := f.read(value); err != nil {
				return &fault.Error{What: fmt.Sprintf("reading --%s%s %q", prefix, f.name, value), Err: err, Hint: fmt.Sprintf("Write --%s%s %s.", prefix, f.name, f.form)}
			}
		}
	}
	return nil
}

// buildHost returns HOST:IP or HOST=IP, where host-gateway is an IP, too, as HOST=IP.
func buildHost(value string) (string, error) {
	host, err := opts.ValidateExtraHost(value)
	return strings.Replace(host, ":", "=", 1), err
}

// buildHosts returns hosts, which were checked, as HOST=IP.
func buildHosts(values []string) []string {
	var out []string
	for _, v := range values {
		if host, err := buildHost(v); err == nil {
			out = append(out, host)
		}
	}
	return out
}

// lastOfEach returns the ulimits without those of which another one with the same name follows.
func lastOfEach(ulimits []string) []string {
	var out []string
	for i, limit := range ulimits {
		name, _, _ := strings.Cut(limit, "=")
		if !slices.ContainsFunc(ulimits[i+1:], func(other string) bool { return strings.HasPrefix(other, name+"=") }) {
			out = append(out, limit)
		}
	}
	return out
}

// Attrs returns the frontend attributes that the flags amount to, without those of named contexts.
func (b Build) Attrs() map[string]string {
	a := map[string]string{}
	for k, v := range map[string]string{
		"target": b.Target, "platform": b.Platform,
		"add-hosts": listed(buildHosts(b.ExtraHosts)), "ulimit": listed(lastOfEach(b.Ulimits)), "no-cache": listed(b.Uncached),
	} {
		if v != "" {
			a[k] = v
		}
	}
	if slices.Contains(b.Uncached, "*") {
		a["no-cache"] = ""
	}
	// The word default is none of the frontend's.
	if b.RunNetwork != "" && b.RunNetwork != networkDefault {
		a["force-network-mode"] = b.RunNetwork
	}
	if b.ShmSize > 0 {
		a["shm-size"] = strconv.FormatInt(b.ShmSize, 10)
	}
	for _, label := range b.Labels {
		k, v, _ := strings.Cut(label, "=")
		a["label:"+k] = v
	}
	for _, arg := range slices.Concat(b.Proxies, b.BuildArgs) {
		k, v, _ := strings.Cut(arg, "=")
		a["build-arg:"+k] = v
	}
	if b.Pull {
		a["image-resolve-mode"] = "pull"
	}
	return a
}

// listed returns values as one line of CSV, which is how frontends take a list; empty for none.
func listed(values []string) string {
	if len(values) == 0 {
		return ""
	}
	var line strings.Builder
	w := csv.NewWriter(&line)
	_ = w.Write(values) // a strings.Builder takes all
	w.Flush()
	return strings.TrimSuffix(line.String(), "\n")
}
