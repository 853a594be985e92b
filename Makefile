# Needs Python 3.10 or newer and make; everything else goes into .venv.
PYTHON ?= python3
PORT ?= 5000
filled = train_sweep register_best_run manage_prompts trace_assistant
RELEASES ?= newest
MINUTES ?= 10
dialects ?= documentdb-5.0 documentdb-8.0 documentdb-elastic cosmos-mongodb-7.0 azure-documentdb

# All processors; neighbours stay together, as they share what is dear to make.
parallel = -n logical --dist worksteal

.PHONY: run test test-more test-all test-dialects soak lint bench mlflow-news

run: export PYTHONDONTWRITEBYTECODE =
run: .venv/run.stamp  ## MLflow on an embedded database, filled by examples
	@.venv/bin/mlflow-docstore quickstart --port $(PORT) $(filled:%=--example examples/%.py)

test: .venv/dev.stamp  ## every test, but for repetitions on one more database
	.venv/bin/pytest $(parallel) -m "not exhaustive and not dialects"

# As many random histories as if each database had its own.
test-more: export DIFFERENTIAL_EXAMPLES = 30
test-more: test  ## these too, but for what takes long on Azure Cosmos DB: what CI runs
	.venv/bin/pytest $(parallel) -m "exhaustive and not dialects and not cosmosdb"

test-all: test-more  ## and that
	.venv/bin/pytest $(parallel) -m "exhaustive and cosmosdb"

# What of them differs is in `test`; this is the whole contract, on each.
test-dialects: .venv/dev.stamp  ## the contract through the guard of each dialect
	.venv/bin/pytest $(parallel) tests/contract $(dialects:%=--store-uri %)

soak: .venv/dev.stamp  ## writers while commands fail, for MINUTES on each kind of database
	.venv/bin/python -m tests.soak --minutes $(MINUTES)

lint: .venv/dev.stamp  ## what CI insists on beside the tests
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml

bench: .venv/bench.stamp  ## the table of docs/benchmarks.md; takes long
	.venv/bin/python -m benchmarks

mlflow-news: .venv/dev.stamp  ## what a new release of MLflow broke or decides otherwise
	.venv/bin/python -m tests.news $(RELEASES)

# Set-up runs again when pyproject.toml changed. To compile every package takes most of a minute:
# tests and benchmarks start many processes and are worth it, `run` compiles what it imports: what
# examples do, while the server starts.
.venv/run.stamp: extras = examples,check
.venv/run.stamp: after = .venv/bin/python examples/train_sweep.py --help > /dev/null 2>&1 &
.venv/dev.stamp: extras = dev
.venv/bench.stamp: extras = dev,benchmarks
.venv/dev.stamp .venv/bench.stamp: bytecode = --compile-bytecode
.venv/%.stamp: pyproject.toml | .venv/bin/uv
	@echo "Installing mlflow-docstore[$(extras)] into .venv, once ..."
	@.venv/bin/uv pip install --quiet $(bytecode) --python .venv/bin/python -e '.[$(extras)]'
	@touch $@
	@$(after)

# A witness of what the tests' stand-in for Azure Cosmos DB answers; what asks it is skipped where
# there is no Node.
emulator = tests/adapters/cosmosdb/emulator
.venv/dev.stamp: | .venv/emulator.stamp
.venv/emulator.stamp: $(emulator)/package.json $(emulator)/package-lock.json | .venv/bin/uv
	@mkdir -p .venv/cosmosdb-emulator && cp $^ .venv/cosmosdb-emulator
	@if command -v npm > /dev/null; \
	then npm ci --silent --no-audit --no-fund --prefix .venv/cosmosdb-emulator && touch $@; fi

.venv/bin/uv:
	@echo "Making a Python environment in .venv, once ..."
	@$(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install --quiet uv
