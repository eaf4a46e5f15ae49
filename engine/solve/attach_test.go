package solve

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/docker/cli/cli/config"
	"github.com/moby/buildkit/session/auth"
)

func TestUnsetSecrets(t *testing.T) {
	t.Setenv("SET", "")
	got := UnsetSecrets([]string{"id=a,env=SET", "id=b,env=UNSET_1", "id=c,type=env,src=UNSET_2", "id=d,src=file", "id=UNSET_3", "env=UNSET_4"})
	if want := []string{"UNSET_1", "UNSET_2"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestCredentialsOfAStore: logins that docker keeps in a store of the system are found there.
func TestCredentialsOfAStore(t *testing.T) {
	dir, was := t.TempDir(), config.Dir()
	config.SetDir(dir)
	t.Cleanup(func() { config.SetDir(was) })
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	const helper = "#!/bin/sh\nread server\necho '{\"ServerURL\":\"'$server'\",\"Username\":\"agent\",\"Secret\":\"word\"}'\n"
	for name, text := range map[string]string{"docker-credential-kept": helper, config.ConfigFileName: `{"credsStore":"kept"}`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Credentials().(auth.AuthServer).Credentials(t.Context(), &auth.CredentialsRequest{Host: "registry.example"})
	if err != nil || got.Username != "agent" || got.Secret != "word" {
		t.Errorf("got %v, %v", got, err)
	}
}
