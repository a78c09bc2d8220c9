# make demo: see it. make test: prove it. Everything else is for those who change it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Where this is set, each of the hundreds of processes that the tests start would compile all modules again.
unexport PYTHONDONTWRITEBYTECODE

# What the files that are not committed are made of (hatch_build.py).
SOURCES := hatch_build.py $(shell find src/smtpscope -name '*.py' -o -name '*.toml' -o -name '*.po')

.PHONY: demo generate test check mutate interop network bench clean

$(VENV)/installed: requirements/dev.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# The installation has made them; a source that was changed since makes them again.
$(VENV)/made: $(VENV)/installed $(SOURCES)
	$(BIN)/python hatch_build.py
	@touch $@

demo: $(VENV)/made
	@$(BIN)/python examples/demo.py

# What follows from the sources: the translations, the reference pages, and what the package ships. Run it after a
# change of a text, of the catalogue, of a scenario, of an option, or of a probe.
generate: $(VENV)/installed
	$(BIN)/python docs/translate.py
	$(BIN)/python hatch_build.py
	$(BIN)/python docs/generate.py

check: $(VENV)/made
	$(BIN)/ruff check src tests examples benchmarks hatch_build.py
	$(BIN)/ruff format --check src tests examples benchmarks hatch_build.py
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

# Break one promise after the other in a copy, and see whether a test notices: a survivor is a test that is missing.
mutate: $(VENV)/made
	$(BIN)/python tests/mutants/run.py

interop: $(VENV)/made
	tests/interop/install.sh
	$(BIN)/python -m pytest tests/interop -q

# Failures of the network, built with namespaces: as root, on Linux. Where they cannot be had, this fails.
network: $(VENV)/made
	tests/network/install.sh
	$(BIN)/python -m pytest tests/network -q -n 4

bench: $(VENV)/made
	@tests/install.sh
	$(BIN)/python benchmarks/one_probe.py

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.*
