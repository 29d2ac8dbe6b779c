# make course   run every lesson and write the report      SCALE=smoke|lesson|paper  J=children at a time
# make test     run every check
# make quick    the checks for while you work: style, types, the library on TensorFlow
# make matrix   every lesson on other data, seeds and backends, and offline     PART=0..5, by default all
# make lab      open the lessons in JupyterLab
# make bench    measure speed, side by side
# make paper    published tables: what is there, what is missing   TABLE=name runs one, for hours
# make site     the course as a web site, in site/
# make clean    remove the environment and all runs

PYTHON ?= python3
SCALE ?= lesson
J ?= 1
BIN := .venv/bin
TO_TEST := .[notebooks,tests,cluster,site]
export TF_CPP_MIN_LOG_LEVEL ?= 3

# A .venv that uv made has no pip inside.
install = if $(BIN)/python -c 'import pip' 2>/dev/null; \
	then $(BIN)/python -m pip install -q $(1); \
	else uv pip install -q --python $(BIN)/python $(1); fi

.PHONY: course test quick matrix lab bench paper site clean

course: .venv/ready
	$(BIN)/course run --scale $(SCALE) -j $(J)

test: .venv/ready-to-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

quick: .venv/ready-to-test
	$(BIN)/python -m tests.quick

matrix: .venv/ready-to-test
	$(BIN)/course matrix -j $(J) $(if $(PART),--part $(PART))

lab: .venv/ready
	$(BIN)/jupyter lab notebooks

bench: .venv/ready-to-test
	$(BIN)/python -m tests.benchmarks

# Rows train in one loop, which is JAX's; killed, it goes on from where it was.
paper: .venv/ready-to-test
	$(if $(TABLE),KERAS_BACKEND=$${KERAS_BACKEND:-jax} $(BIN)/python -m tests.benchmarks $(TABLE),$(BIN)/python -m tests.benchmarks.overview)
	$(if $(TABLE),$(BIN)/python -m tests.benchmarks.published)

# It reads sources and notebooks, and runs neither: no backend is needed.
site: .venv/ready-for-site
	rm -rf site runs/site
	$(BIN)/python -m docs.pages runs/site/pages
	$(BIN)/python -m sphinx -W --keep-going -q -c docs -d runs/site/trees runs/site/pages runs/site/html
	mv runs/site/html site

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info < (3, 14) else "This course needs Python 3.11, 3.12 or 3.13, but $(PYTHON) is " + sys.version.split()[0] + ": try make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv

.venv/ready: .venv/bin/python pyproject.toml requirements.txt
	$(call install,-r requirements.txt)
	@# Full paths, so that git finds the drivers when the environment is not active.
	@git config diff.jupyternotebook.command "'$(CURDIR)/$(BIN)/git-nbdiffdriver' diff" 2>/dev/null || true
	@git config merge.jupyternotebook.driver "'$(CURDIR)/$(BIN)/git-nbmergedriver' merge %O %A %B %L %P" 2>/dev/null || true
	@touch $@

.venv/ready-to-test: .venv/ready
	$(call install,-e '$(TO_TEST)')
	@touch $@

.venv/ready-for-site: .venv/bin/python pyproject.toml
	$(call install,-e '.[site]')
	@touch $@

clean:
	rm -rf .venv runs dist site slides
