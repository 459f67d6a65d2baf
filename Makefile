# Each target works from a clean clone with nothing but Python 3.11+, make and git.
PYTHON ?= python3
BIN := .venv/bin
ARGS ?=
# Refused if a wheel is missing or its hash differs from the lock.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all:

.PHONY: demo serve test lint format lock clean
.DEFAULT_GOAL := demo

demo: .venv  ## load real data, run the main job through a worker, print what is owed, serve the site
	$(BIN)/python manage.py demo $(ARGS)

serve: .venv  ## web, workers and scheduler under one supervisor
	$(BIN)/python manage.py serve $(ARGS)

test: .venv/.test  ## every test
	$(BIN)/python -m pytest -n 2 $(ARGS)

lint: .venv/.test  ## style, types, import directions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

format: .venv/.test
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

lock:  ## resolve again and pin by hash; needs uv
	$(PYTHON) tests/lock.py

.venv: .venv/.runtime

.venv/.runtime: requirements.lock
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(INSTALL) -r requirements.lock
	touch $@

.venv/.test: .venv/.runtime tests/requirements.lock
	$(INSTALL) --no-binary jsonpath-rw -r tests/requirements.lock  # mlcroissant needs it; it has no wheel
	touch $@

clean:
	rm -rf .venv var
