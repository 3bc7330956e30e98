# Two commands on a fresh machine: `make up` and `make test`. Everything else is for every day.
STACK ?= production
MINUTES ?= 10
SHARD ?= 0
SHARDS ?= 1
PYTHON := .venv/bin/python
READY := .venv/ready
# The newest supported Python on PATH that runs and can make a virtual environment.
SUPPORTED := 'import ensurepip, sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))'
PYTHON_BASE ?= $(shell for python in python3.13 python3.12 python3.11 python3; do \
    $$python -c $(SUPPORTED) 2>/dev/null && echo $$python && break; done)
ACCOUNT_TESTS := packages/pulumi-moto/tests packages/arbor/tests tests/pipeline/bootstrap tests/pipeline/test_adopt.py tests/iam/test_provider.py
ENGINE_TESTS := tests/engine tests/long_life
# Lists the tests that were skipped for want of a program, and the command that installs it.
MISSING := packages/arbor/tests/support/missing.py
# All of these directories, or each SHARDS-th of their files, beginning with SHARD.
shard = $(if $(filter 1,$(SHARDS)),$(1),$(shell find $(1) -name 'test_*.py' | LC_ALL=C sort | awk 'NR % $(SHARDS) == $(SHARD)'))

.PHONY: help up preview serve test checks unit emulator engine long-life soak nightly drill lint types docs lock upgrade policy-proof benchmark clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

up: $(READY) ## bring STACK up in an emulated account, with the real engine
	$(PYTHON) -m tools.emulated up --stack $(STACK)

preview: $(READY) ## show what `up` would do, and what the policies say of it
	$(PYTHON) -m tools.emulated preview --stack $(STACK) --policy-pack policy

serve: $(READY) ## keep an emulated account up, with the stand-in application; prints lines to eval
	@PYTHONPATH=tests:tests/support:packages/arbor/tests/support $(PYTHON) -m serve --stack $(STACK)

test: export SKIPPED := $(CURDIR)/.pytest_cache/skipped-$(shell echo $$PPID)
test: checks unit emulator engine ## all checks and every test; ends with what was skipped and why
	@$(PYTHON) $(MISSING) $(SKIPPED)

checks: lint types ## ruff, actionlint, zizmor and mypy

unit: $(READY) ## the tests of the program, to run all day
	$(PYTHON) -m pytest -n 2 tests $(addprefix --ignore ,$(ACCOUNT_TESTS) $(ENGINE_TESTS))

emulator: $(READY) ## the tests of the emulated account and of what operates on it, without the engine
	$(PYTHON) -m pytest -n 2 $(call shard,$(ACCOUNT_TESTS))

engine: $(READY) ## the tests with the real engine and the AWS CLI, the long life among them
	$(PYTHON) -m pytest -n 2 --dist loadgroup $(call shard,$(ENGINE_TESTS))

long-life: $(READY) ## of these, changes, releases and operators' hands in any order
	$(PYTHON) -m pytest -n 2 tests/long_life

soak: $(READY) ## the same with random seeds, for MINUTES
	$(PYTHON) -m pytest -n 2 tests/long_life/soak.py --minutes $(MINUTES)

nightly: $(READY) ## the procedures that take too long for every change
	$(PYTHON) -m pytest -n 2 --dist loadgroup -m nightly tests/engine tests/long_life

drill: $(READY) ## every fault at every AWS call of every command that writes
	DRILL_WHOLE=1 $(PYTHON) -m pytest -n 2 --dist loadgroup tests/engine/test_faults.py

lint: $(READY) ## ruff: rules and format; actionlint and zizmor: the workflows
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m tools.workflows

types: $(READY) ## mypy, strict
	$(PYTHON) -m mypy .
	$(PYTHON) -m mypy policy/__main__.py

upgrade: $(READY) ## preview this tree over stacks that BASE (a git ref) deployed, emulated
	$(PYTHON) -m tools.upgrade "$(BASE)"

docs: $(READY) ## write the generated pages and pictures of docs/ anew
	PYTHONPATH=policy $(PYTHON) -m tools.docs

lock: $(READY) ## resolve uv.lock from the pyprojects and export it; needs the package index
	$(PYTHON) -m tools.locks

policy-proof: $(READY) ## preview every change that the policy pack must catch
	PYTHONPATH=tests $(PYTHON) -m proof

benchmark: $(READY) ## measure against bare registration and the engine's floor
	PYTHONPATH=tests:tests/support $(PYTHON) -m tools.benchmarks

clean: ## forget the virtual environment and the caches
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(READY): requirements-dev.lock packages/arbor/pyproject.toml packages/pulumi-moto/pyproject.toml
	@$(or $(PYTHON_BASE),false) -c $(SUPPORTED) 2>/dev/null || { echo >&2 "Python 3.11, 3.12 or 3.13 with venv is required\
	(Debian: apt-get install python3-venv); set PYTHON_BASE to use one that is not on PATH."; exit 1; }
	$(PYTHON_BASE) -m venv --clear .venv
	.venv/bin/pip install --quiet --require-hashes --requirement requirements-dev.lock
	.venv/bin/pip install --quiet --no-deps --no-build-isolation --editable packages/arbor --editable packages/pulumi-moto
	touch $(READY)
