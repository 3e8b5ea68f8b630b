# make screen   environment and main job: the ranked catalog and the page of the reference library
# make test     all tests, warnings as errors
# make check    lint, format and types
# make docs     the documentation, in build/docs: warnings as errors
# make built    the tables that are made of the other tables
# make picture  the README's picture, from the reference library
# make clean    removes the environment and the caches, never the data

PYTHON ?= python3
ENV := .venv
IN_ENV := $(ENV)/bin/python
INSTALL := $(IN_ENV) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

# The stamp holds the checkout's folder. When it names another one (the checkout was moved), or the environment's
# interpreter no longer starts (the system's Python was replaced), the environment is made anew.
STALE := $(shell { $(IN_ENV) -c '' && test "$$(cat $(ENV)/installed)" = "$$(pwd -P)"; } 2>/dev/null || echo renew)

.PHONY: screen test check docs built picture clean renew
.DELETE_ON_ERROR:

screen: $(ENV)/installed
	@$(ENV)/bin/polywell screen

test: $(ENV)/installed-test
	@$(IN_ENV) -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

check: $(ENV)/installed-test
	@$(IN_ENV) -m ruff check .
	@$(IN_ENV) -m ruff format --check .
	@$(IN_ENV) -m mypy
	@$(ENV)/bin/hadolint Containerfile
	@$(ENV)/bin/shellcheck container.sh .ci/run

docs: $(ENV)/installed-docs
	@$(IN_ENV) -m sphinx --fail-on-warning --keep-going --fresh-env --quiet --jobs auto docs build/docs
	@echo "docs: build/docs/index.html"

$(ENV)/installed: pyproject.toml constraints.txt $(STALE)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "polywell needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>&1 || echo not there)." \
	         "Name another one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Installing polywell into $(ENV) (a few minutes the first time) ..." >&2
	@$(if $(STALE),$(PYTHON) -m venv --clear $(ENV))
	@$(INSTALL) --editable .
	@$(IN_ENV) -m compileall -q catalog flows polywell reports
	@pwd -P > $@

$(ENV)/installed-test: $(ENV)/installed
	@$(INSTALL) --editable '.[test]'
	@pwd -P > $@

$(ENV)/installed-docs: $(ENV)/installed
	@$(INSTALL) --editable '.[docs]'
	@pwd -P > $@

built: $(ENV)/installed
	@$(IN_ENV) -m flows.studies.built

picture: $(ENV)/installed
	@$(ENV)/bin/polywell screen --home build/picture --top 0
	@cp build/picture/reports/latest/tc_against_xi.png reports/pictures/

clean:
	rm -rf $(ENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis build *.egg-info
