# Each target sets itself up on a fresh machine (a venv and pip); a second call finds the venv ready.
PYTHON ?= python3
WORKERS ?= 2
VENV := .venv
STAMP := $(VENV)/.installed

# Compiled modules and rewritten tests are kept also where the shell says otherwise: each worker would do six seconds of it anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test quick shapes pins lint wheel docs soak fuzz lowest constrained constraints extras distributions audit sbom container workflow clean

demo: $(STAMP)
	$(VENV)/bin/attiqa demo --out runs/demo --overwrite --allow-ungated

# A worker on each of two cores, one thread each: make test WORKERS=8
test: $(STAMP)
	OMP_NUM_THREADS=1 $(VENV)/bin/python -m pytest -n $(WORKERS) --durations=20

# What is not marked slow, most of the pins among it, half on each core.
quick: $(STAMP)
	OMP_NUM_THREADS=1 $(VENV)/bin/python -m pytest -n $(WORKERS) -m "not slow"

# The quick tests of the three packages that others import, with the shapes that signatures name checked at each call.
shapes: $(STAMP)
	ATTIQA_CHECK_SHAPES=1 OMP_NUM_THREADS=1 $(VENV)/bin/python -m pytest -n $(WORKERS) -m "not slow" \
		tests/attiqa_core tests/isp_env tests/agents tests/conformance

# What stays as it is while the code around it moves, one line each.
pins: $(STAMP)
	$(VENV)/bin/python -m pytest tests/pins -vv

# Builds the wheel, installs it into an environment of its own and runs it from another folder.
wheel: $(STAMP)
	bash .ci/wheel

# Long commands killed at random moments, short of disk, files and memory, with a clock that jumps: a table. An hour; root for the small disk.
soak: $(STAMP)
	OMP_NUM_THREADS=1 nice -n 19 $(VENV)/bin/python -m experiments.soak --minutes 60 --log soak.log

# Damaged files given to every reader, further ones for FUZZ_MINUTES: a table of values, refusals and findings.
FUZZ_MINUTES ?= 20
fuzz: $(STAMP)
	PYTHONPATH=.:tests OMP_NUM_THREADS=1 nice -n 19 $(VENV)/bin/python -m hostile.fuzzing --minutes $(FUZZ_MINUTES)

# The quick tests with the lowest versions that pyproject.toml states, and with those of the last gate: an environment each, some GB.
lowest:
	bash .ci/constrained lowest $(PYTHON)

constrained:
	bash .ci/constrained tested $(PYTHON)

# Writes both files of constraints: the versions in .venv, and the lowest ones that fit together (uv, fetched into an environment of its own).
constraints: $(STAMP)
	$(VENV)/bin/python .ci/constraints.py
	bash .ci/lowest

# Each extra absent, then installed and used once: make extras, or bash .ci/extras onnx
extras: $(STAMP)
	bash .ci/extras

# sdist and wheel into dist/, compared with each other and checked.
distributions:
	bash .ci/distributions dist

# Known weaknesses of the tested versions (asks an advisory service), and a bill of materials of them: runs/sbom.json, not committed.
audit:
	bash .ci/materials audit

sbom:
	bash .ci/materials sbom

# A job of .github/workflows/ci.yml step by step, in clones of what is committed: make workflow JOB=gate MATRIX=python=3.12
# AT=FOLDER keeps the clones with their environments (some GB each) and goes on in them.
workflow: $(STAMP)
	$(VENV)/bin/python .ci/workflow.py $(JOB) $(MATRIX) $(if $(AT),--at $(AT))

# The Dockerfile before two linters, which npm fetches: no docker is needed.
container:
	bash .ci/container

# Writes the tables of README.md and docs/ that the code holds.
docs: $(STAMP)
	$(VENV)/bin/python docs/generate.py

lint: $(STAMP)
	$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check .
	$(VENV)/bin/pyright
	$(VENV)/bin/lint-imports

$(STAMP): pyproject.toml
	test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --upgrade pip
	$(VENV)/bin/python -m pip install --quiet --editable ".[dev]"
	touch $@

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache runs/environments
