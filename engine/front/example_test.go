package front_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/stagewatch/stagewatch/engine/front"
)

// A port stays the same while the app behind it is replaced.
func Example() {
	app := func(answer string) *httptest.Server {
		return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, answer) }))
	}
	first, second := app("the first build"), app("the second")
	defer first.Close()
	defer second.Close()

	f, err := front.Published{Host: "127.0.0.1"}.Listen()
	if err != nil {
		panic(err)
	}
	defer f.Close(context.Background())

	for i, app := range []*httptest.Server{first, second} {
		f.Switch(front.Backend{Addr: app.Listener.Addr().String(), Build: i + 1, HTTP: true})
		answer, err := http.Get("http://" + f.Addr().String())
		if err != nil {
			panic(err)
		}
		body, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		fmt.Printf("%s: %s\n", answer.Header.Get(front.BuildHeader), body)
	}
	// Output:
	// 1: the first build
	// 2: the second
}
