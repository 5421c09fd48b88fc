# Wayline: everything a person or a machine does with this folder. `make help` lists it.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready

# A copied or moved folder has an environment whose scripts point to the old place: the stamp says where it was made.
ifneq ($(shell cat $(STAMP) 2>/dev/null),$(CURDIR))
$(STAMP): remake
endif

.PHONY: help setup demo up test test-core test-long model bench chaos check style types directions house format docs lock clean remake

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' Makefile

setup: $(STAMP) ## .venv with the locked dependencies and .venv/bin/wayline; instant when nothing changed

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Wayline needs Python 3.11 or newer as '$(PYTHON)'; name another one with: make PYTHON=/path/to/python3" >&2; exit 1; }
	@test -x $(BIN)/python && test "$$(cat $(VENV)/.place 2>/dev/null)" = "$(CURDIR)" || { \
	  echo "Making $(VENV) …"; rm -rf $(VENV); \
	  $(PYTHON) -m venv $(VENV) || { echo "This Python cannot make environments; install its venv package (python3-venv)." >&2; exit 1; }; \
	  echo "$(CURDIR)" > $(VENV)/.place; }
	@echo "Installing the locked dependencies …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@echo "$(CURDIR)" > $@

demo: setup ## three journeys, 200 cases, people and workers, the tables; stays up (CI=1: ends by itself)
	@$(BIN)/wayline demo $(if $(CI),--ci)

up: setup ## private PostgreSQL and Neo4j, the API and the workers, until Ctrl-C
	@$(BIN)/wayline up

test: setup ## the whole suite, without what is marked long; WORKERS=1: one server of each kind, not one a core
	@$(BIN)/python -m local.jars
	@$(BIN)/pytest --numprocesses $(or $(WORKERS),auto) --dist loadfile --no-loadscope-reorder

test-core: setup ## the tests that need no server, in seconds
	@$(BIN)/pytest tests/core $(wildcard tests/engine/test_*.py)

test-long: setup ## what is marked long
	@$(BIN)/pytest -m long --timeout 1800

model: setup ## N=20000 random journeys through the engine and the reference model: nothing may differ
	@$(BIN)/python -m tests.model.differential $(or $(N),2000)

bench: setup ## floors, completions, bulk, starts on private servers; ARGS="complete-32 --compare HEAD~1" chooses
	@$(BIN)/python -m bench $(ARGS)

chaos: setup ## kills everything for a minute, then proves that nothing was lost; ARGS="--kills 100 --seed 7" chooses
	@$(BIN)/python -m chaos $(ARGS)

check: style types directions house ## all four of these (make -k check goes on after the first that fails)

style: setup ## ruff: lint and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: setup ## pyright and mypy, both strict
	@PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(BIN)/pyright
	@$(BIN)/mypy

directions: setup ## import-linter: which way calls go
	@$(BIN)/lint-imports --no-logo

house: setup ## locks, documents, containers, names and sizes of files
	@$(BIN)/pytest --quiet tests/house
	@if docker compose version >/dev/null 2>&1; then \
	  env $$(sed -n 's/=$$/=check/p' .env.example) docker compose config --quiet; fi

format: setup ## write the style into the files
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

docs: setup ## write the generated pages anew
	@$(BIN)/python -m engine.settings > docs/settings.md
	@$(BIN)/python -m api.openapi > docs/openapi.json
	@$(BIN)/python -m engine.loading.document_schema docs/journey.schema.json
	@$(BIN)/python -m engine.loading.people docs/people.schema.json
	@$(BIN)/python -m engine.loading.reference > docs/journey-file.md
	@$(BIN)/python -m engine.chart > docs/states.md
	@$(BIN)/python -m api.permissions > docs/permissions.md

lock: ## compute both lock files anew from pyproject.toml (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv on the PATH" >&2; exit 1; }
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
	  --extra dev $(if $(UPGRADE),--upgrade) pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
	  --no-annotate --constraint requirements.lock pyproject.toml -o requirements-run.lock

clean: ## remove what the targets made here, the data of `make up` excepted
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
