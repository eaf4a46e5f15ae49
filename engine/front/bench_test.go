package front

import (
	"io"
	"testing"
	"time"
)

// What the front costs a request, beside the same request without it.
func BenchmarkFront(b *testing.B) {
	f := open(b, time.Second)
	backend := app(b, 1, saying("hello"))
	f.Switch(backend)
	for name, address := range map[string]string{"direct": "http://" + backend.Addr, "front": url(f, "/")} {
		b.Run(name, func(b *testing.B) {
			c := client(b)
			b.ReportAllocs()
			for b.Loop() {
				answer, err := c.Get(address)
				if err != nil {
					b.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, answer.Body)
				answer.Body.Close()
			}
		})
	}
}

// How long it takes from one backend to the next.
func BenchmarkSwitch(b *testing.B) {
	f := open(b, time.Second)
	one, two := app(b, 1, saying("one")), app(b, 2, saying("two"))
	b.ReportAllocs()
	for b.Loop() {
		f.Switch(one)
		f.Switch(two)
	}
}
