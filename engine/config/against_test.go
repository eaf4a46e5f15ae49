package config

import (
	"testing"

	"github.com/stagewatch/stagewatch/engine/fault"
)

// TestBandwidth is in decimal bits a second, as lines are sold.
func TestBandwidth(t *testing.T) {
	for text, want := range map[string]int64{
		"": 100_000_000, "50Mbit": 50_000_000, "1.5Gbit/s": 1_500_000_000, "800kbit": 800_000, "800Kbps": 800_000, "9600bit": 9600,
		"50": 0, "50MB": 0, "0Mbit": 0, "-1Mbit": 0, "Mbit": 0, "1e3Mbit": 0, "99999999999999Gbit": 0,
	} {
		got, err := Against{Bandwidth: text}.Bits()
		if got != want || (want == 0) != (fault.Hint(err) != "") {
			t.Errorf("%q: got %d, %v, want %d", text, got, err, want)
		}
	}
}

// TestAgainstIsChecked before anything is built.
func TestAgainstIsChecked(t *testing.T) {
	for _, a := range []Against{{Image: "a", File: "b"}, {Image: "Nginx"}, {Image: "a b"}, {File: "nosuch"}, {Image: "a", Bandwidth: "fast"}} {
		if err := (Config{Build: Build{Against: a}}).Check(); fault.Hint(err) == "" {
			t.Errorf("%+v: got %v, want an error with a hint", a, err)
		}
	}
	for _, a := range []Against{{}, {Image: "python:3.9-slim"}, {Image: "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}, {Image: "0123456789ab"}, {File: "against.go", Bandwidth: "1Gbit"}} {
		if err := (Config{Build: Build{Against: a}}).Check(); err != nil {
			t.Errorf("%+v: got %v", a, err)
		}
	}
}
