# Two targets are all a newcomer needs: `make demo` and `make test`. Each installs what it lacks into .venv.
PYTHON ?= python3
BIN := .venv/bin
export UV_PYTHON_DOWNLOADS := never
# Each program reads the compiled modules that the one before it left. Without them it compiles Django, the numeric libraries and Puhui anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test nightly check bench lock clean

demo: .venv/run.stamp            ## everything on the embedded database; opens the console
	$(BIN)/puhui demo

test: .venv/test.stamp           ## all tests
	scripts/system-packages
	$(BIN)/pytest -n 2 --dist worksteal

nightly: .venv/test.stamp        ## the properties, each on 2,000 new examples
	PUHUI_EXAMPLES=2000 $(BIN)/pytest -n 2 --dist worksteal --timeout 86400 -m hypothesis --ignore tests/api --ignore tests/browser
	PUHUI_FAULT_ROUNDS=50 PUHUI_FAULT_POSTINGS=1000 $(BIN)/pytest -n 0 -s tests/faults/test_storm.py

check: .venv/test.stamp          ## lint, types, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

bench: .venv/run.stamp           ## each benchmark prints our figure, a yardstick's of the same run, and the ratio
	$(BIN)/python -m benchmarks

lock: .venv/uv.stamp             ## requirements/*.txt from pyproject.toml
	scripts/lock

clean:
	rm -rf .venv

.venv/uv.stamp: requirements/uv.txt
	scripts/make-environment "$(PYTHON)"
	touch $@

.venv/run.stamp: .venv/uv.stamp requirements/run.txt pyproject.toml
	test -e .venv/test.stamp || scripts/install requirements/run.txt
	touch $@

.venv/test.stamp: .venv/uv.stamp requirements/test.txt pyproject.toml
	scripts/install requirements/test.txt
	touch $@ .venv/run.stamp
