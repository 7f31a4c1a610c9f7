# The two commands are `make run` and `make test`; README.md says more.

PYTHON ?= python3
BIN := .venv/bin
LOCK := --quiet --strip-extras --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links
TEMPLATES = $(shell find templates dashboard -name '*.html')

# Kept byte code spares every process of a test run the compiling, and pytest the rewriting of its tests.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test lint audit bench fields lock

run: .venv/.installed
	@$(BIN)/python manage.py up

test: .venv/.installed-dev
	$(BIN)/python -m pytest -n auto

lint: .venv/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djade --check --target-version 5.2 $(TEMPLATES)

# Asks the advisory service of the package index; without the internet it says that it could not.
audit: .venv/.installed-dev
	PATH="$(CURDIR)/$(BIN):$$PATH" .ci/audit

bench: .venv/.installed-dev
	$(BIN)/python -m pytest tests/bench -m bench -s -p no:randomly

# Writes what comes of the round trip of every custom field to docs/fields.md.
fields: .venv/.installed-dev
	WRITE_FIELDS=1 $(BIN)/python -m pytest -q tests/mapping/test_losses.py

# Needs pip-tools (`pip install pip-tools`); pins what pyproject.toml leaves open, with the hashes that are installed.
lock:
	pip-compile $(LOCK) --output-file requirements.txt pyproject.toml
	pip-compile $(LOCK) --extra dev --constraint requirements.txt --output-file requirements-dev.txt pyproject.toml

.venv/bin/python:
	@echo "Making .venv, a folder for what Gistline needs."
	@$(PYTHON) -m venv .venv

# Installed again only when what is to be installed changed.
.venv/.installed: pyproject.toml requirements.txt | .venv/bin/python
	@echo "Installing what Gistline needs into .venv: about a minute the first time, then never again."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

.venv/.installed-dev: pyproject.toml requirements-dev.txt | .venv/bin/python
	@echo "Installing what Gistline and its tests need into .venv."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@
