# A fresh machine needs python3 (>= 3.10) with pip, and make. Everything else goes into .venv.
PYTHON ?= python3
VENV   ?= .venv
PY     := $(VENV)/bin/python
STAMP  := $(VENV)/.installed

# NumPy 2 instead of the pinned NumPy 1.26: make VENV=.venv-numpy2 NUMPY=2 test
ifeq ($(NUMPY),2)
CONSTRAINTS := $(VENV)/constraints.txt
else
CONSTRAINTS := constraints.txt
endif

.PHONY: help venv test lint types stubs pytest fakegpu format demo bench soak clients fuzz clean
help:
	@echo "make demo    train, evaluate, save and resume a network on handwritten digits (output in build/demo)"
	@echo "make test    everything CI runs: lint, types, stubs, tests"
	@echo "make fakegpu the tests on pretended CUDA devices, see tests/fakecuda/ (RUN=first, second or all for one of its runs)"
	@echo "make format  rewrite the sources in the one style"
	@echo "make clients import and train published packages that build on MXNet, see docs/clients.md"
	@echo "make fuzz    put N mutated files (100000 by default) through all readers, see tests/fuzz/"
	@echo "make soak    half an hour of everything: nothing may grow (MINUTES=3 for less)"
	@echo "make bench   compare with the MXNet 1.9.1 wheel, see benchmarks/"

venv: $(STAMP)

# torch comes first and pinned, so that nothing that depends on it can pull a newer release.
$(STAMP): pyproject.toml constraints.txt
	test -x $(PY) || $(PYTHON) -m venv $(VENV) || \
	  { $(PYTHON) -m venv --without-pip $(VENV) && $(PYTHON) -m pip --python $(PY) install pip; }
	test $(CONSTRAINTS) = constraints.txt || \
	  sed -e '/^numpy/d' -e '/^opencv/d' -e '$$a numpy>=2' constraints.txt > $(CONSTRAINTS)
	$(PY) -m pip install --quiet -c $(CONSTRAINTS) torch==2.13.0
	$(PY) -m pip install --quiet -c $(CONSTRAINTS) -e '.[dev]'
	touch $@

# pytest comes last: CI reads its closing line.
test: lint types stubs pytest

lint: $(STAMP)
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

types: $(STAMP)
	$(PY) -m mypy

stubs: $(STAMP)
	$(PY) tools/gen_stubs.py --check

# Two workers on a small machine: more than one thread each only makes them fight.
pytest: $(STAMP)
	OMP_NUM_THREADS=1 $(PY) -m pytest -q -n 2 $(ARGS)

# Pretended CUDA devices (needs a C++ compiler): the tests of operators and the short ones of arrays on the first device,
# a few on the second, then everything where two devices are there and nobody asks for them.
FAKEGPU := OMP_NUM_THREADS=1 $(PY) -m pytest -q -n 2 -p tests.fakecuda.plugin
FAKEGPU_FIRST  ?= tests/ops tests/fakegpu $(addprefix tests/unit/test_,$(addsuffix .py,gluon_nn gluon_loss gluon_trainer \
                   module metric optimizer random autograd executor indexing))
FAKEGPU_SECOND ?= tests/ops/test_forward.py tests/fakegpu -k "dot or softmax or random or fakegpu"
RUN ?= first second all
fakegpu: $(addprefix fakegpu-,$(RUN))
fakegpu-first: $(STAMP)
	FAKECUDA_CTX="gpu(0)" $(FAKEGPU) $(FAKEGPU_FIRST) $(ARGS)
fakegpu-second: $(STAMP)
	FAKECUDA_CTX="gpu(1)" $(FAKEGPU) $(FAKEGPU_SECOND) $(ARGS)
fakegpu-all: $(STAMP)
	$(FAKEGPU) $(ARGS)

format: $(STAMP)
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

demo: $(STAMP)
	$(PY) examples/train_digits.py --out build/demo $(ARGS)

# Inputs with faults are put into build/fuzz. To repeat a run: ARGS="--seed 7"; a part of it: ARGS="--readers params,mnist".
N ?= 100000
fuzz: $(STAMP)
	PYTHONPATH=src:. OMP_NUM_THREADS=1 $(PY) -m tests.fuzz --inputs $(N) $(ARGS)

bench: $(STAMP)
	$(PY) benchmarks/run.py $(ARGS)

# Memory, descriptors and threads must stay flat, see tests/soak/.
MINUTES ?= 30
soak: $(STAMP)
	OMP_NUM_THREADS=1 $(PY) -m tests.soak --minutes $(MINUTES) $(ARGS)

# An environment of its own: the packages come without their dependencies, which would bring MXNet's wheel.
CLIENTS := build/clients/bin/python
build/clients/.installed: tests/clients/requirements.txt tests/clients/clients.txt constraints.txt
	test -x $(CLIENTS) || $(PYTHON) -m venv build/clients
	$(CLIENTS) -m pip install --quiet -c constraints.txt torch==2.13.0
	$(CLIENTS) -m pip install --quiet -c constraints.txt -e . -r tests/clients/requirements.txt
	$(CLIENTS) -m pip install --quiet --no-deps -r tests/clients/clients.txt
	touch $@

clients: build/clients/.installed
	$(CLIENTS) tests/clients/run.py $(ARGS)
	$(if $(UPSTREAM),UPSTREAM=$(UPSTREAM) $(CLIENTS) tests/clients/examples.py)

clean:
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache
