# The same commands for people and for CI. `make demo` and `make test` set up everything they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Without compiled bytecode every process starts several times as slowly; some machines turn it off. What is installed is
# compiled when it is first imported: most of it never is.
export PYTHONDONTWRITEBYTECODE :=
PIP_INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --editable

.PHONY: setup demo test test-all lint bench docs clean

setup: $(VENV)/.ready-dev

# The demo needs the package alone; what tests and checks need is ten times as much.
$(VENV)/.ready: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "error: Python 3.11 or newer is needed, $(PYTHON) is older" >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
		{ echo "hint: sudo apt-get install make python3-venv" >&2; exit 2; }
	$(PIP_INSTALL) .
	@touch $@

$(VENV)/.ready-dev: pyproject.toml | $(VENV)/.ready
	$(PIP_INSTALL) '.[all,dev]'
	@touch $@

# What ours is held to or measured beside: scipy, statsmodels and more, which the quick tests do without.
$(VENV)/.ready-peers: pyproject.toml | setup
	$(PIP_INSTALL) '.[all,dev,peers]'
	@touch $@

# What the tests on real model servers need: PyTorch, Transformers and more, a gigabyte and upwards. Where it cannot be
# had, these tests say so and are skipped; `make test-all REAL=` leaves it out.
REAL ?= .[all,dev,peers,real]

$(VENV)/.ready-real: pyproject.toml | setup
ifneq ($(REAL),)
	@echo "installing PyTorch, Transformers and more for the tests on real model servers (leave it out: REAL=)"
	@$(PIP_INSTALL) '$(REAL)' && touch $@ || \
		echo "it cannot be installed: the tests on real model servers will be skipped" >&2
endif

demo: $(VENV)/.ready
	@$(BIN)/python examples/demo.py

test: setup
	$(BIN)/python -m pytest -m "not slow" -n auto

test-all: $(VENV)/.ready-peers $(VENV)/.ready-real
	@$(if $(REAL),$(BIN)/python tests/integration/llama_server.py)
	HYPOTHESIS_PROFILE=thorough $(BIN)/python -m pytest -n auto --dist loadgroup --cov --cov-report=term:skip-covered

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/generate.py --check

bench: $(VENV)/.ready-peers
	$(BIN)/python benchmarks/run.py

docs: setup
	$(BIN)/python docs/generate.py

clean:
	rm -rf $(VENV) build dist .coverage* .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
