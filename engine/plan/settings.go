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

// settings are what instructions that make no step, and build arguments, set for the ones that run a command.
// Values are kept as digests: an argument may be a secret, and to tell that it changed is enough.
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
		// The last one is the command; before it stands the shell.
		shell := strings.Join(e.Meta.Args[:n-1], " ")
		out["SHELL"] = fingerprint("SHELL", shell)
	}
	return out
}

// folderSettings are those of a WORKDIR: whose the folder is.
func (o *op) folderSettings() map[string]string {
	for _, a := range o.pb.GetFile().GetActions() {
		if u := a.GetMkdir().GetOwner().GetUser(); u != nil {
			return map[string]string{"USER": fingerprint("USER", fmt.Sprint(u.GetByName().GetName(), u.GetByID()))}
		}
	}
	return nil
}

// buildArg begins the names of the frontend attributes that are build arguments.
const buildArg = "build-arg:"

// aside are the frontend attributes that change no step: which of them are built, or looked up anew, and what the image
// is labelled with.
var aside = []string{"target", "no-cache", "image-resolve-mode"}

// fingerprints are the digests of frontend attributes, but for those that no step goes by.
func fingerprints(attrs map[string]string) map[string]string {
	out := map[string]string{}
	for name, value := range attrs {
		if !slices.Contains(aside, name) && !strings.HasPrefix(name, "label:") {
			out[name] = fingerprint(name, value)
		}
	}
	return out
}

func fingerprint(name, value string) string {
	sum := sha256.Sum256([]byte(name + "=" + value))
	return hex.EncodeToString(sum[:8])
}

// differing names the settings that are not the same in both, in their order.
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

// sets tells whether an instruction gives the setting a value.
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
