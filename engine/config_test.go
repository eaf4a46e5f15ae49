package engine

import (
	"errors"
	"testing"
)

func TestParsePublish(t *testing.T) {
	for value, want := range map[string]Published{
		"8080":              {"127.0.0.1:8080", 8080},
		"9000:8080":         {"127.0.0.1:9000", 8080},
		"9000:8080/tcp":     {"127.0.0.1:9000", 8080},
		"0.0.0.0:9000:8080": {"0.0.0.0:9000", 8080},
		"[::1]:9000:8080":   {"[::1]:9000", 8080},
		"127.0.0.1::8080":   {"127.0.0.1:0", 8080},
		"0:8080":            {"127.0.0.1:0", 8080},
	} {
		if got, err := ParsePublish(value); err != nil || got != want {
			t.Errorf("%s: got %+v, %v", value, got, err)
		}
	}
	for _, value := range []string{"", "x", "8080:x", "70000:80", "53:53/udp", "8000-8001:8000-8001", "1.2.3:80:80"} {
		_, err := ParsePublish(value)
		var p *Problem
		if !errors.As(err, &p) || p.Hint == "" {
			t.Errorf("%s: got %v", value, err)
		}
	}
}

func TestImageName(t *testing.T) {
	for dir, want := range map[string]string{"/x/python-app": "python-app", "/x/My App!": "my-app", "/x/.hidden_": "hidden", "/": "stagewatch-app", "/x/äöü": "stagewatch-app"} {
		if got := imageName(dir); got != want {
			t.Errorf("%s: got %s", dir, got)
		}
	}
}
