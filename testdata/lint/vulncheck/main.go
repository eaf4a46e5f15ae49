// Vulncheck runs govulncheck over all packages and fails on what it finds called, but for what accepted.txt lists with
// a reason. A database that can't be reached is said and is no failure: without the network nothing is known about
// vulnerabilities, neither good nor bad.
//
//	go run ./testdata/lint/vulncheck golang.org/x/vuln/cmd/govulncheck@VERSION [FLAG…]
//
// Flags are govulncheck's own, such as -db.
package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
)

//go:embed accepted.txt
var acceptedText string

// message is a line of govulncheck's JSON, as far as it is needed.
type message struct {
	OSV *struct {
		ID      string `json:"id"`
		Summary string `json:"summary"`
	} `json:"osv"`
	Finding *struct {
		OSV   string `json:"osv"`
		Fixed string `json:"fixed_version"`
		// Trace leads from the vulnerable symbol to the function of ours that reaches it. Without a function in its first
		// frame, the module or package is only linked in.
		Trace []struct {
			Module   string `json:"module"`
			Version  string `json:"version"`
			Package  string `json:"package"`
			Function string `json:"function"`
		} `json:"trace"`
	} `json:"finding"`
}

func main() {
	if len(os.Args) < 2 {
		fail("usage: vulncheck MODULE@VERSION [FLAG…]")
	}
	accepted, err := parse(acceptedText)
	if err != nil {
		fail(err.Error())
	}
	args := append([]string{"run", os.Args[1], "-format", "json"}, os.Args[2:]...)
	cmd := exec.Command("go", append(args, "./...")...)
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); err != nil {
		if _, why, is := strings.Cut(problems.String(), "govulncheck: fetching vulnerabilities: "); is {
			why, _, _ = strings.Cut(why, "\n")
			fmt.Fprintf(os.Stderr, "vulncheck: SKIPPED, not passed: the vulnerability database can't be reached from here (%s)\n", why)
			return
		}
		fail(fmt.Sprintf("%v\n%s", err, problems.String()))
	}
	found, err := read(&out)
	if err != nil {
		fail(err.Error())
	}
	refused := 0
	for _, id := range slices.Sorted(maps.Keys(found)) {
		if reason, is := accepted[id]; is {
			fmt.Fprintf(os.Stderr, "vulncheck: %s is accepted: %s\n", id, reason)
			continue
		}
		fmt.Fprintf(os.Stderr, "vulncheck: %s\n", found[id])
		refused++
	}
	for _, id := range slices.Sorted(maps.Keys(accepted)) {
		if found[id] == "" {
			fmt.Fprintf(os.Stderr, "vulncheck: %s is not found any more; take it out of accepted.txt\n", id)
		}
	}
	if refused > 0 {
		os.Exit(1)
	}
}

// parse reads lines of an ID and the reason why it is accepted.
func parse(text string) (map[string]string, error) {
	accepted := map[string]string{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		id, reason, _ := strings.Cut(line, " ")
		if reason = strings.TrimSpace(reason); reason == "" {
			return nil, fmt.Errorf("accepted.txt: %s has no reason", id)
		}
		accepted[id] = reason
	}
	return accepted, nil
}

// read returns a sentence for each vulnerability that is called, by its ID.
func read(r io.Reader) (map[string]string, error) {
	summaries, found := map[string]string{}, map[string]string{}
	for dec := json.NewDecoder(r); ; {
		var m message
		if err := dec.Decode(&m); errors.Is(err, io.EOF) {
			return found, nil
		} else if err != nil {
			return nil, fmt.Errorf("govulncheck's output: %w", err)
		}
		if m.OSV != nil {
			summaries[m.OSV.ID] = m.OSV.Summary
		}
		f := m.Finding
		if f == nil || len(f.Trace) == 0 || f.Trace[0].Function == "" || found[f.OSV] != "" {
			continue
		}
		at, from, fixed := f.Trace[0], f.Trace[len(f.Trace)-1], "not fixed in any version"
		if f.Fixed != "" {
			fixed = "fixed in " + f.Fixed
		}
		found[f.OSV] = fmt.Sprintf("%s: %s\n    %s@%s, %s; %s.%s is reached from %s.%s", f.OSV, summaries[f.OSV],
			at.Module, at.Version, fixed, at.Package, at.Function, from.Package, from.Function)
	}
}

func fail(why string) {
	fmt.Fprintln(os.Stderr, "vulncheck:", why)
	os.Exit(1)
}
