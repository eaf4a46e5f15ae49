package connect

import (
	"fmt"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/solve"
)

// hosts is the frontend attribute that has the hosts of steps.
const hosts = "add-hosts"

// settings are what a person calls frontend attributes: flags of docker build, and keys of compose files.
var settings = map[string]struct{ flag, key string }{
	"ulimit":   {"ulimit", "build.ulimits"},
	"shm-size": {"shm-size", "build.shm_size"},
	hosts:      {"add-host", "build.extra_hosts"},
}

// Undone says what the configuration asks of a build and the engine's BuildKit passes over. A flag that asks for the address of a
// host which is not known is an error, as it is for docker buildx. Version returns the engine's name with its version.
func Undone(b *solve.Builder, cfg config.Config, version func() (string, error), emit func(event.Body)) error {
	attrs := b.Undone(cfg.Attrs())
	if len(attrs) == 0 {
		return nil
	}
	engine, err := version()
	if err != nil {
		return err
	}
	if b.Elsewhere() != "" {
		engine = "builder " + b.Elsewhere()
	}
	for _, attr := range attrs {
		w, err := undone(attr, engine, cfg)
		if err != nil {
			return err
		}
		emit(w)
	}
	return nil
}

// undone returns what is to be said of a frontend attribute with which an engine does nothing.
func undone(attr, engine string, cfg config.Config) (event.Warning, error) {
	name := "--" + settings[attr].flag
	switch {
	case cfg.Service != "":
		name = settings[attr].key
	case !cfg.Once:
		name = "--build-" + settings[attr].flag
	}
	w := event.Warning{Code: event.CodeUndone, Key: attr, Message: fmt.Sprintf("%s has no effect: the BuildKit of %s does not know it", name, engine), Hint: "Docker Engine 23 and newer know it."}
	if attr != hosts {
		return w, nil
	}
	w.Hint = fmt.Sprintf("Write the address: %s NAME=ADDRESS. It is mostly that of the bridge: docker network inspect bridge", name)
	if cfg.Service == "" {
		return w, &fault.Error{What: fmt.Sprintf("unable to derive the IP value for host-gateway: the BuildKit of %s does not say it", engine), Hint: w.Hint}
	}
	w.Message = fmt.Sprintf("%s has host-gateway, whose address the BuildKit of %s does not say: that host is left out", name, engine)
	w.Hint = "Write the address into the compose file. It is mostly that of the bridge: docker network inspect bridge"
	return w, nil
}
