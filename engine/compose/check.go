package compose

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/stagewatch/stagewatch/engine/fault"
)

// check returns what the library lets pass and a start would fail at, as a [*fault.Error].
func (p *Project) check() error {
	for _, s := range p.Services {
		if err := p.folders(s); err != nil {
			return err
		}
	}
	return p.ports()
}

// folders returns an error where a folder or the Dockerfile of a service's build is missing.
func (p *Project) folders(s Service) error {
	if !s.Built || remote(s.Build.Context) {
		return nil
	}
	wrong := func(what, path, hint string, err error) error {
		return &fault.Error{What: fmt.Sprintf("reading %s: service %q: opening %s %s", p.FileName(), s.Name, what, short(path)), Err: err, Hint: hint}
	}
	if err := folder(s.Build.Context); err != nil {
		return wrong("the build context", s.Build.Context, "Create the folder, or correct build.context.", err)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Build.BuildContexts)) {
		dir := s.Build.BuildContexts[name]
		if remote(dir) || !filepath.IsAbs(dir) {
			continue
		}
		if err := folder(dir); err != nil {
			return wrong("the additional context "+name, dir, "Create the folder, or correct build.additional_contexts.", err)
		}
	}
	file := s.Build.File
	if file == "" {
		file = filepath.Join(s.Build.Context, "Dockerfile")
		if _, err := os.Stat(filepath.Join(s.Build.Context, "dockerfile")); err == nil {
			return nil
		}
	}
	if _, err := os.Stat(file); err != nil && s.Build.Inline == "" {
		return wrong("the Dockerfile", file, "Create it, or name another one with build.dockerfile, which is relative to the context.", reason(err))
	}
	return nil
}

func folder(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return reason(err)
	case !info.IsDir():
		return errors.New("it is a file, not a folder")
	}
	return nil
}

// reason returns the system's error without the path, which the message has already.
func reason(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// ports returns an error where two services publish the same port.
func (p *Project) ports() error {
	type publisher struct {
		service string
		port    types.ServicePortConfig
	}
	var seen []publisher
	for _, s := range p.Services {
		for _, port := range p.model.Services[s.Name].Ports {
			if port.Published == "" || port.Published == "0" || strings.Contains(port.Published, "-") {
				continue // any free one, or the first free one of a range
			}
			for _, other := range seen {
				if other.service != s.Name && other.port.Published == port.Published && other.port.Protocol == port.Protocol && overlap(other.port.HostIP, port.HostIP) {
					names := []string{other.service, s.Name}
					slices.Sort(names)
					return &fault.Error{
						What: fmt.Sprintf("reading %s: services %s and %s both publish port %s/%s", p.FileName(), names[0], names[1], port.Published, port.Protocol),
						Hint: "Publish another port in one of them, or start only one with --service or profiles.",
					}
				}
			}
			seen = append(seen, publisher{s.Name, port})
		}
	}
	return nil
}

// overlap reports whether a port can't be listened on at both addresses. None stands for all of them.
func overlap(a, b string) bool {
	all := func(host string) bool {
		ip, err := netip.ParseAddr(host)
		return host == "" || err == nil && ip.IsUnspecified()
	}
	return all(a) || all(b) || a == b
}
