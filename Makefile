# Everything here needs Go and nothing else; .ci/run says what CI adds.

GO       ?= go
FUZZTIME ?= 30s
SIZE     ?= 1000,10000,100000
BENCH    ?=
BENCHTIME ?= 1s
LUPA     := bin/lupa
TOOL     := $(GO) tool -modfile=.ci/tools/go.mod

.PHONY: build demo test check bench bench-micro fuzz golden torture clean

build: ## bin/lupa
	$(GO) build -trimpath -o $(LUPA) ./cmd/lupa

demo: build ## the main job on examples/mallila, in a copy
	@.ci/demo $(LUPA)

test: ## all tests
	$(GO) test -timeout 30m ./...

check: ## what a machine can say about the code
	@test -z "$$(gofmt -l cmd schema reconcile)" || { echo "gofmt would change:"; gofmt -l cmd schema reconcile; exit 1; }
	$(GO) mod tidy -diff
	$(GO) mod verify
	$(GO) vet ./...
	$(TOOL) staticcheck ./...
	$(TOOL) actionlint .github/workflows/*.yml cmd/lupa/starter/.github/workflows/*.yml

bench: ## a table of what the commands cost, beside yardsticks and peers: SIZE=1000000 BENCH=roster/.*/sqlite
	@mkdir -p bin
	$(GO) test -c -o bin/bench.test ./cmd/lupa
	@cd cmd/lupa && LUPA_BENCH_SIZE=$(SIZE) LUPA_BENCH_TABLE=$(CURDIR)/bin/bench.md \
	  ../../bin/bench.test -test.run '^$$' -test.bench 'Lupa/$(BENCH)' -test.benchtime $(BENCHTIME) > ../../bin/bench.txt || { cat ../../bin/bench.txt; exit 1; }
	@cat bin/bench.md

bench-micro: ## how long the parts of lupa take, each by itself
	$(GO) test -run '^$$' -bench . -skip '^BenchmarkLupa' -benchtime 3x ./...

fuzz: ## each fuzz target for FUZZTIME
	@set -e; for dir in $$(grep -rl --include='*_test.go' '^func Fuzz' schema reconcile cmd | xargs -n1 dirname | sort -u); do \
	  for target in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9]*\).*/\1/p' $$dir/*_test.go); do \
	    echo "$$dir $$target"; $(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 2s ./$$dir; \
	  done; done

golden: ## write the expected outputs anew; read the difference before you commit it
	UPDATE_GOLDEN=1 $(GO) test ./schema/... ./reconcile/... ./cmd/...
	$(GO) test ./schema/... ./reconcile/... ./cmd/...

torture: ## the long versions: faults by the hundred, with a table at the end; many worlds
	@rm -f bin/torture.txt; mkdir -p bin
	LUPA_TORTURE=1 LUPA_TABLE=$(CURDIR)/bin/torture.txt $(GO) test -timeout 120m -count 1 ./...
	@printf '%-60s %6s %6s %8s\n' fault tries lost doubled; sort bin/torture.txt

clean:
	rm -rf bin
	$(GO) clean -testcache
