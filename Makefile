PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TREE := .typecheck/motegate
PACKAGES := train convert firmware device_sim examples

.PHONY: demo test campaign lint types bench clean

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --editable '.[train,sim,dev]'
	touch $@

demo: $(VENV)/.installed  ## a recording, judged window by window, ends with a report
	$(BIN)/motegate demo

test: $(VENV)/.installed  ## the whole suite
	$(BIN)/python -m pytest -n 2 --dist loadscope

campaign: $(VENV)/.installed  ## what takes longer than the suite may
	$(BIN)/python -m pytest -m campaign

lint: $(VENV)/.installed types  ## format, lint and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# A type checker cannot follow the editable install's finder: it gets a tree of links in the package's own shape.
types: $(VENV)/.installed
	rm -rf .typecheck
	mkdir -p $(TREE)
	ln -s $(addprefix ../../,$(wildcard motegate/*.py) $(PACKAGES)) $(TREE)/
	MYPYPATH=.typecheck $(BIN)/mypy -p motegate

bench: $(VENV)/.installed  ## the figures of BENCHMARKS.md
	$(BIN)/python -m tests.bench

clean:
	rm -rf $(VENV) .typecheck build dist *.egg-info work motegate-demo
