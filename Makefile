# make run    install what is needed into .venv, and start everything on http://127.0.0.1:8000
# make test   the whole test suite, on SQLite and PostgreSQL
# make check  lint, types and import contracts
# make bench  side-by-side measurements
# make lock   write the lock files anew

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
UV := $(firstword $(wildcard $(BIN)/uv) uv)
APT := DEBIAN_FRONTEND=noninteractive apt-get

.PHONY: run test check bench lock
.DELETE_ON_ERROR:

run: .venv/.run
	@exec $(BIN)/winnow up

test: .venv/.dev
	@if [ "$$(id -u)" = 0 ] && [ -e /etc/debian_version ] && ! command -v chromium >/dev/null; then \
	  echo "Installing chromium for the browser tests."; \
	  $(APT) update -qq && $(APT) install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null; \
	fi
	WINNOW_TEST_DATABASE=both $(BIN)/python -m pytest -n $$(( $$(nproc) + 1 )) --dist loadgroup --no-loadscope-reorder $(TESTS)

check: .venv/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/.dev
	$(BIN)/python -m benchmarks

lock:
	@command -v $(UV) >/dev/null || { echo "make lock needs uv: python3 -m pip install uv" >&2; exit 1; }
	echo 'setuptools>=80' | $(UV) pip compile --universal --generate-hashes --no-header - -o requirements-build.lock
	$(UV) pip compile --universal --generate-hashes --no-header pyproject.toml -o requirements.lock
	$(UV) pip compile --universal --generate-hashes --no-header --extra dev --extra evaluate \
	  -c requirements.lock pyproject.toml -o requirements-dev.lock

# Winnow itself comes last and downloads nothing: setuptools, which installs it, is locked like the rest.
.venv/.run: .venv/bin/python requirements-build.lock requirements.lock pyproject.toml
	@echo "Installing Winnow into .venv; this is done once."
	@$(PIP) install -q --require-hashes -r requirements-build.lock
	@$(PIP) install -q --require-hashes -r requirements.lock
	@$(PIP) install -q --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev: .venv/.run requirements-dev.lock
	$(PIP) install -q --require-hashes -r requirements-dev.lock
	@touch $@

.venv/bin/python:
	@command -v $(PYTHON) >/dev/null && $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Winnow needs Python 3.11 or later, and $(PYTHON) is not that. Install it (on Debian:" \
	    "apt-get install python3), or name it: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && [ -e /etc/debian_version ]; then \
	    echo "Installing python3-venv."; $(APT) update -qq && $(APT) install -y -qq python3-venv >/dev/null; \
	  else \
	    echo "Python's venv module is missing. On Debian and Ubuntu: sudo apt-get install python3-venv" >&2; exit 1; \
	  fi; }
	@$(PYTHON) -m venv .venv
