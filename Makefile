# verify is what has to pass before a change goes in, here and in CI.

GO       ?= go
TOOL     := $(GO) tool -modfile=tools/go.mod
FUZZTIME ?= 30000x
BENCH    ?= .
COUNT    ?= 1

.PHONY: verify test race fuzz soak bench vet lint fmt examples docs docs-write cross nested e2e-sidecar e2e-tiers e2e-metrics
.NOTPARALLEL:

verify: test vet lint race fuzz examples nested cross

test: # the import rule is one of the tests: deps_test.go
	$(GO) test ./...

race: # -short: a part of the whole recordings is enough to find a race
	$(GO) test -race -short -timeout 20m ./...

fuzz: # every fuzz target, for FUZZTIME or so many inputs
	tools/fuzz.sh $(FUZZTIME)

soak: # a simulated day of 200 instances, and an hour of it under the race detector; ten minutes
	$(GO) -C bench run ./soak
	$(GO) -C bench run -race ./soak -hours 1

bench: # make bench BENCH=Read COUNT=10
	$(GO) test -run '^$$' -bench '$(BENCH)' -count $(COUNT) ./...
	cd bench && $(GO) test -run '^$$' -bench '$(BENCH)' -count $(COUNT) ./...

vet:
	$(GO) vet ./...
	$(GO) vet -tags e2e ./examples/sidecar

lint:
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "not gofmt'ed:"; echo "$$unformatted"; exit 1; }
	$(TOOL) staticcheck ./...
	$(TOOL) actionlint
	find . -name node_modules -prune -o -name '*.go' -print -o -name '*.md' -print | xargs $(TOOL) misspell -error

fmt:
	gofmt -w .

examples: # all of them, on their own recordings and workers
	$(GO) run ./examples/fleet
	$(GO) run ./examples/balancer
	$(GO) run ./examples/shards
	$(GO) run ./examples/kubelets
	$(GO) run ./examples/sidecar
	$(GO) run ./examples/picker
	$(GO) run ./examples/controlplane -text
	$(GO) -C examples/resourcemetrics run .
	$(GO) -C examples/autoscale run .
	$(GO) -C examples/rulecheck run . testdata/rules.yaml || test $$? -eq 1 # a file of wrong expressions

docs: # links, names, code and words; the programs, figures and tables; every command of the documents, in a copy of the checkout
	$(GO) test -count 1 -run 'TestLinks|TestAPI' .
	$(GO) test -count 1 ./docs/...
	$(GO) -C bench test -count 1 ./docs
	$(GO) test -count 1 -timeout 3h -v -run 'TestCommands$$' ./docs -commands .

docs-write:
	$(GO) -C bench run ./docs -write

cross:
	@for p in darwin/arm64 windows/amd64 linux/386; do \
		export GOOS=$${p%/*} GOARCH=$${p#*/}; echo "== $$p"; \
		$(GO) build ./... && $(GO) vet ./... || exit 1; \
	done
	$(GO) vet -tags purego ./internal/lines # what is not amd64 compares lines in Go

nested:
	tools/nested.sh

e2e-sidecar: # a real Prometheus (of the path, or $$PROMETHEUS) beside sidecars that are killed; two minutes
	$(GO) test -tags e2e -count 1 -timeout 20m -v -run TestPrometheus ./examples/sidecar

e2e-tiers: # leaves and a root as processes, which are killed, beside one Collector that sees everything; ten minutes, and seven to build it
	cd examples/collector && $(GO) vet ./... && $(GO) test ./... && $(GO) build -o collector . && $(GO) run ./e2e -collector ./collector

e2e-metrics: # autoscalers of a real control plane, built from Go modules: half an hour the first time, then ten minutes
	examples/autoscale/e2e/run.sh "$${E2E_DIR:-$${XDG_CACHE_HOME:-$$HOME/.cache}/promfold-e2e}"
