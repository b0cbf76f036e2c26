# The same commands for people and for CI. `make demo` and `make test` set up everything they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Without compiled bytecode every process starts several times as slowly; some machines turn it off.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: setup demo test test-all lint bench docs clean

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "error: Python 3.11 or newer is needed, $(PYTHON) is older" >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
		{ echo "hint: sudo apt-get install make python3-venv" >&2; exit 2; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[all,dev]'
	@touch $@

demo: setup
	@$(BIN)/python examples/demo.py

test: setup
	$(BIN)/python -m pytest -m "not slow" -n auto

test-all: setup
	HYPOTHESIS_PROFILE=thorough $(BIN)/python -m pytest -n auto --cov --cov-report=term:skip-covered

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/generate.py --check

bench: setup
	$(BIN)/python benchmarks/run.py

docs: setup
	$(BIN)/python docs/generate.py

clean:
	rm -rf $(VENV) build dist .coverage* .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
