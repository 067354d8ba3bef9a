PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint bench clean

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --editable '.[train,sim,dev]'
	touch $@

demo: $(VENV)/.installed  ## a recording, judged window by window, ends with a report
	$(BIN)/motegate demo

test: $(VENV)/.installed  ## the whole suite
	$(BIN)/python -m pytest -n 2

lint: $(VENV)/.installed  ## format, lint and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

bench: $(VENV)/.installed  ## the figures of BENCHMARKS.md
	$(BIN)/python -m tests.bench

clean:
	rm -rf $(VENV) build dist *.egg-info work
