# Everything a machine with only Python, git and make needs. `make demo` shows the product,
# `make test` proves it; the rest serves those who change it.

UV := .uv/bin/uv
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
VENDOR := exigible/web/static/vendor

# Compiled modules make every command start three times sooner: keep them, whatever the shell says.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo serve check test campaign bench clean setup assets lock wheel format browser

demo: setup assets
	$(BIN)/exigible demo

serve: setup assets
	$(BIN)/exigible serve

setup: $(STAMP)

$(UV):
	python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target .uv uv

$(STAMP): requirements/dev.txt pyproject.toml .python-version | $(UV)
	test -x $(BIN)/python || $(UV) venv --quiet $(VENV)
	$(UV) pip sync --quiet --require-hashes requirements/dev.txt
	$(UV) pip install --quiet --no-deps --editable .
	touch $@

# Fonts come from the npm lock file, through the Node.js that a Python wheel carries.
assets: $(VENDOR)/.ready

$(VENDOR)/.ready: package-lock.json | $(STAMP)
	PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --silent
	$(BIN)/python tools/copy_assets.py
	touch $@

lock: | $(UV)
	$(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate \
	  --python-version 3.13 --custom-compile-command 'make lock' pyproject.toml -o requirements/runtime.txt
	$(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate \
	  --python-version 3.13 --custom-compile-command 'make lock' --group dev pyproject.toml -o requirements/dev.txt

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The fast part: format, lint, types, architecture, and the tests that need neither browser nor minutes.
check: setup assets
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest -n 2 -m "not browser and not slow"

test: setup assets browser
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest -n 2

# The tests that draw their cases, much further: hours.
campaign: setup assets
	TESTS_CAMPAIGN=1 $(BIN)/pytest -n 2 -m "not browser"

browser: setup
	$(BIN)/python tools/ensure_chromium.py

bench: setup assets
	$(BIN)/python -m benchmarks

wheel: setup assets
	rm -rf dist
	$(UV) build --quiet --wheel

clean:
	rm -rf $(VENV) .uv node_modules $(VENDOR) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
