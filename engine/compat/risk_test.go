package compat

import (
	"context"
	"fmt"
	"testing"

	"github.com/stagewatch/stagewatch/engine/plan"
)

func TestRisks(t *testing.T) {
	for _, c := range []struct {
		name, build, final string
		known              map[string]Libc
		want               bool
	}{
		{"site-packages", "FROM python:3.9-slim AS b", "FROM python:3.9-alpine\nCOPY --from=b /usr/local/lib/python3.9/site-packages /x", nil, true},
		{"by index, bare tag", "FROM python:3.12", "FROM python:3.12-alpine\nCOPY --from=0 /usr/local/lib/python3.12/site-packages /x", nil, true},
		{"a venv", "FROM debian:12 AS b\nRUN python3 -m venv /opt/venv", "FROM alpine\nCOPY --from=b /opt/venv /opt/venv", nil, true},
		{"a venv in the working folder", "FROM debian:12 AS b\nWORKDIR /app\nRUN python3 -m venv .venv", "FROM alpine\nCOPY --from=b /app /app", nil, true},
		{"a venv of a stage below", "FROM debian:12 AS a\nRUN virtualenv /v\nFROM a AS b\nRUN true", "FROM alpine\nCOPY --from=b /v /v", nil, true},
		{"a prefix", "FROM python:3.9-slim AS b\nRUN pip install --prefix=/install -r x", "FROM python:3.9-alpine\nCOPY --from=b /install /usr/local", nil, true},
		{"a user's folder", "FROM python:3.9-slim AS b\nRUN pip install --user x", "FROM python:3.9-alpine\nCOPY --from=b /root/.local /root/.local", nil, true},
		{"musl to glibc", "FROM python:3.9-alpine AS b", "FROM python:3.9-slim\nCOPY --from=b /usr/local/lib/python3.9/site-packages /x", nil, true},
		{"one family", "FROM python:3.9 AS b", "FROM python:3.9-slim\nCOPY --from=b /usr/local/lib/python3.9/site-packages /x", nil, false},
		{"something else", "FROM python:3.9-slim AS b\nRUN make", "FROM alpine\nCOPY --from=b /out/page.html /x", nil, false},
		{"a base that nobody knows", "FROM company/base AS b", "FROM alpine\nCOPY --from=b /usr/lib/python3/dist-packages /x", nil, false},
		{"a base that was read", "FROM company/base AS b", "FROM alpine\nCOPY --from=b /usr/lib/python3/dist-packages /x", map[string]Libc{"company/base": Glibc}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := plan.New(t.Context(), plan.Input{Dockerfile: []byte(c.build + "\n" + c.final + "\n"), Filename: "Dockerfile"}, plan.Offline{})
			if err != nil {
				t.Fatal(err)
			}
			got := Risks(p, c.known)
			if want := map[bool]int{true: 1}[c.want]; len(got) != want {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func ExampleRisks() {
	p, err := plan.New(context.Background(), plan.Input{Dockerfile: []byte("FROM python:3.9-slim AS build\nFROM python:3.9-alpine\nCOPY --from=build /usr/local/lib/python3.9/site-packages /x\n")}, plan.Offline{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(Risks(p, nil)[0].Warning().Message)
	// Output: line 3 copies Python packages of stage "build", installed on glibc (python:3.9-slim), onto musl (python:3.9-alpine)
}

// TestARiskThatMovesIsTheSame: a line above a COPY makes no new risk of it.
func TestARiskThatMovesIsTheSame(t *testing.T) {
	var keys [2]RiskKey
	for i, above := range []string{"", "# a comment\n"} {
		dockerfile := above + "FROM python:3.9-slim AS b\nFROM python:3.9-alpine\nCOPY --from=b /usr/local/lib/python3.9/site-packages /x\n"
		p, err := plan.New(t.Context(), plan.Input{Dockerfile: []byte(dockerfile), Filename: "Dockerfile"}, plan.Offline{})
		if err != nil {
			t.Fatal(err)
		}
		risks := Risks(p, nil)
		if len(risks) != 1 || risks[0].Line != 3+i {
			t.Fatalf("got %+v", risks)
		}
		keys[i] = risks[0].RiskKey
	}
	if keys[0] != keys[1] {
		t.Errorf("got %+v and %+v", keys[0], keys[1])
	}
}
