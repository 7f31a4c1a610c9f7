# The two commands are `make run` and `make test`; README.md says more.

PYTHON ?= python3
BIN := .venv/bin
TEMPLATES = $(shell find templates dashboard -name '*.html')

.PHONY: run test lint bench lock

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

bench: .venv/.installed-dev
	$(BIN)/python -m pytest tests/bench -m bench -s -p no:randomly

# Needs pip-tools (`pip install pip-tools`); pins what pyproject.toml leaves open.
lock:
	pip-compile --quiet --strip-extras --no-emit-index-url --output-file requirements.txt pyproject.toml
	pip-compile --quiet --strip-extras --no-emit-index-url --extra dev --constraint requirements.txt \
		--output-file requirements-dev.txt pyproject.toml

.venv/bin/python:
	$(PYTHON) -m venv .venv

# Installed again only when what is to be installed changed.
.venv/.installed: pyproject.toml requirements.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint requirements.txt --editable .
	@touch $@

.venv/.installed-dev: pyproject.toml requirements-dev.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint requirements-dev.txt --editable '.[dev]'
	@touch $@
