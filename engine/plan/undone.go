package plan

import (
	"maps"
	"slices"
	"strings"

	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/apicaps"
)

// Frontend attributes that engines may not know what to do with.
const (
	AttrUlimit  = "ulimit"
	AttrShmSize = "shm-size"
	AttrHosts   = "add-hosts"

	attrNetwork = "force-network-mode"
)

// hostGateway stands for the address of the builder's own host.
const hostGateway = "=host-gateway"

// undoable are the attributes that older engines pass over without a word, and what newer ones announce. BuildKit 0.10, of
// Docker Engine 23, is the first that knows them.
var undoable = map[string]apicaps.CapID{AttrUlimit: pb.CapExecMetaUlimit, AttrShmSize: pb.CapExecMountTmpfsSize}

// Undone returns the names of those frontend attributes with which an engine would do nothing, sorted: hosts are among them
// where one has the address host-gateway, and the engine does not say what that is.
func Undone(attrs map[string]string, caps *apicaps.CapSet, gateway string) []string {
	var out []string
	for name, id := range undoable {
		if attrs[name] != "" && caps.Supports(id) != nil {
			out = append(out, name)
		}
	}
	if gateway == "" && strings.Contains(attrs[AttrHosts], hostGateway) {
		out = append(out, AttrHosts)
	}
	slices.Sort(out)
	return out
}

// done returns the attributes without those that the engine would leave undone, and with the address of its host.
func (in *Input) done() map[string]string {
	attrs := maps.Clone(in.Attrs)
	for _, name := range Undone(attrs, in.Caps, in.HostGateway) {
		if name != AttrHosts {
			delete(attrs, name)
		}
	}
	if !strings.Contains(attrs[AttrHosts], hostGateway) {
		return attrs
	}
	var hosts []string
	for host := range strings.SplitSeq(attrs[AttrHosts], ",") {
		name, gateway := strings.CutSuffix(host, hostGateway)
		switch {
		case !gateway:
			hosts = append(hosts, host)
		case in.HostGateway != "":
			hosts = append(hosts, name+"="+in.HostGateway)
		}
	}
	attrs[AttrHosts] = strings.Join(hosts, ",")
	if len(hosts) == 0 {
		delete(attrs, AttrHosts)
	}
	return attrs
}
