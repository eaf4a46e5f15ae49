package config

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/stagewatch/stagewatch/engine/fault"
)

// TestParsePublish holds what docker run publishes for the same value, the address apart.
func TestParsePublish(t *testing.T) {
	for value, want := range map[string]string{
		"8080":                  "127.0.0.1:0>8080",
		"8080/tcp":              "127.0.0.1:0>8080",
		"8080-8081":             "127.0.0.1:0>8080 127.0.0.1:0>8081",
		"9000:8080":             "127.0.0.1:9000>8080",
		"9000:8080/TCP":         "127.0.0.1:9000>8080",
		"0.0.0.0:9000:8080":     "0.0.0.0:9000>8080",
		"[::1]:9000:8080":       "[::1]:9000>8080",
		"::1:9000:8080":         "[::1]:9000>8080",
		"127.0.0.1::8080":       "127.0.0.1:0>8080",
		"0:8080":                "127.0.0.1:0>8080",
		"8212-8214:8080":        "127.0.0.1:8212-8214>8080",
		"8212-8213:80-81":       "127.0.0.1:8212>80 127.0.0.1:8213>81",
		"10.0.0.1:8212-8213:80": "10.0.0.1:8212-8213>80",
	} {
		got, err := ParsePublish(value)
		var shown []string
		for _, p := range got {
			shown = append(shown, p.String()+">"+strconv.Itoa(p.Port))
		}
		if strings.Join(shown, " ") != want || err != nil {
			t.Errorf("%s: got %s, %v", value, shown, err)
		}
	}
	for _, value := range []string{"", "x", "8080:x", "70000:80", "8080:70000", "53:53/udp", "80/sctp", "80/quic", "1-3:1-2", "3-1:80", "8080:0", "0", "1.2.3:80:80", "localhost:80:80", "8080:", ":"} {
		_, err := ParsePublish(value)
		var p *fault.Error
		if !errors.As(err, &p) || p.Hint == "" {
			t.Errorf("%s: got %v", value, err)
		}
	}
}

func TestAPortIsPublishedOnce(t *testing.T) {
	for _, values := range [][]string{{"8080:80", "8080:81"}, {"8080:80", "127.0.0.1:8080:80"}, {"8080-8081:80-81", "8081:82"}} {
		var p *fault.Error
		if _, err := (App{Publish: values}).Ports(); !errors.As(err, &p) {
			t.Errorf("%s: got %v", values, err)
		}
	}
	for _, values := range [][]string{{"8080", "8080"}, {"0:80", "0:80"}, {"8080-8082:80", "8080-8082:81"}, {"8080:80", "127.0.0.2:8080:80"}} {
		if _, err := (App{Publish: values}).Ports(); err != nil {
			t.Errorf("%s: got %v", values, err)
		}
	}
}

// TestUDPPorts: the engine publishes them, so that two containers can't have the same one; and the app has a tcp port, too.
func TestUDPPorts(t *testing.T) {
	for _, a := range []App{
		{Publish: []string{"8080", "53:53/udp"}}, {Publish: []string{"53/udp"}}, {Publish: []string{"53:53/udp"}, Swap: Restart},
	} {
		var p *fault.Error
		if _, err := a.Ports(); !errors.As(err, &p) {
			t.Errorf("%s: got %v", a.Publish, err)
		}
	}
	for _, a := range []App{{Publish: []string{"8080", "53:53/udp"}, Swap: Restart}, {Publish: []string{"8080", "53/UDP"}}} {
		if ports, err := a.Ports(); err != nil || len(ports) != 1 || len(a.Spec().UDP) != 1 {
			t.Errorf("%s: got %v, %q, %v", a.Publish, ports, a.Spec().UDP, err)
		}
	}
}

// TestExposedPorts are published beside those of -p, as docker run -P does.
func TestExposedPorts(t *testing.T) {
	const image = `{"config":{"ExposedPorts":{"9000/tcp":{},"53/udp":{},"80/tcp":{}}}}`
	for _, c := range []struct {
		publish []string
		image   string
		want    string
	}{
		{nil, image, "53/udp 80 9000"},
		{[]string{"8080:80"}, image, "8080:80 53/udp 9000"},
		{[]string{"8080:80"}, "{}", "8080:80"},
		{nil, "{}", "error"},
	} {
		a, err := App{Publish: c.publish, PublishAll: true}.WithExposed([]byte(c.image))
		got := strings.Join(a.Publish, " ")
		if err == nil {
			_, err = a.Ports()
		} else if fault.Hint(err) != "" {
			got, err = "error", nil
		}
		if got != c.want || err != nil {
			t.Errorf("%s with %s: got %s, %v, want %s", c.publish, c.image, got, err, c.want)
		}
	}
}
