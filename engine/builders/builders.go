// Package builders finds the BuildKit that solves builds where that is not the engine's own: a builder of docker buildx, by
// its name or as the current one, or an address. It dials such a BuildKit and says why one does not answer.
//
// It makes and changes no builder: docker buildx does. What is solved there, and how an image comes to the engine, is the
// business of engine/solve and engine/carry.
package builders

import (
	"fmt"
	"strings"

	"github.com/containerd/platforms"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/stagewatch/stagewatch/engine/fault"
)

// Default is the name of the engine's own BuildKit, as docker buildx has it.
const Default = "default"

// Builder is a BuildKit that is not an engine's own.
type Builder struct {
	// Name is its name in docker buildx, or its address.
	Name string
	// driver is buildx's driver, empty for an address.
	driver string
	nodes  []node
}

// node is one of the machines of a builder.
type node struct {
	// Endpoint is an address, or whatever the driver makes of it.
	Endpoint string
	// Platforms are those that a person said it builds for, none where nobody did.
	Platforms  []ocispecs.Platform
	DriverOpts map[string]string
}

// Context is where an engine was found, by which buildx remembers builders.
type Context struct {
	// Name is a docker context, [Default] for none.
	Name string
	// Host is the engine's address.
	Host string
}

// key is what buildx keeps the current builder under.
func (c Context) key() string {
	if c.Name != Default {
		return c.Name
	}
	return c.Host
}

// Choose returns the builder that is wanted for an engine, nil for the engine's own. It is named as for docker buildx, or by
// an address; empty is the one that `docker buildx use` made the current one. Contexts are the names of docker's contexts.
func Choose(wanted string, engine Context, contexts []string) (*Builder, error) {
	switch {
	case wanted == Default, wanted != "" && wanted == engine.Name:
		return nil, nil
	case IsAddress(wanted):
		return atAddress(wanted)
	}
	from := store(storeDir())
	name := wanted
	if name == "" {
		if name = from.current(engine.key()); name == "" {
			return nil, nil
		}
	}
	g, err := from.read(name)
	if err != nil {
		return nil, from.explain(err, name, wanted == "", contexts)
	}
	if g.Driver == "docker" {
		return nil, nil
	}
	return &Builder{Name: g.Name, driver: g.Driver, nodes: g.Nodes}, nil
}

// IsAddress reports whether a builder is named by an address.
func IsAddress(builder string) bool { return strings.Contains(builder, "://") }

// atAddress returns the builder at an address.
func atAddress(address string) (*Builder, error) {
	scheme, rest, _ := strings.Cut(address, "://")
	if (scheme != "tcp" && scheme != "unix") || rest == "" {
		return nil, &fault.Error{What: fmt.Sprintf("reading --builder %q: an address is tcp://HOST:PORT or unix:///PATH", address),
			Hint: "For any other make a builder of it, and name that: docker buildx create --name NAME --driver remote " + address}
	}
	return &Builder{Name: address, nodes: []node{{Endpoint: address}}}, nil
}

// String says which builder it is: "team (remote)", or its address.
func (b *Builder) String() string {
	if b.driver == "" {
		return b.Name
	}
	return fmt.Sprintf("%s (%s)", b.Name, b.driver)
}

// Builds reports whether one of the platforms is the wanted one, or can run it.
func Builds(has []ocispecs.Platform, wanted ocispecs.Platform) bool {
	matcher := platforms.Only(platforms.Normalize(wanted))
	for _, p := range has {
		if matcher.Match(platforms.Normalize(p)) {
			return true
		}
	}
	return false
}
