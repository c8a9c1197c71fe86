# Every target prints what it does and uses .venv; `make help` lists them.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
PIP_VERSION := 26.3
PYTEST := $(BIN)/python -m pytest -q
INSTALL = $(BIN)/python -m pip install -qq --disable-pip-version-check
RUNS := $(VENV)/.runs
PRIVATE := $(VENV)/.private
READY := $(VENV)/.ready
TYPESCRIPT := tests/serving/http/typescript
BROWSER := tests/serving/pages/browser
FOLDERS := benchmarks composition data features privacy proffer recommender rendering research serving sweep training
CITIZENS ?= 20000
COVERED := tests/catalogue tests/features tests/recommender tests/serving
LEDGER_FAULTS := tests/privacy/ledger/test_ledger.py tests/privacy/ledger/test_auditor.py
MUTANT_MINUTES ?= 60
JOBS ?= 2
SHARED := --numprocesses=$(JOBS) --dist=loadfile --no-loadscope-reorder
HOME_DIR ?= .proffer

export MPLBACKEND := Agg
export PYTHONDONTWRITEBYTECODE :=  # empty: what one process of the tests compiled, the next need not compile again

.DEFAULT_GOAL := help
.PHONY: help setup setup-demo setup-private demo docs test check layers soak lint types contracts doctests tests coverage clean

help:  ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY)  ## make .venv with everything: what Proffer runs on, private training, the tests and the benchmarks

setup-demo: $(RUNS)  ## make .venv with what Proffer runs on: no torch, no test tools

setup-private: $(PRIVATE)  ## add what `proffer train --ranker private` needs (torch, for its second accountant)

# The lock of what Proffer runs on is complete, so nothing is resolved. The other two name no library that depends on the
# machine (the CUDA libraries that torch brings, or none), so pip resolves those, within the versions of all three locks.
$(RUNS): requirements.lock pyproject.toml
	@echo "==> installing what Proffer runs on into $(VENV) (a minute or two)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Proffer needs Python 3.11 or newer: make PYTHON=...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(INSTALL) pip==$(PIP_VERSION)
	@$(INSTALL) --no-deps --no-compile -r requirements.lock
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m pip check
	@touch $@

$(PRIVATE): requirements-private.lock $(RUNS)
	@echo "==> installing what private training needs into $(VENV) (torch is large)"
	@$(INSTALL) --no-compile -c requirements.lock -r requirements-private.lock
	@$(BIN)/python -m pip check
	@touch $@

$(READY): requirements-dev.lock $(PRIVATE) $(TYPESCRIPT)/package-lock.json $(BROWSER)/package-lock.json
	@echo "==> installing what the tests and the benchmarks need into $(VENV)"
	@$(INSTALL) --no-compile -c requirements.lock -r requirements-dev.lock
	@$(BIN)/python -m pip check
	@mkdir -p $(VENV)/typescript && cp $(TYPESCRIPT)/package.json $(TYPESCRIPT)/package-lock.json $(VENV)/typescript
	@cd $(VENV)/typescript && npm ci --ignore-scripts --no-audit --no-fund --silent || \
	  echo "    without npm, or what it installs: the test of a TypeScript client will be skipped"
	@mkdir -p $(VENV)/browser && cp $(BROWSER)/package.json $(BROWSER)/package-lock.json $(VENV)/browser
	@cd $(VENV)/browser && npm ci --ignore-scripts --no-audit --no-fund --silent || \
	  echo "    without npm, or what it installs: pages will not be searched for barriers"
	@touch $@

demo: setup-demo  ## the main job end to end on people who do not exist, ending with one person's story
	@echo "==> proffer demo --citizens $(CITIZENS) --home $(HOME_DIR)"
	@$(BIN)/proffer demo --citizens $(CITIZENS) --home $(HOME_DIR)

docs: setup  ## the pages of docs/ and the reference of the Python packages as a site, in build/docs
	@echo "==> sphinx: docs/ into build/docs"
	@$(BIN)/sphinx-build -q -W --keep-going -b html docs build/docs

test: setup  ## everything CI checks
	@$(MAKE) --no-print-directory -j$(JOBS) lint types contracts doctests docs
	@$(MAKE) --no-print-directory tests coverage
	@echo "==> all checks passed"

check: setup  ## the fast part of `make test`, for before every commit
	@$(MAKE) --no-print-directory -j$(JOBS) lint types contracts doctests
	@echo "==> fast tests"
	@$(PYTEST) $(SHARED) tests -m "not slow"

lint: setup
	@echo "==> ruff: lint and format"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: setup
	@echo "==> mypy --strict"
	@$(BIN)/mypy

contracts: setup
	@echo "==> import-linter: the layers and the purity rules"
	@$(BIN)/lint-imports --no-logo

doctests: setup
	@echo "==> the examples in docstrings"
	@$(PYTEST) --doctest-modules $(FOLDERS)

tests: setup
	@echo "==> tests, with README's examples, but for those below"
	@$(PYTEST) $(SHARED) tests $(addprefix --ignore=,$(COVERED)) --durations=10

coverage: setup
	@echo "==> tests of features/, recommender/ and its service, with branch coverage (over 95 %)"
	@$(PYTEST) $(SHARED) $(COVERED) --cov --cov-report= --durations=10
	@$(BIN)/coverage report --include='features/*' --fail-under=95
	@$(BIN)/coverage report --include='recommender/*' --fail-under=95

layers: setup  ## each layer of the wheel in an empty environment, without pip's configuration, on each Python there is
	@echo "==> the wheel's layers on Python 3.11, 3.12 and 3.13 (gigabytes are downloaded)"
	@HYPOTHESIS_PROFILE=soak $(PYTEST) -rPs tests/architecture/test_layers.py

soak: setup  ## the long checks: every property with 20 times the examples, the ledger's faults and mutants, the benchmarks
	@echo "==> properties with many examples"
	@HYPOTHESIS_PROFILE=soak $(BIN)/python -m pytest -q tests $(addprefix --ignore=,$(LEDGER_FAULTS))
	@echo "==> the ledger: 1,000 kills, 8 processes at one cap, every system call of an append failing once, a full disk,"
	@echo "    every byte flipped, an auditor's empty environment"
	@HYPOTHESIS_PROFILE=soak $(BIN)/python -m pytest -q -rPs $(LEDGER_FAULTS)
	@echo "==> the ledger: 100,000 entries under 1,000 checkpoints, verified"
	@$(BIN)/python -m tests.privacy.speed
	@echo "==> the ledger: small changes to its code, for $(MUTANT_MINUTES) minutes; the tests must notice 80 % of them (the aim is 90)"
	@$(BIN)/python -m tests.privacy.mutants --minutes $(MUTANT_MINUTES) --least 80
	@echo "==> the demo from nothing"
	@soak=$$(mktemp -d) && $(BIN)/proffer demo --home $$soak --json > $$soak/demo.json; code=$$?; rm -rf $$soak; exit $$code
	@echo "==> benchmarks beside their peers"
	@$(BIN)/proffer bench features
	@$(BIN)/proffer bench verdicts
	@$(BIN)/proffer bench private
	@$(BIN)/proffer bench adult
	@$(BIN)/proffer bench year

clean:  ## remove .venv and everything that running and checking made, but not the home
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage *.egg-info build
