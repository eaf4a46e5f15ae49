package dock

import (
	"maps"
	"slices"

	"github.com/docker/cli/cli/config"
)

// Proxies returns the variables by which programs find their proxies, as docker's configuration file has them for builds and
// containers on the engine: NAME=value each, sorted. They may have passwords in them. It connects to nothing; what is wrong with
// the file or the address is said by [Connect].
func Proxies(opts Options) []string {
	file, err := config.Load("")
	if err != nil {
		return nil
	}
	ep, err := resolve(opts)
	if err != nil {
		return nil
	}
	proxies := file.ParseProxyConfig(ep.host, nil)
	var out []string
	for _, name := range slices.Sorted(maps.Keys(proxies)) {
		out = append(out, name+"="+*proxies[name])
	}
	return out
}
