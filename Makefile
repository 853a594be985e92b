# Needs Python 3.10 or newer and make; everything else goes into .venv.
PYTHON ?= python3
PORT ?= 5000
filled = train_sweep register_best_run manage_prompts

.PHONY: run test lint bench

run: .venv/run.stamp  ## MLflow on an embedded database, filled by examples
	.venv/bin/mlflow-docstore quickstart --port $(PORT) $(filled:%=--example examples/%.py)

test: .venv/dev.stamp  ## every test
	.venv/bin/pytest -n 2

lint: .venv/dev.stamp  ## what CI insists on beside the tests
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/lint-imports

bench: .venv/bench.stamp  ## the table of docs/benchmarks.md; takes long
	.venv/bin/python -m benchmarks

# Set-up runs again when pyproject.toml changed. Bytecode is made here, or the first start pays.
.venv/run.stamp: extras = embedded,examples
.venv/dev.stamp: extras = dev
.venv/bench.stamp: extras = dev,benchmarks
.venv/%.stamp: pyproject.toml | .venv/bin/uv
	.venv/bin/uv pip install --quiet --compile-bytecode --python .venv/bin/python -e '.[$(extras)]'
	touch $@

.venv/bin/uv:
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet uv
