# stagewatch. `make run` starts the dashboard on the sample, `make test` runs every test; `make help` has the rest.
#
# The work behind the targets is in testdata/engine (a private Docker Engine, the base images) and testdata/lint.

SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
.DEFAULT_GOAL := help

# Which engine: auto (one that answers, else a private one), private (always that), none (no engine), or a private one by
# its release, with a c for the containerd image store: 20, 26, 26c, 28, 28c, 29, 29c.
ENGINE ?= auto
# For `make run`: flags of stagewatch. For `make test` and `make test-engines`: flags of go test, and which packages.
ARGS ?=
# One package at a time: Docker Engine 20.10 can crash where solves share steps and differ in --no-cache.
TESTARGS ?= -timeout 30m -p 1
PKGS ?= ./...
# For `make bench`: how often each pair is measured, flags of go test, and the revision of an earlier stagewatch to be beside.
BENCHTIME ?= 5x
BENCHARGS ?=
export BEFORE
# For `make test-engines`: which of these engines, or buildkitd, a BuildKit with no engine around it; all of them unless set.
ENGINES ?=
# For `make soak`: how long, as Go writes durations.
FOR ?= 30m

export ENGINE
# Where Go's own installer puts it, for a shell whose PATH does not know yet.
export PATH := $(PATH):/usr/local/go/bin

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
# On macOS the system's own notifications, FSEvents, are called by way of C. Elsewhere one file that needs nothing is better.
cgo := $(if $(filter Darwin,$(shell uname -s)),1,0)
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
# All of its checks, also those that are off by default, because a reader pays for each of these faults:
#   SA      code that does not do what it seems to do
#   S, QF   a longer way to write what the language or its library has a word for
#   ST1000  a package without a comment: that is where a stranger begins to read
#   ST1003, ST1016  names that Go writes in another way; a receiver with two names
#   ST1005  errors that begin with a capital: they end up in the middle of a sentence
#   ST1020-ST1022   a comment that does not begin with the name that go doc shows it for
#   U1000   what a package does not use itself; deadcode finds what no program reaches
STATICCHECKS := all
DEADCODE := golang.org/x/tools/cmd/deadcode@v0.49.0
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0

engine := testdata/engine
module := github.com/stagewatch/stagewatch
# Two things at once, whatever the caller's own -j says: the compiler and the set-up want different things.
together := MAKEFLAGS= $(MAKE) --no-print-directory -j2

# A hundred lines of downloads would bury the set-up's progress. What goes wrong still comes through.
quietly := 2>&1 | { grep -v '^go: downloading' >&2 || true; }

.PHONY: help build run test test-engines lint bench soak clean setup bases engine-up engine-down engine-wipe engine-env bases-wipe \
	compile-tests format vet systems boundaries staticcheck deadcode vulncheck shellcheck go story picture goldens truth install man release-check

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@printf '\n  ENGINE=auto|private|none|20|26|26c|28|28c|29|29c picks the engine, ARGS goes to stagewatch, TESTARGS and PKGS to go test.\n  ENGINES takes the last seven of these, and buildkitd.\n'

build: go ## bin/stagewatch
	@[[ -e bin/stagewatch ]] || echo 'stagewatch: compiling; the first time fetches the Go modules too, and takes a minute or two' >&2
	@CGO_ENABLED=$(cgo) go build -trimpath -ldflags '$(LDFLAGS)' -o bin/stagewatch ./cmd/stagewatch $(quietly)

run: ## the dashboard on the sample, with whatever it needs set up first
	@[[ $(ENGINE) != none ]] || { echo 'stagewatch: make run needs an engine, and ENGINE=none says there is to be none.' >&2; exit 1; }
	@$(together) build setup
	@env=$$($(engine)/env.sh $(ENGINE)) && eval "$$env" && exec bin/stagewatch $(ARGS) testdata/python-app

install: go ## where go install puts programs: GOBIN, else the bin of GOPATH
	@CGO_ENABLED=$(cgo) go install -trimpath -ldflags '$(LDFLAGS)' ./cmd/stagewatch $(quietly)
	@printf 'stagewatch is in %s\n' "$$(b=$$(go env GOBIN); echo "$${b:-$$(go env GOPATH)/bin}")"

man: build ## bin/man: the manual, a page for each command; man -l bin/man/stagewatch.1 shows one
	@rm -rf bin/man && SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct 2>/dev/null || date +%s) bin/stagewatch man bin/man

release-check: go ## that it compiles for what it is released for, and .goreleaser.yaml, where goreleaser is there
	@testdata/lint/release.sh

test: ## every test, with -race, on a real engine
	@$(engine)/packages.sh test
	@$(together) compile-tests setup
	@compose=$$($(engine)/compose.sh) && export PATH="$$PATH$${compose:+:$$compose}" && \
	  env=$$($(engine)/env.sh $(ENGINE)) && eval "$$env" && CGO_ENABLED=1 exec go test -race $(TESTARGS) $(PKGS)

test-engines: go ## every test that talks to an engine, on each of ENGINES, as one table; an hour and more for all
	@$(engine)/packages.sh test
	@PKGS='$(PKGS)' $(engine)/matrix.sh $(ENGINES)

lint: format vet systems boundaries shellcheck staticcheck deadcode vulncheck ## all that can be told without running it: gofmt, vet, the rooms' boundaries, …

bench: build setup ## what it costs, beside the engine's own floor, docker build and dive, as one table
	@env=$$($(engine)/env.sh $(ENGINE)) && eval "$$env" && exec testdata/bench.sh $(BENCHTIME) $(BENCHARGS)

story: build setup ## record testdata/story.jsonl anew on the engine in use
	@env=$$($(engine)/env.sh $(ENGINE)) && eval "$$env" && exec testdata/story.sh

picture: build ## draw testdata/dashboard.svg from testdata/story.jsonl
	@bin/stagewatch report --format svg --at 2 --size 120x36 -o testdata/dashboard.svg testdata/story.jsonl

soak: go setup ## random edits, saves under load, builds without cache beside others, kills, then the planner's promises; FOR (30m unless set) is the time of each
	@env=$$($(engine)/env.sh $(ENGINE)) && eval "$$env" && export SOAK_FOR=$(FOR) PROOF_FOR=$(FOR) && \
	  $(engine)/about.sh && \
	  go test -count=1 -timeout 0 -v -run 'TestSoak|TestNoRequestFails' ./engine && \
	  go test -count=1 -timeout 0 -v -run TestWithoutTheCacheBesideWithIt ./engine/solve && \
	  go test -count=1 -timeout 0 -v -run TestKilledAtAnyMoment ./cmd/stagewatch && \
	  go test -count=1 -timeout 0 -v -run TestProof ./engine/plan

goldens: go ## write anew what tests compare frames, lines, reports and plans with; read the diff
	@ENGINE=none go test -count=1 $$(go list -f '{{range .TestImports}}{{if eq . "$(module)/engine/goldentest"}}{{$$.ImportPath}}{{end}}{{end}}' ./...) -update

truth: go ## write anew what docker compose makes of the projects in engine/compose/testdata/truth; read the diff
	@testdata/truth.sh

clean: ## what build made
	@rm -rf bin

setup:
	@$(engine)/setup.sh $(ENGINE)

engine-up: ## start the private engine (it stays up)
	@$(engine)/engine.sh up

engine-down: ## stop the private engine
	@$(engine)/engine.sh down

engine-wipe: ## stop it and delete all that is on it
	@$(engine)/engine.sh wipe

engine-env: ## the export lines of the engine in use: eval "$(make -s engine-env)"
	@$(engine)/env.sh $(ENGINE)

bases: setup ## the base images of the sample, onto the engine in use

bases-wipe: ## delete the cache that the stand-ins of the base images are built in
	@$(engine)/standin-wipe.sh

compile-tests: go
	@CGO_ENABLED=1 go build -race -o /dev/null $(PKGS) $(quietly)

format: go
	@files=$$(gofmt -l $$(git ls-files '*.go')) && { [[ -z $$files ]] || { echo "gofmt: run gofmt -w on" $$files >&2; exit 1; }; }

vet: go
	@go vet ./... $(quietly)

systems: go
	@testdata/lint/release.sh quick

boundaries: go
	@testdata/lint/boundaries.sh

staticcheck: go
	@go run $(STATICCHECK) -checks $(STATICCHECKS) ./... $(quietly)

deadcode: go
	@testdata/lint/deadcode.sh $(DEADCODE)

vulncheck: go
	@go run ./testdata/lint/vulncheck $(GOVULNCHECK)

shellcheck:
	@$(engine)/packages.sh lint
	@shellcheck -x -P SCRIPTDIR $(engine)/*.sh testdata/lint/*.sh testdata/*.sh findings/*.sh .ci/run

go:
	@command -v go >/dev/null || { echo "stagewatch: go is missing. Install Go $$(awk '/^go / {print $$2}' go.mod) or newer: https://go.dev/doc/install" >&2; exit 1; }
