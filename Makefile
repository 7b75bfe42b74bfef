# Everything a contributor does, each a single word; CONTRIBUTING.md tells more.

BIN := .venv/bin
CODE := src tests scripts
SCRIPTS := $(wildcard scripts/*.py) $(wildcard scripts/bench/*.py)
JOBS ?= 2
PYTEST_ARGS ?=
# What `make bench` runs (all, if empty), and how much of it.
BENCH ?=
SPLICE ?=
RUNS ?= 10
SAMPLES ?= 100
ROUTES ?= 3000
ROUNDS ?= 5
TURN ?= 1.5

.DEFAULT_GOAL := help
.PHONY: help setup demo test check lint types format bench docs lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-8s %s\n", $$1, $$2}' Makefile

setup: ## .venv with the penstock command in it
	@scripts/setup.sh

demo: setup ## a small shop behind a real load balancer, until Ctrl-C
	@$(BIN)/penstock up -f examples/shop

test: check ## everything that has to pass
	$(BIN)/pytest -q -n $(JOBS) --dist loadfile $(PYTEST_ARGS)

check: lint types ## style, layers and types, without running anything

lint: setup
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/lint-imports

types: setup
	$(BIN)/mypy
	$(BIN)/mypy $(SCRIPTS)

format: setup ## let ruff mend what it can
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

bench: setup ## measure, and write docs/benchmarks.md (BENCH="cold_start scale" only prints)
	@$(BIN)/python scripts/bench/report.py $(BENCH) $(SPLICE) --runs $(RUNS) --samples $(SAMPLES) \
		--routes $(ROUTES) --rounds $(ROUNDS) --seconds $(TURN)

docs: setup ## write the documentation that comes from code anew
	$(BIN)/python scripts/docs.py

lock: setup ## resolve the dependencies in pyproject.toml anew (ARGS=--upgrade)
	scripts/lock.sh $(ARGS)

clean: ## remove the environment and all caches
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build
	rm -rf src/*.egg-info
	find src tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +
