package plan

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// settings returns what build arguments, and instructions that make no step, set for an op that runs a command: variables,
// USER and SHELL. Values are digests: an argument may be a secret, and it is enough to see that it changed.
func (o *op) settings() map[string]string {
	e := o.pb.GetExec()
	if e == nil {
		return o.folderSettings()
	}
	out := map[string]string{}
	for _, kv := range e.Meta.Env {
		name, value, _ := strings.Cut(kv, "=")
		out[name] = fingerprint(name, value)
	}
	if e.Meta.User != "" {
		out["USER"] = fingerprint("USER", e.Meta.User)
	}
	if n := len(e.Meta.Args); n > 1 {
		// The last argument is the command, the ones before it are the shell.
		shell := strings.Join(e.Meta.Args[:n-1], " ")
		out["SHELL"] = fingerprint("SHELL", shell)
	}
	return out
}

// folderSettings returns the settings of a WORKDIR: the owner of the folder.
func (o *op) folderSettings() map[string]string {
	for _, a := range o.pb.GetFile().GetActions() {
		if u := a.GetMkdir().GetOwner().GetUser(); u != nil {
			return map[string]string{"USER": fingerprint("USER", fmt.Sprint(u.GetByName().GetName(), u.GetByID()))}
		}
	}
	return nil
}

// buildArg is the prefix of the frontend attributes that are build arguments.
const buildArg = "build-arg:"

// neutral are frontend attributes that change no step, but only which steps are built and how images are looked up.
// Labels change no step either.
var neutral = []string{"target", "no-cache", "image-resolve-mode"}

// fingerprints returns digests of the frontend attributes by name, without those that change no step.
func fingerprints(attrs map[string]string) map[string]string {
	out := map[string]string{}
	for name, value := range attrs {
		if !slices.Contains(neutral, name) && !strings.HasPrefix(name, "label:") {
			out[name] = fingerprint(name, value)
		}
	}
	return out
}

func fingerprint(name, value string) string {
	sum := sha256.Sum256([]byte(name + "=" + value))
	return hex.EncodeToString(sum[:8])
}

// differing returns the names whose values differ, sorted.
func differing(was, now map[string]string) []string {
	names := map[string]bool{}
	for name := range now {
		names[name] = was[name] != now[name]
	}
	for name := range was {
		names[name] = was[name] != now[name]
	}
	var out []string
	for _, name := range slices.SortedFunc(maps.Keys(names), cmp.Compare) {
		if names[name] {
			out = append(out, name)
		}
	}
	return out
}

// sets reports whether an instruction sets the setting called name.
func sets(instruction, name string) bool {
	word, rest := cutKeyword(instruction)
	switch strings.ToUpper(word) {
	case "USER", "SHELL":
		return strings.EqualFold(word, name)
	case "ENV", "ARG":
		for _, f := range strings.Fields(rest) {
			if key, _, _ := strings.Cut(f, "="); key == name {
				return true
			}
		}
	}
	return false
}
