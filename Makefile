# Every target prints what it does and uses .venv; `make help` lists them.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
PIP_VERSION := 26.3
LOCKS := requirements.lock requirements-private.lock
READY := $(VENV)/.ready
FOLDERS := benchmarks data features privacy proffer recommender serving training
CITIZENS ?= 20000
LEDGER_FAULTS := tests/privacy/test_ledger.py tests/privacy/test_auditor.py
MUTANT_MINUTES ?= 60
JOBS ?= 2
SHARED := --numprocesses=$(JOBS) --dist=loadfile --no-loadscope-reorder
HOME_DIR ?= .proffer

export MPLBACKEND := Agg
export PYTHONDONTWRITEBYTECODE :=  # empty: what one process of the tests compiled, the next need not compile again

.DEFAULT_GOAL := help
.PHONY: help setup demo test check soak lint types contracts tests coverage clean

help:  ## list the targets
	@awk -F':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY)  ## make .venv and install the tested versions

$(READY): $(LOCKS) pyproject.toml
	@echo "==> installing the tested versions into $(VENV) (two or three minutes)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Proffer needs Python 3.11 or newer: make PYTHON=...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check pip==$(PIP_VERSION)
	@$(BIN)/python -m pip install -qq --no-deps --no-compile $(foreach lock,$(LOCKS),-r $(lock))
	@$(BIN)/python -m pip install -qq --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m pip check
	@touch $@

demo: setup  ## the main job end to end on people who do not exist, ending with one person's story
	@echo "==> proffer demo --citizens $(CITIZENS) --home $(HOME_DIR)"
	@$(BIN)/proffer demo --citizens $(CITIZENS) --home $(HOME_DIR)

test: setup lint types contracts tests coverage  ## everything CI checks
	@echo "==> all checks passed"

check: setup lint types contracts  ## the fast part of `make test`, for before every commit
	@echo "==> fast tests"
	@$(BIN)/python -m pytest -q $(SHARED) -m "not slow"

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

tests: setup
	@echo "==> tests, doctests and README examples, with branch coverage"
	@$(BIN)/python -m pytest -q $(SHARED) --cov --cov-report= --durations=10

coverage: setup tests
	@echo "==> branch coverage of features/ and recommender/ (over 95 %)"
	@$(BIN)/coverage report --include='features/*' --fail-under=95
	@$(BIN)/coverage report --include='recommender/*' --fail-under=95

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

clean:  ## remove .venv and everything that running and checking made, but not the home
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage *.egg-info build
