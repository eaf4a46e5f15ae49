package dock

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/docker/cli/cli/config"
	"github.com/docker/cli/cli/connhelper"
	dockercontext "github.com/docker/cli/cli/context"
	"github.com/docker/cli/cli/context/store"
	"github.com/docker/docker/client"
	"github.com/docker/go-connections/tlsconfig"

	"github.com/stagewatch/stagewatch/engine/builders"
	"github.com/stagewatch/stagewatch/engine/fault"
)

// defaultContext is the docker command's name for "no context: DOCKER_HOST or the default socket".
const defaultContext = builders.Default

// dockerEndpoint is the key of an engine's address within a context.
const dockerEndpoint = "docker"

// readBuffer is how many bytes of an answer are read at once. The logs of a busy app are long answers.
const readBuffer = 64 << 10

// ErrHostAndContext says that an engine was chosen in two ways.
var ErrHostAndContext = &fault.Error{What: "choosing an engine: both --host and --context are given", Hint: "Leave one of them out."}

// endpoint is an engine's address and how to reach it.
type endpoint struct {
	host string
	// origin says where host was found: "--host", "DOCKER_HOST" or `context "x"`; it is empty for the default.
	origin string
	// context is the docker context, "default" for an address that is in none.
	context string
	tls     *tls.Config
	headers map[string]string
}

// resolve finds the engine's address in the docker command's order: --host, --context, DOCKER_HOST, DOCKER_CONTEXT, the
// current context of the configuration file, the default socket.
func resolve(opts Options) (endpoint, error) {
	if opts.Host != "" && opts.Context != "" {
		return endpoint{}, ErrHostAndContext
	}
	// An explicit address works even if the configuration file can't be read.
	cfg, cfgErr := config.Load("")
	var headers map[string]string
	current := ""
	if cfgErr == nil {
		headers, current = cfg.HTTPHeaders, cfg.CurrentContext
	}

	var ep endpoint
	var err error
	switch {
	case opts.Host != "":
		ep, err = fromHost(opts.Host, "--host")
	case opts.Context != "" && opts.Context != defaultContext:
		ep, err = fromContext(opts.Context, "--context")
	case os.Getenv(client.EnvOverrideHost) != "":
		ep, err = fromHost(os.Getenv(client.EnvOverrideHost), client.EnvOverrideHost)
	case opts.Context == defaultContext:
		ep = endpoint{host: client.DefaultDockerHost}
	default:
		if name := os.Getenv("DOCKER_CONTEXT"); name != "" {
			current = name
		} else if cfgErr != nil {
			return endpoint{}, &fault.Error{What: "reading the docker configuration", Err: cfgErr,
				Hint: "Correct " + filepath.Join(config.Dir(), config.ConfigFileName) + ", or name the engine with --host."}
		}
		if current == "" || current == defaultContext {
			ep = endpoint{host: client.DefaultDockerHost}
		} else {
			ep, err = fromContext(current, "")
		}
	}
	ep.headers, ep.context = headers, cmp.Or(ep.context, defaultContext)
	return ep, err
}

// fromHost reads an address as `docker -H` does, with TLS if DOCKER_TLS_VERIFY and related variables ask for it.
func fromHost(host, origin string) (endpoint, error) {
	ep := endpoint{host: host, origin: origin}
	if !strings.Contains(host, "://") {
		ep.host = "tcp://" + host
	}
	rest, isTCP := strings.CutPrefix(ep.host, "tcp://")
	if !isTCP {
		return ep, nil
	}
	verify, useTLS := os.Getenv(client.EnvTLSVerify) != "", os.Getenv("DOCKER_TLS") != ""
	if verify || useTLS {
		dir := os.Getenv(client.EnvOverrideCertPath)
		if dir == "" {
			dir = config.Dir()
		}
		material, err := tlsconfig.Client(tlsconfig.Options{
			CAFile:             existing(filepath.Join(dir, "ca.pem")),
			CertFile:           existing(filepath.Join(dir, "cert.pem")),
			KeyFile:            existing(filepath.Join(dir, "key.pem")),
			InsecureSkipVerify: !verify,
			ExclusiveRootPools: true,
		})
		if err != nil {
			return ep, &fault.Error{What: "reading the TLS files in " + dir, Err: err,
				Hint: "DOCKER_CERT_PATH must name the folder with ca.pem, cert.pem and key.pem."}
		}
		ep.tls = material
	}
	if _, _, err := net.SplitHostPort(rest); err != nil && rest != "" && !strings.Contains(rest, "/") {
		port := "2375"
		if ep.tls != nil {
			port = "2376"
		}
		ep.host = "tcp://" + net.JoinHostPort(strings.Trim(rest, "[]"), port)
	}
	return ep, nil
}

// existing returns path if the file exists, else "". Each of the TLS files is optional.
func existing(path string) string {
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}

// contextStore returns the docker command's store of contexts.
func contextStore() *store.ContextStore {
	return store.New(config.ContextStoreDir(), store.NewConfig(
		func() any { return &map[string]any{} },
		store.EndpointTypeGetter(dockerEndpoint, func() any { return &dockercontext.EndpointMetaBase{} }),
	))
}

// Contexts returns the names of docker's contexts, as docker context ls does. It returns only the default if the store
// can't be read.
func Contexts() []string {
	names := []string{defaultContext}
	contexts, _ := contextStore().List()
	for _, c := range contexts {
		names = append(names, c.Name)
	}
	return names
}

// fromContext reads a context from the docker command's own store.
func fromContext(name, origin string) (endpoint, error) {
	ep := endpoint{context: name, origin: strings.TrimSpace(fmt.Sprintf("%s context %q", origin, name))}
	if origin == "--context" {
		ep.origin = fmt.Sprintf("context %q", name)
	}
	const hint = "List the contexts: docker context ls"
	contexts := contextStore()
	metadata, err := contexts.GetMetadata(name)
	if err != nil {
		return ep, &fault.Error{What: "reading the docker " + ep.origin, Hint: hint, Err: err}
	}
	meta, ok := metadata.Endpoints[dockerEndpoint].(dockercontext.EndpointMetaBase)
	if !ok || meta.Host == "" {
		return ep, &fault.Error{What: "reading the docker " + ep.origin + ": it names no engine", Hint: hint}
	}
	ep.host = meta.Host
	material, err := dockercontext.LoadTLSData(contexts, name, dockerEndpoint)
	if err != nil {
		return ep, &fault.Error{What: "reading the TLS files of " + ep.origin, Hint: hint, Err: err}
	}
	if ep.tls, err = clientTLS(material, meta.SkipTLSVerify); err != nil {
		return ep, &fault.Error{What: "reading the TLS files of " + ep.origin, Hint: hint, Err: err}
	}
	return ep, nil
}

// ssh reports whether the engine is reached by running ssh.
func (ep endpoint) ssh() bool { return strings.HasPrefix(ep.host, "ssh://") }

// socket returns the path of the engine's socket on this machine, "" if it is reached in another way.
func (ep endpoint) socket() string {
	path, ok := strings.CutPrefix(ep.host, "unix://")
	if !ok {
		return ""
	}
	return path
}

// clientOptions returns the engine client's options for this endpoint. DOCKER_API_VERSION is honoured.
func (ep endpoint) clientOptions() ([]client.Opt, error) {
	options := []client.Opt{client.WithAPIVersionNegotiation(), client.WithUserAgent("stagewatch")}
	if len(ep.headers) > 0 {
		options = append(options, client.WithHTTPHeaders(ep.headers))
	}
	helper, err := connhelper.GetConnectionHelper(ep.host)
	switch {
	case err != nil:
		return nil, err
	case helper != nil:
		transport := &http.Transport{DialContext: helper.Dialer, ReadBufferSize: readBuffer}
		options = append(options, client.WithHTTPClient(&http.Client{Transport: transport}),
			client.WithHost(helper.Host), client.WithDialContext(helper.Dialer))
	default:
		transport := &http.Transport{TLSClientConfig: ep.tls, ReadBufferSize: readBuffer}
		options = append(options,
			client.WithHTTPClient(&http.Client{Transport: transport, CheckRedirect: client.CheckRedirect}),
			client.WithHost(ep.host))
	}
	return append(options, client.WithVersionFromEnv()), nil
}
