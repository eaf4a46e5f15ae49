package front

import (
	"io"
	"testing"
	"time"
)

// BenchmarkFront measures what the front adds to a request.
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

// BenchmarkSwitch measures how long a switch from one backend to the next takes.
func BenchmarkSwitch(b *testing.B) {
	f := open(b, time.Second)
	one, two := app(b, 1, saying("one")), app(b, 2, saying("two"))
	b.ReportAllocs()
	for b.Loop() {
		f.Switch(one)
		f.Switch(two)
	}
}
