# Everything a newcomer types. `make help` lists it.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
AXE := tests/journeys/node_modules/axe-core/axe.min.js
NAME ?=

.DEFAULT_GOAL := help
.PHONY: help setup test test-all lint bench demo rules catalogues custodian lock

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 18

setup: .venv/ready ## Run and development requirements in .venv

# The stamp is newer than the locks exactly when what they name is installed.
.venv/ready: requirements.txt requirements-dev.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	touch $@

# The accessibility checker. Without npm the tests that need it say so themselves.
$(AXE): tests/journeys/package-lock.json
	@if command -v npm >/dev/null; then cd tests/journeys && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error \
		&& touch node_modules/axe-core/axe.min.js || echo "npm could not fetch axe-core: pages are not checked by it"; \
	else echo "npm is missing: pages are not checked by axe-core"; fi

test: setup $(AXE) ## All gating tests, in parallel
	$(BIN)/python -m pytest -q -n auto --dist worksteal -m "not full"

test-all: setup $(AXE) ## The full matrices as well: 50,000s, 200-fold repeats
	$(BIN)/python -m pytest -q -n auto --dist worksteal

lint: setup ## Style, types, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup ## Speed against bare Flask, as JSON lines; NAME=reading_page for one
	@$(BIN)/python -m bench $(NAME)

demo: setup ## One whole cycle on a sample draft, then a walk-through in your browser
	$(BIN)/python -m consult.cli demo

rules: setup ## Print docs/RULES.md and the table of what is held of people from the code
	$(BIN)/python -m tests.support.rules_page
	$(BIN)/python -m tests.support.privacy_page

catalogues: setup ## Bring the catalogues of translations to what the code says; prints what waits
	$(BIN)/python -m tests.support.catalogues

# The built file is committed, so that nobody needs npm to use it; a test builds it again and compares.
custodian: ## Build custodian/custodian.html from its sources and the pinned npm packages
	cd custodian && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	$(PYTHON) custodian/build.py

lock: setup ## Write the locked requirements again from pyproject.toml
	CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --extra postgresql --output-file requirements.txt pyproject.toml
	CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --extra postgresql --extra pdf --extra dev --constraint requirements.txt --output-file requirements-dev.txt pyproject.toml
