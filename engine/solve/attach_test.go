package solve

import (
	"slices"
	"testing"
)

func TestUnsetSecrets(t *testing.T) {
	t.Setenv("SET", "")
	got := UnsetSecrets([]string{"id=a,env=SET", "id=b,env=UNSET_1", "id=c,type=env,src=UNSET_2", "id=d,src=file", "id=UNSET_3", "env=UNSET_4"})
	if want := []string{"UNSET_1", "UNSET_2"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
