# Everyday commands of mutatiebot. `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check --quiet install --require-hashes --no-deps
PACKAGES := bot cards dialogs fulfilment manifest mutations store texts tests benchmarks

.DEFAULT_GOAL := help
METADATA := tests/contract/microsoft365/requirements.txt
.PHONY: help run metadata permissions test e2e check static bench load bulk battery faults golden cases format lock clean

help:  ## list these commands
	@grep -E '^[a-z0-9]+:.*## ' $(MAKEFILE_LIST) | sort | sed -E 's/^([a-z0-9]+):.*## (.*)/  make \1\t\2/' | expand -t 18

run: $(VENV)/.run  ## start bot, database, demo and client pages; RESET=1 starts with empty data
	$(BIN)/python -m bot demo $(if $(RESET),--reset)

test: $(VENV)/.dev metadata  ## run every test that needs no browser
	$(BIN)/pytest -n auto

e2e: $(VENV)/.dev  ## play orders A and B in the real client, in Chromium; pictures in artefacts/
	npm ci --prefix bot/playground
	npm ci --prefix tests/e2e
	$(BIN)/pytest tests/e2e -o 'norecursedirs=node_modules .*' -m e2e

check: static test  ## all static checks and all tests without browser

static: $(VENV)/.dev  ## format, lint, types and import contracts
	$(BIN)/ruff format --check $(PACKAGES)
	$(BIN)/ruff check $(PACKAGES)
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev  ## print CPU per turn beside a stock botbuilder bot
	$(BIN)/python -m benchmarks.turn

load: $(VENV)/.dev  ## load the bot for ten minutes, 100 activities a second; MINUTES=1 for less
	$(BIN)/python -m benchmarks.load --minutes $(or $(MINUTES),10)

bulk: $(VENV)/.dev  ## carry out a thousand orders within Microsoft's write quota, and urgent ones inside; ORDERS=100 for less
	$(BIN)/python -m benchmarks.bulk --orders $(or $(ORDERS),1000)

battery: $(VENV)/.dev  ## print what forged requests reach beside three other bots; into docs/security.md
	$(BIN)/python -m benchmarks.battery

faults: $(VENV)/.dev metadata  ## every case of the catalogue in its long form: kills, outages, forgeries, fuzz, histories
	$(BIN)/pytest tests -m "case or long" -s

metadata: build/metadata/.done  ## download Microsoft's metadata of Graph, for the contract check

build/metadata/.done: $(METADATA) $(VENV)/.dev
	$(BIN)/pip --disable-pip-version-check --quiet download --require-hashes --no-deps --only-binary :all: --dest build/metadata -r $(METADATA)
	@touch $@

permissions: $(VENV)/.dev  ## write the tables of docs/permissions.md anew
	$(BIN)/python -m tests.contract.microsoft365.permissions_page

golden: $(VENV)/.dev  ## write the golden cards anew; look at the diff afterwards
	$(BIN)/python -m tests.golden_update

cases: $(VENV)/.dev  ## write docs/cases.md anew: which test shows which case
	$(BIN)/python -m tests.catalogue

format: $(VENV)/.dev  ## format the code and mend what the linter can mend
	$(BIN)/ruff format $(PACKAGES)
	$(BIN)/ruff check --fix $(PACKAGES)

lock: $(VENV)/.dev  ## write the hash-pinned lock files anew from pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-emit-index-url --custom-compile-command "make lock" pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-emit-index-url --custom-compile-command "make lock" --extra dev pyproject.toml -o requirements-dev.txt

clean:  ## remove the virtual environment, caches and pictures; the demo's data stays
	rm -rf $(VENV) artefacts .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build

$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.11 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(VENV)/bin/pip requirements.txt
	$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.dev: $(VENV)/bin/pip requirements-dev.txt
	$(PIP) -r requirements-dev.txt
	@touch $@ $(VENV)/.run
