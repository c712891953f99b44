# `make help` lists the targets. Each prepares what it needs, all inside this checkout, and says so.

PYTHON ?= python3
# Found before PATH changes, so that it is the machine's and not the virtual environment's.
BASE := $(shell command -v $(PYTHON))
RUN := .venv/bin/python
# Programs of the virtual environment (node and npm among them) and our own tools come first.
export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/.tools/bin:$(PATH)
# Folders with Python in them; charts and benchmarks count as soon as they hold some.
SOURCES = $(shell for path in src tests scripts charts benchmarks main.py; do \
	test -z "$$(find $$path -name '*.py' 2>/dev/null | head -n 1)" || echo $$path; done)

MAKEFLAGS += --no-builtin-rules --no-print-directory
.SUFFIXES:
.DEFAULT_GOAL := help
.PHONY: help demo test test-all test-cluster cluster synth verify bench lint format tools prepare-run prepare-all lock clean python

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: prepare-run ## show the main job, step by step, in a scratch folder
	@scripts/demo.sh

test: prepare-all lint ## lint and all tests that need neither root nor long
	@echo "running the tests"
	@$(RUN) -m pytest -n 2 $(PYTEST_ARGUMENTS)

test-all: prepare-all lint ## the same, and the tests that are slow or need apt or root
	@echo "running all tests"
	@$(RUN) -m pytest -n 2 -m "not cluster" $(PYTEST_ARGUMENTS)
	@$(MAKE) test-cluster

test-cluster: prepare-all cluster ## let a real Argo CD bring dist/ to a real control plane
	@echo "running the tests with a control plane"
	@$(RUN) -m pytest -m cluster tests/cluster $(PYTEST_ARGUMENTS)

cluster: python ## build a control plane, Argo CD and operators' definitions into .tools/ (twelve minutes)
	@$(BASE) -m scripts.install_cluster

synth: prepare-run ## compile and link every environment into dist/
	@.venv/bin/towpath synth

verify: prepare-run ## check that dist/ is what charts, settings and pins say
	@.venv/bin/towpath verify --compile

bench: prepare-all ## measure against other ways to render the same objects
	@$(RUN) benchmarks/run.py

lint: prepare-all ## ruff, mypy, the import contracts and actionlint
	@echo "checking style (ruff)"
	@$(RUN) -m ruff check --quiet $(SOURCES)
	@$(RUN) -m ruff format --quiet --diff $(SOURCES)
	@echo "checking types (mypy)"
	@$(RUN) -m mypy --no-error-summary $(SOURCES)
	@echo "checking imports (import-linter)"
	@.venv/bin/lint-imports --no-logo --cache-dir .import_linter_cache > .import_linter_cache.log 2>&1 \
		|| { cat .import_linter_cache.log; exit 1; }
	@echo "checking workflows (actionlint)"
	@.tools/bin/actionlint -shellcheck= -pyflakes= .github/workflows/*.yml

format: prepare-all ## let ruff format the sources and mend what it can
	@$(RUN) -m ruff check --fix $(SOURCES)
	@$(RUN) -m ruff format $(SOURCES)

tools: python ## build kubeconform, crane and actionlint into .tools/bin
	@$(BASE) scripts/install_tools.py

prepare-run: python
	@$(BASE) scripts/prepare.py runtime compile package
	@$(BASE) scripts/install_tools.py crane kubeconform

prepare-all: python
	@$(BASE) scripts/prepare.py runtime compile dev package node schemas
	@$(BASE) scripts/install_tools.py

lock: python ## write requirements/*.txt anew from requirements/*.in
	@$(BASE) scripts/prepare.py lock

clean: ## delete everything that was prepared or cached here; dist/ stays
	@echo "deleting .venv, .tools, node_modules and caches"
	@rm -rf .venv .tools .towpath node_modules build src/*.egg-info .*_cache .import_linter_cache.log .hypothesis
	@find . -name __pycache__ -prune -exec rm -rf {} +

python:
	@test -n "$(BASE)" || { echo "make: $(PYTHON) is not on this machine." >&2; \
		echo "  to do: install Python 3.11 or newer, or name one: make PYTHON=python3.12" >&2; exit 1; }
	@$(BASE) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "make: $(BASE) is $$($(BASE) --version 2>&1); expected 3.11 or newer." >&2; \
		echo "  to do: install one, or name it: make PYTHON=python3.12" >&2; exit 1; }
	@$(BASE) -c 'import venv, ensurepip' 2> /dev/null || { \
		echo "make: $(BASE) cannot make a virtual environment (venv or ensurepip is missing)." >&2; \
		echo "  to do: install it, on Debian and Ubuntu with: apt install python3-venv" >&2; exit 1; }
