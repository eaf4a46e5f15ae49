package solve

import (
	"encoding/csv"
	"fmt"
	"os"
	"strings"

	"github.com/docker/cli/cli/config"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/auth/authprovider"
	"github.com/moby/buildkit/session/secrets/secretsprovider"
	"github.com/moby/buildkit/session/sshforward/sshprovider"
)

// Credentials serves the registry logins in docker's configuration.
func Credentials() session.Attachable {
	return authprovider.NewDockerAuthProvider(authprovider.DockerAuthProviderConfig{
		AuthConfigProvider: authprovider.LoadAuthConfig(config.LoadDefaultConfigFile(nopWriter{})),
	})
}

// nopWriter drops docker's complaints about its configuration, which would be printed in the middle of a screen.
type nopWriter struct{}

func (nopWriter) Write(p []byte) (int, error) { return len(p), nil }

// Secrets serves the values of --secret: id=NAME,src=FILE or id=NAME,env=VARIABLE. They are read when a step asks for
// them, and are used for nothing else.
func Secrets(values []string) (session.Attachable, error) {
	var sources []secretsprovider.Source
	for _, v := range values {
		s, err := parseSecret(v)
		if err != nil {
			return nil, err
		}
		sources = append(sources, s)
	}
	store, err := secretsprovider.NewStore(sources)
	if err != nil {
		return nil, err
	}
	return secretsprovider.NewSecretProvider(store), nil
}

// UnsetSecrets returns the environment variables that values of --secret name and that are not set. A step gets an empty
// secret of them, without an error.
func UnsetSecrets(values []string) []string {
	var unset []string
	for _, v := range values {
		s, err := parseSecret(v)
		if _, ok := os.LookupEnv(s.Env); err == nil && s.Env != "" && !ok {
			unset = append(unset, s.Env)
		}
	}
	return unset
}

func parseSecret(value string) (secretsprovider.Source, error) {
	var s secretsprovider.Source
	fields, err := csv.NewReader(strings.NewReader(value)).Read()
	if err != nil {
		return s, fmt.Errorf("%q is not a list of key=value", value)
	}
	kind := ""
	for _, f := range fields {
		key, val, ok := strings.Cut(f, "=")
		if !ok {
			return s, fmt.Errorf("%q is not of the form key=value", f)
		}
		switch strings.ToLower(key) {
		case "id":
			s.ID = val
		case "src", "source":
			s.FilePath = val
		case "env":
			s.Env = val
		case "type":
			kind = val
		default:
			return s, fmt.Errorf("the key %q is not known", key)
		}
	}
	// docker's rule: with type=env, src is the variable's name; by default it is the variable with the id's name.
	if kind == "env" && s.Env == "" {
		s.Env, s.FilePath = s.FilePath, ""
	}
	if s.ID == "" {
		return s, fmt.Errorf("%q has no id", value)
	}
	if s.FilePath == "" && s.Env == "" {
		if _, ok := os.LookupEnv(s.ID); ok {
			s.Env = s.ID
		} else {
			s.FilePath = s.ID
		}
	}
	return s, nil
}

// SSH serves the values of --ssh: default, or NAME=SOCKET-OR-KEY[,…].
func SSH(values []string) (session.Attachable, error) {
	var agents []sshprovider.AgentConfig
	for _, v := range values {
		id, paths, _ := strings.Cut(v, "=")
		a := sshprovider.AgentConfig{ID: id}
		if paths != "" {
			a.Paths = strings.Split(paths, ",")
		}
		agents = append(agents, a)
	}
	return sshprovider.NewSSHAgentProvider(agents)
}
