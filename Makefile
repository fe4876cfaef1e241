# make help lists the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help setup demo test fuzz check format lint types layers bench bench-review evaluate docs screenshots clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[train,dev]'
	@touch $@

setup: $(READY) ## Make .venv with litmine, training and development tools (torch: CPU build)

demo: $(READY) ## The whole nightly run on the sample night, offline, then the queue and the paper list
	$(BIN)/litmine demo

test: $(READY) ## All tests
	$(BIN)/python -m pytest

fuzz: $(READY) ## Many requests made up from the API's description, on both databases
	FUZZ_EXAMPLES=50 $(BIN)/python -m pytest tests/web/api/test_fuzz.py --timeout 0

.PHONY: fuzz-merge
fuzz-merge: $(READY) ## Ten thousand damaged lists to merge papers into (a quarter of an hour)
	MERGE_EXAMPLES=10000 $(BIN)/python -m pytest tests/publish/merge/test_fuzz.py --timeout 0

check: lint types layers test ## Format, lint, types, layers, tests

format: $(READY) ## Format the code
	$(BIN)/ruff format src tests
	$(BIN)/ruff check --fix src tests

lint: $(READY)
	$(BIN)/ruff format --check src tests
	$(BIN)/ruff check src tests

types: $(READY)
	$(BIN)/mypy --strict -p litmine

layers: $(READY)
	$(BIN)/lint-imports

evaluate: $(READY) ## The quality table on the labelled nights (needs ../shared)
	$(BIN)/litmine evaluate

bench: $(READY) ## Speed and memory, measured on this machine (needs ../shared)
	$(BIN)/python tests/bench/run.py

bench-review: $(READY) ## Twenty reviewers deciding while a night is judged: milliseconds, errors (needs ../shared)
	$(BIN)/python tests/bench/reviewers.py

.PHONY: bench-search bench-search-load bench-search-leak
bench-search: $(READY) ## How well search ranks, beside BM25, MiniLM and their fusion (needs ../shared; an hour, then a minute)
	$(BIN)/python tests/bench/search_quality.py

bench-search-load: $(READY) ## A thousand people searching at once, a reviewer beside them: milliseconds, errors (needs ../shared)
	$(BIN)/python tests/bench/search_load.py

bench-search-leak: $(READY) ## Whether memory grows over a hundred thousand questions (needs ../shared)
	$(BIN)/python tests/bench/search_leak.py

.PHONY: bench-site
bench-site: $(READY) ## A companion site of 7,000 papers from nothing, then one more night: seconds, bytes (needs ../shared, chromium)
	rm -rf out/bench-site
	$(BIN)/python -m tests.support.approvals out/bench-site/data --papers 7000
	$(BIN)/python -m tests.bench.site out/bench-site/data
	LITMINE_DATA_DIR=out/bench-site/data $(BIN)/litmine site build --output out/bench-site/site
	$(BIN)/python -m tests.bench.site_speed out/bench-site/site

docs: $(READY) ## Write docs/commands.md again from the help of every command
	$(BIN)/python -m tests.support.commands

screenshots: $(READY) ## Pictures of every page in out/screenshots; those that docs/ shows are kept there (needs chromium)
	$(BIN)/python -m tests.support.screenshots

clean: ## Remove outputs and caches, keep .venv
	rm -rf out build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
