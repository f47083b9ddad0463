# Two commands on a machine with Python (3.11 to 3.13) and make: `make demo` and `make test`. Each sets itself up.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
UV := $(shell command -v uv 2>/dev/null)

CODE := $(wildcard alerts catalogue demo expectations flows programmes receipts reports sources transforms warehouse)
# Folders whose tests need no server and no world: seconds, not minutes.
FAST := catalogue transforms tests/catalogue tests/transforms tests/test_contracts.py

.DEFAULT_GOAL := help
.PHONY: help setup demo test long campaign bench check lint types contracts fast realdata docs format lock clean

help: ## these lines
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 12

setup: $(STAMP) ## .venv with everything, from requirements.lock

# Hashes are demanded of every file. The project itself comes last, editable, built by what the lock has just installed.
# Bytecode is compiled here, once: installers may skip it, and importing Prefect and Great Expectations without it takes
# twice the time. A file of some package that is no Python is never imported, so its error does not count.
$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(None if (3, 11) <= v < (3, 14) else \
		f"chiso needs Python 3.11, 3.12 or 3.13; $(PYTHON) is {v[0]}.{v[1]}. Name another one: make PYTHON=python3.12")'
ifneq ($(UV),)
	test -x $(BIN)/python || $(UV) venv --quiet --python $(PYTHON) $(VENV)
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
else
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "$(PYTHON) cannot make virtual environments; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
endif
	-@$(BIN)/python -m compileall -qq -j 0 $(VENV)/lib
	@touch $@

demo: $(STAMP) ## the whole pipeline on a synthetic world with planted errors
	$(BIN)/chiso demo

test: $(STAMP) ## the tests of every part, on both databases: minutes
	$(BIN)/pytest -n auto --dist loadscope -m "not realdata and not long"

long: $(STAMP) ## the longer ones: the demo row by row, whole inboxes, releases, kills, backups, pages in a browser
	$(BIN)/pytest -n auto --dist loadscope -m "long"

check: $(STAMP) ## style, types, import contracts and the fast tests: under a minute
	@$(MAKE) --no-print-directory --output-sync=target --keep-going --jobs=2 types lint contracts fast

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

contracts: $(STAMP)
	$(BIN)/lint-imports

fast: $(STAMP)
	$(BIN)/pytest -q -n 2 --dist loadfile -m "not slow and not realdata" $(FAST)

campaign: $(STAMP) ## 5,000 damaged workbooks; goes on where it was stopped (build/mutations)
	$(BIN)/python -m tests.campaign.mutations
	$(BIN)/python -m tests.campaign.kill_load
	$(BIN)/python -m tests.campaign.kills --write
	$(BIN)/python -m tests.campaign.kill_alerts
	$(BIN)/python -m tests.campaign.portal_faults
	$(BIN)/python -m tests.campaign.portal_questions
	$(BIN)/python -m tests.campaign.soak --write
	$(BIN)/python -m tests.campaign.soak --backend postgresql --serve 0 --write

# For a quick look: make bench ROWS=50000 MONTHS=1,3 COMMUNES=300. All of it goes on where it was stopped; benchmarks/.
ROWS ?= 1200000
MONTHS ?= 1,12
REPEAT ?= 3
COMMUNES ?= 3321
bench: $(STAMP) ## a country's workbooks and portal counts, beside the limit and the naive way; sizes by parameter
	$(BIN)/python -m benchmarks.submissions --communes $(COMMUNES)
	$(BIN)/python -m benchmarks.portal --rows $(ROWS) --months $(MONTHS) --repeat $(REPEAT) --communes $(COMMUNES) $(BENCH)
	$(BIN)/python -m benchmarks.startup

realdata: $(STAMP) ## tests over real published data (CHISO_REALDATA, else ../shared/data); a skip is a failure
	$(BIN)/pytest -p tests.no_skips -m realdata

# A broken link, or a page that mkdocs.yml does not name, is an error. The variable silences a note on the theme's end (0031).
docs: $(STAMP) ## the documentation as a site: build/docs/index.html, opens from a disk
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

format: $(STAMP) ## put the code into shape
	$(BIN)/ruff check --fix --select I .
	$(BIN)/ruff format .

# Versions and hashes for every platform and Python that pyproject.toml allows; no index is named in the file.
lock: ## resolve pyproject.toml anew into requirements.lock (needs uv)
	@test -n "$(UV)" || { echo "make lock needs uv on the PATH; it is not needed for anything else" >&2; exit 1; }
	$(UV) pip compile pyproject.toml --all-extras --universal --generate-hashes --python-version 3.11 --upgrade \
		--no-emit-index-url --custom-compile-command "make lock" --quiet --output-file requirements.lock

clean: ## everything that can be made again
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
