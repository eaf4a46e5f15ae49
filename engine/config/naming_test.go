package config

import (
	"strings"
	"testing"

	"github.com/distribution/reference"
)

// TestImageName derives a name from folders of every kind; whatever it is, it is one that references take.
func TestImageName(t *testing.T) {
	for dir, want := range map[string]string{
		"/x/python-app":                        "python-app",
		"/x/My App!":                           "my-app",
		"/x/.hidden_":                          "hidden",
		"/x/v1..2":                             "v1-2",
		"/x/a___b":                             "a-b",
		"/x/a__b":                              "a__b",
		"/x/a_b.c":                             "a_b.c",
		"/x/a---b":                             "a-b",
		"/x/a.-_b":                             "a-b",
		"/x/-.-dash-.-":                        "dash",
		"/x/UPPER.Case":                        "upper.case",
		"/x/größe":                             "gr-e",
		"/x/äöü":                               fallbackName,
		"/x/文書":                                fallbackName,
		"/x/...":                               fallbackName,
		"/x/---":                               fallbackName,
		"/x/!$%":                               fallbackName,
		"/x/a":                                 "a",
		"/x/7":                                 "7",
		"/":                                    fallbackName,
		"/x/a:b@c/../d ":                       "d",
		"/x/\xff\xfe":                          fallbackName,
		"/x/" + strings.Repeat("a", 255):       strings.Repeat("a", longestName),
		"/x/" + strings.Repeat("a", 99) + ".b": strings.Repeat("a", 99),
		"/x/" + strings.Repeat("0123456789abcdef", 4): "stagewatch-" + strings.Repeat("0123456789abcdef", 4),
	} {
		got := Build{Context: dir}.ImageName()
		if got != want {
			t.Errorf("%q: got %q", dir, got)
		}
		if _, err := reference.ParseNormalizedNamed(got + ":stagewatch-1"); err != nil {
			t.Errorf("%q: %v", dir, err)
		}
		if name := ContainerName(got); !containerName.MatchString(name) {
			t.Errorf("%q: no container can be called %q", dir, name)
		}
	}
}

func FuzzImageName(f *testing.F) {
	f.Add("v1..2")
	f.Fuzz(func(t *testing.T, base string) {
		name := Build{Context: "/x/" + base}.ImageName()
		if _, err := reference.ParseNormalizedNamed(name); err != nil || !containerName.MatchString(ContainerName(name)) {
			t.Errorf("%q: %q, %v", base, name, err)
		}
	})
}
