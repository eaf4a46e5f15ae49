package run

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/docker/docker/client"
)

// TestAStartThatBreaksOffIsTriedOnceMore, and no other.
func TestAStartThatBreaksOffIsTriedOnceMore(t *testing.T) {
	for name, c := range map[string]struct {
		says  []string
		asked int
		fails bool
	}{
		"broken off":       {[]string{brokenOff, ""}, 2, false},
		"broken off twice": {[]string{brokenOff, brokenOff, ""}, 2, true},
		"another error":    {[]string{"port is already allocated", ""}, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			engine := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				said := c.says[asked]
				asked++
				if said == "" {
					w.WriteHeader(http.StatusNoContent)
					return
				}
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(http.StatusInternalServerError)
				fmt.Fprintf(w, `{"message":%q}`, said)
			}))
			defer engine.Close()
			cli, err := client.NewClientWithOpts(client.WithHost("tcp://"+engine.Listener.Addr().String()), client.WithVersion("1.41"))
			if err != nil {
				t.Fatal(err)
			}
			defer cli.Close()
			if err := startCreated(t.Context(), cli, "c"); (err != nil) != c.fails || asked != c.asked {
				t.Errorf("asked %d times: %v", asked, err)
			}
		})
	}
}
