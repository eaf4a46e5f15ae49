package reload

import (
	"slices"
	"strings"
	"testing"
)

func TestAPolicyAllowsTheScriptAndNothingElse(t *testing.T) {
	const script, events = "localhost:8080/.stagewatch/reload.js", "localhost:8080/.stagewatch/events"
	for _, c := range []struct {
		name         string
		values, want []string
		nonce        string
	}{
		{name: "none"},
		{"of images only", []string{"img-src 'none'; frame-ancestors 'self'"}, []string{"img-src 'none'; frame-ancestors 'self'"}, ""},
		{"the page's own host", []string{"default-src 'self'"}, []string{"default-src 'self'"}, ""},
		{"everything", []string{"default-src * 'unsafe-inline' data:"}, []string{"default-src * 'unsafe-inline' data:"}, ""},
		{"nothing", []string{"default-src 'none'"}, []string{"default-src 'none'; script-src 'nonce-new'; connect-src " + events}, "new"},
		{"an empty list", []string{"script-src;connect-src"}, []string{"script-src 'nonce-new';connect-src " + events}, "new"},
		{"a nonce of its own", []string{"script-src 'nonce-aB+/=' 'strict-dynamic'; connect-src 'self'"}, []string{"script-src 'nonce-aB+/=' 'strict-dynamic'; connect-src 'self'"}, "aB+/="},
		{"a nonce that is none", []string{"script-src 'nonce-a\"b'"}, []string{"script-src 'nonce-a\"b' 'nonce-new'"}, "new"},
		{"a hash", []string{"script-src 'sha256-abc=' 'strict-dynamic'"}, []string{"script-src 'sha256-abc=' 'strict-dynamic' 'nonce-new'"}, "new"},
		{"another host", []string{"script-src https://cdn.example"}, []string{"script-src https://cdn.example 'nonce-new'"}, "new"},
		{"scripts in the page", []string{"script-src 'unsafe-inline' https:"}, []string{"script-src 'unsafe-inline' https: " + script}, ""},
		{"scripts in the page, by the default", []string{"default-src 'UNSAFE-INLINE'"}, []string{"default-src 'UNSAFE-INLINE'; script-src 'UNSAFE-INLINE' " + script + "; connect-src 'UNSAFE-INLINE' " + events}, ""},
		{"scripts in the page that are off already", []string{"script-src 'unsafe-inline' 'sha256-abc='"}, []string{"script-src 'unsafe-inline' 'sha256-abc=' 'nonce-new'"}, "new"},
		{"elements apart", []string{"script-src 'self'; script-src-elem 'none'; connect-src *"}, []string{"script-src 'self'; script-src-elem 'nonce-new'; connect-src *"}, "new"},
		{"the host, but dynamic", []string{"script-src 'self' 'strict-dynamic' 'nonce-x'"}, []string{"script-src 'self' 'strict-dynamic' 'nonce-x'"}, "x"},
		{"the first of two counts", []string{"script-src 'none'; SCRIPT-SRC *"}, []string{"script-src 'nonce-new'; SCRIPT-SRC *"}, "new"},
		{"two policies in one field", []string{"script-src 'self', script-src 'nonce-y'"}, []string{"script-src 'self', script-src 'nonce-y'"}, "y"},
		{"two fields with a nonce each", []string{"script-src 'nonce-a'", "script-src 'nonce-b'"}, []string{"script-src 'nonce-a'", "script-src 'nonce-b' 'nonce-a'"}, "a"},
		{"a nonce, and scripts in the page", []string{"script-src 'nonce-a'", "script-src 'unsafe-inline'"}, []string{"script-src 'nonce-a'", "script-src 'unsafe-inline' " + script}, "a"},
		{"connections", []string{"connect-src wss://x.example"}, []string{"connect-src wss://x.example " + events}, ""},
	} {
		got, nonce := Allow(c.values, "localhost:8080", "new")
		if !slices.Equal(got, c.want) || nonce != c.nonce {
			t.Errorf("%s: %q with the nonce %q, want %q with %q", c.name, got, nonce, c.want, c.nonce)
		}
	}
}

func TestAHostThatAPolicyCantSpellIsLeftOut(t *testing.T) {
	for _, host := range []string{"[::1]:8080", "a b", "x; script-src *", ""} {
		got, _ := Allow([]string{"script-src 'unsafe-inline'; connect-src 'none'"}, host, "new")
		if want := "script-src 'unsafe-inline'; connect-src 'none'"; got[0] != want {
			t.Errorf("%q: %s, want %s", host, got[0], want)
		}
	}
}

func TestTagAndScriptAreTheSameInAnyCharset(t *testing.T) {
	for _, text := range []string{Script, Tag(7, "aB+/=")} {
		if strings.ContainsFunc(text, func(r rune) bool { return r > 126 }) {
			t.Errorf("%.200q is more than ASCII", text)
		}
	}
	state := State{Serving: 7, Failure: &Failure{Title: "Not built", Detail: "a\r\nb"}}
	if event := string(state.Event()); strings.Count(event, "\n") != 2 || !strings.HasSuffix(event, "\n\n") {
		t.Errorf("%q is not one event", event)
	}
	if want := `<script async src="/.stagewatch/reload.js" data-serving="7" nonce="a"></script>`; Tag(7, "a") != want {
		t.Error(Tag(7, "a"))
	}
}
