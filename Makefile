# Needs make, a POSIX shell and CPython >= 3.11 with venv. All else is installed into .venv, here.
# README.md has the same as plain pip commands.

# The Python that .venv is made with. For another one beside it:
#     make test VENV=.venv-314 PYTHON=python3.14
PYTHON ?= python3
VENV    = .venv

# What the benchmarks and the tests marked `peers` compare with. Where pip would take a PyTorch
# built for GPUs (gigabytes), point it at a CPU build in pip's own configuration.
BENCH   = .venv-bench
PEERS   = torch==2.13.0 jax autograd onnx onnxruntime onnxscript pandas scipy xarray keras h5py

MINUTES ?= 1

# For matrices of this size a second BLAS thread gains 8% on an idle machine, and costs a
# factor of ten where something else runs.
ONE_THREAD = OPENBLAS_NUM_THREADS=$${OPENBLAS_NUM_THREADS:-1}

# Of pytest-xdist: a process for each core, and who is done takes tests from another.
ON_ALL_CORES = -n auto --dist worksteal

DOCS = out/docs

.PHONY: help demo docs test test-docs test-thorough playground test-pyodide browser test-browser test-mpi test-peers check bench gallery learn mutants audit clean FORCE
.NOTPARALLEL:    # two installs must not meet in one environment

help: ## print this list
	@echo 'usage: make TARGET'
	@sed -n '/^[a-z-]*:.* ## /{s/:.* ## /                /;s/^\(.\{16\}\) */  \1/p;}' Makefile

demo: $(VENV)/.has-viz ## train a character LSTM, draw it, write to out/ (MINUTES=1 DEMO_ARGS="--text FILE")
	$(ONE_THREAD) $(VENV)/bin/python -m rnn train --minutes $(MINUTES) $(DEMO_ARGS)

docs: $(VENV)/.has-docs ## build the book, its lessons run anew, in out/docs/html
	$(ONE_THREAD) $(VENV)/bin/python -m sphinx --fail-on-warning --keep-going --quiet -j 2 -d $(DOCS)/doctrees docs $(DOCS)/html
	@echo 'The book: $(DOCS)/html/index.html'

test-docs: docs ## run each lesson's notebook in a new environment, with the wheel that is built
	rm -rf $(DOCS)/fresh $(DOCS)/wheel
	$(VENV)/bin/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir $(DOCS)/wheel .
	$(VENV)/bin/python -m venv $(DOCS)/fresh
	$(DOCS)/fresh/bin/python -m pip install --quiet --disable-pip-version-check "$$(ls $(DOCS)/wheel/*.whl)[test]" ipykernel nbclient
	$(ONE_THREAD) $(DOCS)/fresh/bin/python -P tests/support/run_notebooks.py $(DOCS)/html/lessons/*.ipynb

test: $(VENV)/.has-test ## run the whole suite (PYTEST_ARGS="-k tape")
	$(ONE_THREAD) $(VENV)/bin/python -m pytest $(ON_ALL_CORES) $(PYTEST_ARGS)

test-thorough: $(VENV)/.has-test ## run it with many more examples for each property
	$(ONE_THREAD) $(VENV)/bin/python -m pytest $(ON_ALL_CORES) --hypothesis-profile=thorough $(PYTEST_ARGS)

test-browser: browser ## open pages of pictures, slides, the playground, and the book if it is built, in Chromium
	@$(MAKE) --no-print-directory playground || echo 'Without the files of Pyodide the tests of the playground are skipped.'
	$(ONE_THREAD) $(VENV)/bin/python -m pytest -m browser $(ON_ALL_CORES) tests/drawing/page tests/playground tests/rnn/lessons tests/documentation/test_site.py $(PYTEST_ARGS)

playground: $(VENV)/.has-viz ## write the playground, a page that runs all this in the browser, into build/playground
	$(VENV)/bin/python -m playground

test-pyodide: playground ## run the suite in the browser's Python, in a reduced form, under node >= 20 (PYODIDE_ARGS="tests/ops")
	$(VENV)/bin/python -m playground --files
	node playground/suite/run.mjs $(PYODIDE_ARGS)

browser: $(VENV)/.has-browser
	$(need-chromium)
	@timeout 60 $(VENV)/bin/python -m tests.support.pages

test-peers: $(BENCH)/.has-peers ## run the tests that compare with PyTorch and autograd
	$(BENCH)/bin/python -m pytest -m peers $(PYTEST_ARGS)

test-mpi: $(VENV)/.has-mpi ## run the tests that train on several ranks, by mpiexec
	$(ONE_THREAD) $(VENV)/bin/python -m pytest tests/rnn/parallel $(PYTEST_ARGS)

check: $(VENV)/.has-dev ## lint, type-check, and type-check what users write, with mypy and pyright
	$(VENV)/bin/python -m ruff check .
	$(VENV)/bin/python -m mypy
	$(VENV)/bin/python -m pytest -q tests/typing

bench: $(BENCH)/.has-peers ## time minigrad beside PyTorch, JAX and autograd, print the ratios
	$(BENCH)/bin/python -m benchmarks $(BENCH_ARGS)

gallery: $(VENV)/.has-viz ## draw docs/gallery anew
	$(ONE_THREAD) $(VENV)/bin/python -c "from examples.gallery import write_docs; write_docs()"

learn: $(VENV)/.has-viz ## train on long-lag tasks until each bar is reached, minutes (LEARN_ARGS="--only copy")
	$(ONE_THREAD) $(VENV)/bin/python -m benchmarks.learning $(LEARN_ARGS)

mutants: $(VENV)/.has-test ## plant 300 faults one by one: the tests have to notice (MUTANTS_ARGS="--only sweep")
	$(ONE_THREAD) $(VENV)/bin/python -m benchmarks.mutants $(MUTANTS_ARGS)

audit: $(VENV)/.has-test ## plant 2,000 mistakes in derivations by hand: the audit has to name them (AUDIT_ARGS="--only lstm")
	$(ONE_THREAD) $(VENV)/bin/python -m benchmarks.audit $(AUDIT_ARGS)

clean: ## remove the environments and caches; out/ stays
	rm -rf $(VENV) $(BENCH) .mypy_cache .pytest_cache .ruff_cache .hypothesis .benchmarks build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +


# Environments. A stamp says which extra is installed. It is written last, so that an interrupted
# install is done again, and lies inside the environment, so that it goes with it.

# An extra that contains others writes their stamps too.
STAMPS_viz  = viz
STAMPS_browser = browser test viz
STAMPS_docs = docs test viz
STAMPS_test = test viz
STAMPS_dev  = dev test viz

# Where an environment has lost its Python (an upgrade, say), its stamps are worth nothing.
unless-usable = $(shell $(1)/bin/python -c 'import pip' 2>/dev/null || echo FORCE)
FORCE:

PIP = $(@D)/bin/python -m pip install --quiet --disable-pip-version-check

$(VENV)/.has-viz $(VENV)/.has-test $(VENV)/.has-dev $(VENV)/.has-browser $(VENV)/.has-docs: \
    $(VENV)/.has-%: pyproject.toml $(call unless-usable,$(VENV))
	$(make-venv)
	@echo 'Installing minigrad with its extra $* into $(@D)'
	@$(PIP) --editable '.[$*]'
	@$(@D)/bin/python -m compileall -q minigrad rnn
	@touch $(STAMPS_$*:%=$(@D)/.has-%)

$(VENV)/.has-mpi: $(VENV)/.has-test
	@echo 'Installing the extra mpi into $(@D)'
	@$(PIP) --editable '.[mpi]'
	@touch $@

$(BENCH)/.has-peers: pyproject.toml Makefile $(call unless-usable,$(BENCH))
	$(make-venv)
	@echo 'Installing minigrad with its extras test and speed, and $(PEERS), into $(@D); this can take some minutes'
	@$(PIP) --editable '.[test,speed]' $(PEERS)
	@$(@D)/bin/python -m compileall -q minigrad rnn
	@touch $@

define need-chromium
@command -v chromium >/dev/null || command -v google-chrome >/dev/null || { \
    echo 'Installing Chromium, with apt-get'; \
    export DEBIAN_FRONTEND=noninteractive; \
    apt-get update -qq && apt-get install -qq --no-install-recommends chromium fonts-noto-color-emoji >/dev/null; } || { \
    echo 'the tests of pages need Chromium: install it so that "chromium" is on the PATH' >&2; exit 1; }
endef

define make-venv
@$(@D)/bin/python -m pip --version >/dev/null 2>&1 || { \
    fail() { echo "minigrad needs $$1" >&2; exit 1; }; \
    $(PYTHON) -c '' 2>/dev/null || \
        fail 'CPython 3.11 or later, and "$(PYTHON)" does not run; try: make $(MAKECMDGOALS) PYTHON=/path/to/python3'; \
    $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
        fail "CPython 3.11 or later, and this is $$($(PYTHON) -V 2>&1); try: make $(MAKECMDGOALS) PYTHON=/path/to/python3"; \
    $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
        fail 'the venv module, and "$(PYTHON)" comes without it; Debian and Ubuntu have it in the package python3-venv'; \
    $(PYTHON) -m venv --clear $(@D); }
endef
