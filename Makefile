# make demo: see it. make test: prove it. Everything else is for those who change it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Where this is set, each of the hundreds of processes that the tests start would compile all modules again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test check interop network bench clean

$(VENV)/installed: requirements/dev.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(VENV)/installed
	@$(BIN)/python examples/demo.py

check: $(VENV)/installed
	$(BIN)/ruff check src tests examples benchmarks
	$(BIN)/ruff format --check src tests examples benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports

# The lab's tests hold conversations with telnet, swaks and curl: install them first where they are missing.
# Three tests for each processor at a time: many of them wait for a limit.
test: check
	@tests/install.sh
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest --ignore=tests/interop --ignore=tests/network -q --dist worksteal \
		-n $$(($$($(PYTHON) -c 'import os; print(os.cpu_count())') * 3))
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

interop: $(VENV)/installed
	tests/interop/install.sh
	$(BIN)/python -m pytest tests/interop -q

# Failures of the network, built with namespaces: as root, on Linux. Where they cannot be had, this fails.
network: $(VENV)/installed
	tests/network/install.sh
	$(BIN)/python -m pytest tests/network -q -n 4

bench: $(VENV)/installed
	@tests/install.sh
	$(BIN)/python benchmarks/one_probe.py

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.*
