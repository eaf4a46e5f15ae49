package compose

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
)

// Edit is what an edit of the project's files changes for one service.
type Edit struct {
	// Service is empty for what is about no single one.
	Service string
	// What says it without any value, as values may be secrets: "environment changed (DEBUG)".
	What string
	// Now reports whether a new container of the service is all that it takes. Else it needs another start.
	Now bool
}

// Edits returns what the project, read again, changes, by the names of services. The services that are asked for are the
// same for both.
func (p *Project) Edits(next *Project) []Edit {
	var out []Edit
	// docker compose makes a network or volume anew that has changed, with all that uses it.
	resources := differing(attributes(resourcesOf(p.model)), attributes(resourcesOf(next.model)))
	if len(resources) > 0 {
		out = append(out, Edit{What: strings.Join(resources, ", ") + " changed"})
	}
	was, is := p.model.Services, next.model.Services
	for _, name := range slices.Sorted(maps.Keys(joined(was, is))) {
		before, had := was[name]
		after, has := is[name]
		switch {
		case !had:
			out = append(out, Edit{Service: name, What: "is new"})
			continue
		case !has:
			out = append(out, Edit{Service: name, What: "is gone"})
			continue
		}
		changed := slices.DeleteFunc(differing(attributes(before), attributes(after)), func(a string) bool { return slices.Contains(ofNobody, a) })
		if len(changed) == 0 {
			continue
		}
		e := Edit{Service: name, Now: len(resources) == 0}
		if before.Build != nil || after.Build != nil {
			e.Now = e.Now && before.ContainerName == "" && before.GetScale() == after.GetScale() && p.run(before).StopFirst == next.run(after).StopFirst &&
				!slices.ContainsFunc(changed, func(a string) bool { return slices.Contains(ofStart, a) })
		}
		var what []string
		for _, a := range changed {
			if a == "environment" {
				a += " changed (" + strings.Join(differing(before.Environment, after.Environment), ", ") + ")"
			} else {
				a += " changed"
			}
			what = append(what, a)
		}
		e.What = strings.Join(what, ", ")
		out = append(out, e)
	}
	return out
}

var (
	// ofStart are attributes of a service that is built which a new container of it does not bring.
	ofStart = []string{"build", "container_name", "depends_on", "image", "network_mode", "platform", "ports", "scale"}
	// ofNobody are attributes that mean nothing to what runs.
	ofNobody = []string{"develop", "profiles", "pull_policy"}
)

// resourcesOf returns what services share.
func resourcesOf(p *types.Project) any {
	return map[string]any{"networks": p.Networks, "volumes": p.Volumes, "secrets": p.Secrets, "configs": p.Configs}
}

// attributes returns the attributes of a part of the model.
func attributes(part any) map[string]any {
	out := map[string]any{}
	if text, err := json.Marshal(part); err == nil {
		_ = json.Unmarshal(text, &out)
	}
	return out
}

// differing returns the keys whose values differ, sorted.
func differing[V any](a, b map[string]V) []string {
	var out []string
	for key := range joined(a, b) {
		before, had := a[key]
		after, has := b[key]
		if had != has || !reflect.DeepEqual(before, after) {
			out = append(out, key)
		}
	}
	slices.Sort(out)
	return out
}

// joined returns the keys of both.
func joined[V any, M ~map[string]V](a, b M) map[string]V {
	out := map[string]V{}
	maps.Copy(out, a)
	maps.Copy(out, b)
	return out
}
