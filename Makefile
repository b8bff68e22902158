# Everything a person or CI does here. `make demo` and `make test` need Python 3.11+, git and make, nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help demo test test-browser lint types format bench fuzz conformance docs schemas clean setup

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(READY) ## Make the virtual environment

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; '$(PYTHON)' is older: make PYTHON=python3.12 …" >&2; exit 1; }
	@echo "setting up $(VENV) (once)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $(READY)

demo: $(READY) ## Write requests, rehearse them, show who could sign in
	@$(BIN)/python tools/demo.py

test: export PATH := $(abspath $(BIN)):$(PATH)
test: $(READY) ## Run the tests (those that need terraform are skipped, and named, without it)
	@$(BIN)/python -m pytest -n auto --dist worksteal -q $(ARGS)

test-browser: $(READY) ## The access report in a headless Chromium (a `chromium` on PATH, as Debian packages it)
	@command -v chromium >/dev/null || { echo "chromium is not on PATH: install it with your system's packages" >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[browser]'
	@$(BIN)/python -m pytest -q tests/browser $(ARGS)

lint: $(READY) ## ruff, format, shellcheck
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@git ls-files -z '*.sh' .ci/run | xargs -0 $(BIN)/shellcheck

types: $(READY) ## mypy, strict
	@$(BIN)/mypy

format: $(READY) ## Format the Python code
	@$(BIN)/ruff check --fix-only -q .
	@$(BIN)/ruff format -q .

bench: $(READY) ## Measure: CPU seconds of process trees and calls to AWS, as ratios in one run
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[bench]'
	@$(BIN)/python tools/bench.py
	@$(BIN)/python tools/bench_access.py

fuzz: $(READY) ## 10,000 requests with any legal text, through real Terraform
	@AFTGEN_MEANING_CASES=10000 $(BIN)/python -m pytest -q tests/meaning $(ARGS)

conformance: export PATH := $(abspath $(BIN)):$(PATH)
conformance: $(READY) ## Run a release of the AFT framework itself as the judge: AFT_FRAMEWORK=DIR, a checkout
	@test -d "$(AFT_FRAMEWORK)" || { echo "make conformance AFT_FRAMEWORK=DIR: DIR is a checkout of" \
		"aws-ia/terraform-aws-control_tower_account_factory at a release" >&2; exit 2; }
	@AFT_FRAMEWORK=$(abspath $(AFT_FRAMEWORK)) $(BIN)/python -m pytest -v -s tests/conformance $(ARGS)

docs: $(READY) ## Write docs/rules.md from the rules, and the demo into the README
	@$(BIN)/python -m aftgen.setup.examples
	@$(BIN)/python tools/readme.py
	@$(BIN)/python -m aftgen rules --markdown > docs/rules.md.new && mv docs/rules.md.new docs/rules.md

schemas: $(READY) ## Write schemas/*.json from the models
	@$(BIN)/python -m aftgen.schemas

clean: ## Remove what make has made
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis dist build
