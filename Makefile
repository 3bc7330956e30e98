# arbor
# Two commands on a fresh machine: `make up` and `make test`. Each target sets up .venv first, which needs
# Python 3.11 to 3.13 with venv, and the package index. `make help` prints what else a target needs.
STACK ?= production
MINUTES ?= 10
SHARD ?= 0
SHARDS ?= 1
PYTHON := .venv/bin/python
# Tests start hundreds of Python processes; without cached bytecode each compiles the AWS SDKs again.
unexport PYTHONDONTWRITEBYTECODE
READY := .venv/ready
# The newest supported Python on PATH that can make a virtual environment.
SUPPORTED := 'import ensurepip, sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))'
UNSUPPORTED := "Python 3.11, 3.12 or 3.13 with venv is required (Debian: apt-get install python3-venv);" \
    "set PYTHON_BASE to the path of one that is not on PATH."
PYTHON_BASE ?= $(shell for python in python3.13 python3.12 python3.11 python3; do \
    $$python -c $(SUPPORTED) 2>/dev/null && echo $$python && break; done)
ACCOUNT_TESTS := packages/pulumi-moto/tests packages/arbor/tests tests/pipeline/bootstrap tests/pipeline/test_adopt.py tests/iam/test_provider.py
ENGINE_TESTS := tests/engine tests/long_life
# Lists the tests that were skipped for want of a program, and the command that installs it.
MISSING := packages/arbor/tests/support/missing.py
# All of these directories, or each SHARDS-th of their files, beginning with SHARD.
shard = $(if $(filter 1,$(SHARDS)),$(1),$(shell find $(1) -name 'test_*.py' | LC_ALL=C sort | awk 'NR % $(SHARDS) == $(SHARD)'))

.PHONY: help up preview serve test checks unit emulator engine long-life slow soak drill lint types docs hooks lock upgrade loc policy-proof benchmark clean

help: ## print this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

up: $(READY) ## bring STACK up in an emulated account (needs the Pulumi CLI, or Go to build it)
	$(PYTHON) -m tools.emulated up --stack $(STACK)

preview: $(READY) ## preview STACK in an emulated account, with the policy pack (Pulumi CLI or Go)
	$(PYTHON) -m tools.emulated preview --stack $(STACK) --policy-pack policy

serve: $(READY) ## serve an emulated account with the stand-in application; prints lines to eval (Pulumi CLI or Go)
	@PYTHONPATH=tests:tests/support:packages/arbor/tests/support $(PYTHON) -m serve --stack $(STACK)

test: export SKIPPED := $(CURDIR)/.pytest_cache/skipped-$(shell echo $$PPID)
test: checks unit emulator engine ## run all checks, and all tests but the slow ones; lists skipped tests and the command that installs what they need
	@$(PYTHON) $(MISSING) $(SKIPPED)

checks: lint types ## run ruff, actionlint, zizmor and mypy

unit: $(READY) ## run the tests of the program, without AWS and engine
	$(PYTHON) -m pytest -n 2 tests $(addprefix --ignore ,$(ACCOUNT_TESTS) $(ENGINE_TESTS))

emulator: $(READY) ## run the tests of both packages (PostgreSQL, Redis, zsh and Chromium for some)
	$(PYTHON) -m pytest -n 2 $(call shard,$(ACCOUNT_TESTS))

engine: $(READY) ## run the tests with the real engine (Pulumi CLI or Go; AWS CLI v2 for some)
	$(PYTHON) -m pytest -n 2 --dist loadgroup $(call shard,$(ENGINE_TESTS))

long-life: $(READY) ## run changes, releases and manual operations in fixed random orders (as engine)
	$(PYTHON) -m pytest -n 2 tests/long_life

soak: $(READY) ## the same with new seeds, for MINUTES
	$(PYTHON) -m pytest -n 2 tests/long_life/soak.py --minutes $(MINUTES)

slow: $(READY) ## run the tests that `make test` leaves out; each pull request runs them too (as engine)
	$(PYTHON) -m pytest -n 2 --dist loadgroup -m slow $(call shard,$(ACCOUNT_TESTS) $(ENGINE_TESTS))

drill: $(READY) ## inject each fault at each AWS call of each command that writes (as engine)
	DRILL_WHOLE=1 $(PYTHON) -m pytest -n 2 --dist loadgroup tests/engine/test_faults.py

lint: $(READY) ## check code with ruff, and workflows with actionlint (Go, or on PATH) and zizmor
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m tools.workflows

types: $(READY) ## check types with mypy
	$(PYTHON) -m mypy .
	$(PYTHON) -m mypy policy/__main__.py

upgrade: $(READY) ## preview this tree over stacks that BASE (a git ref) deployed, emulated
	$(PYTHON) -m tools.upgrade "$(BASE)"

loc: $(READY) ## count the lines of Python by room, code and tests apart
	$(PYTHON) -m tools.loc

docs: $(READY) ## generate the pages and pictures of docs/ (Pulumi CLI or Go; Graphviz for the picture)
	PYTHONPATH=policy $(PYTHON) -m tools.docs

hooks: $(READY) ## run the checks before each commit (pre-commit, in this clone)
	.venv/bin/pre-commit install

lock: $(READY) ## resolve uv.lock from the pyprojects and export it for pip
	$(PYTHON) -m tools.locks

policy-proof: $(READY) ## preview each change that the policy pack must reject (Pulumi CLI or Go)
	PYTHONPATH=tests $(PYTHON) -m proof

benchmark: $(READY) ## measure registration and preview times (Pulumi CLI or Go)
	PYTHONPATH=tests:tests/support $(PYTHON) -m tools.benchmarks

clean: ## delete the virtual environment and the caches
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(READY): requirements-dev.lock packages/arbor/pyproject.toml packages/pulumi-moto/pyproject.toml
	@$(or $(PYTHON_BASE),false) -c $(SUPPORTED) 2>/dev/null || { echo >&2 $(UNSUPPORTED); exit 1; }
	$(PYTHON_BASE) -m venv --clear .venv
	.venv/bin/pip install --quiet --no-compile --require-hashes --requirement requirements-dev.lock
	.venv/bin/pip install --quiet --no-deps --no-build-isolation --editable packages/arbor --editable packages/pulumi-moto
	touch $(READY)
