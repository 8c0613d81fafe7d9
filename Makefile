# Everything here needs Go and nothing else; .ci/run says what CI adds.

GO       ?= go
FUZZTIME ?= 30s
LUPA     := bin/lupa
TOOL     := $(GO) tool -modfile=.ci/tools/go.mod

.PHONY: build demo test check bench fuzz golden torture clean

build: ## bin/lupa
	$(GO) build -trimpath -o $(LUPA) ./cmd/lupa

demo: build ## the main job on examples/mallila, in a copy
	@.ci/demo $(LUPA)

test: ## all tests
	$(GO) test -timeout 15m ./...

check: ## what a machine can say about the code
	@test -z "$$(gofmt -l cmd schema reconcile)" || { echo "gofmt would change:"; gofmt -l cmd schema reconcile; exit 1; }
	$(GO) mod tidy -diff
	$(GO) mod verify
	$(GO) vet ./...
	$(TOOL) staticcheck ./...

bench: ## how long things take, for 1,000 to 100,000 people
	$(GO) test -run '^$$' -bench . -benchtime 3x ./...

fuzz: ## each fuzz target for FUZZTIME
	@set -e; for dir in $$(grep -rl --include='*_test.go' '^func Fuzz' schema reconcile | xargs -n1 dirname | sort -u); do \
	  for target in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9]*\).*/\1/p' $$dir/*_test.go); do \
	    echo "$$dir $$target"; $(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 2s ./$$dir; \
	  done; done

golden: ## write the expected outputs anew; read the difference before you commit it
	UPDATE_GOLDEN=1 $(GO) test ./schema/... ./reconcile/... ./cmd/...
	$(GO) test ./schema/... ./reconcile/... ./cmd/...

torture: ## the long versions: kills in the middle of an apply, many worlds
	LUPA_TORTURE=1 $(GO) test -timeout 120m -count 1 ./...
	$(MAKE) fuzz FUZZTIME=2m

clean:
	rm -rf bin
	$(GO) clean -testcache
