# Slantwise. `make help` lists the targets.

PORT ?= 8000
ARGS ?=
# PARALLEL="-n auto --dist loadfile --no-loadscope-reorder" runs a test process for each core, each with a database of its own.
PARALLEL ?=
# Any of these may be too old; the first that is not is taken.
PYTHON ?= python3
PYTHONS = $(PYTHON) python3.14 python3.13 python3.12 $(HOME)/.pyenv/versions/3.1[2-9]*/bin/python3
BIN = .venv/bin

.DEFAULT_GOAL := help
.PHONY: install install-formats install-dev demo test loaders check bench clean help

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

install: .venv/installed ## Make .venv with all that the service needs
install-formats: .venv/installed-formats ## The same, and the libraries that read web pages, archives, feeds and Parquet
install-dev: .venv/installed-dev ## The same, and what tests and checks need

.venv/bin/python:
	@for python in $(PYTHONS); do \
	  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; then \
	    echo "Making .venv with $$("$$python" -V)"; exec "$$python" -m venv .venv; \
	  fi; \
	done; \
	echo "Slantwise needs Python 3.12 or newer, and none was found. Install one, then: make install PYTHON=/path/to/python3.12" >&2; \
	exit 1

.venv/installed: requirements.lock | .venv/bin/python
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --require-hashes -r requirements.lock
	@touch $@

.venv/installed-formats: requirements-formats.lock .venv/installed
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --require-hashes -r requirements-formats.lock
	@touch $@

.venv/installed-dev: requirements-dev.lock .venv/installed
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --require-hashes -r requirements-dev.lock
	@touch $@

# One simple command, which make starts without a shell: a SIGTERM to make then reaches it.
demo: .venv/installed ## Serve a sample project with sample accounts (PORT=8000)
	$(BIN)/python manage.py demo --port $(PORT)

test: .venv/installed-dev ## Run all tests (ARGS="-k name" for some)
	$(BIN)/python -m pytest $(PARALLEL) $(ARGS)

# An environment for each lock file: what it holds would not go together with what .venv holds.
LOADERS = $(patsubst tests/release/loaders/%.lock,var/loaders/%/installed,$(wildcard tests/release/loaders/*.lock))

var/loaders/%/installed: tests/release/loaders/%.lock | .venv/bin/python
	rm -rf $(@D)
	$(BIN)/python -m venv $(@D)
	$(@D)/bin/python -m pip install --disable-pip-version-check --quiet --require-hashes -r $<
	@touch $@

loaders: .venv/installed-dev $(LOADERS) ## Load a release with other versions of the libraries people use
	$(BIN)/python -m pytest -q $(ARGS) tests/release/loaders/check_environments.py

check: .venv/installed-dev ## Lint, format, types, direction of imports, templates, migrations
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_architecture.py
	find templates */templates -name '*.html' 2>/dev/null | xargs -r $(BIN)/djade --check --target-version 6.1
	$(BIN)/python manage.py makemigrations --check --dry-run

bench: .venv/installed-dev ## Measure speed, and print it beside the recorded figures
	$(BIN)/python -m bench $(ARGS)

clean: ## Stop the embedded Postgres and remove its data, .venv and var
	@for python in $(BIN)/python $(PYTHONS); do \
	  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; then \
	    "$$python" -m config.embedded_postgres remove || exit 1; break; \
	  fi; \
	done
	rm -rf .venv var
