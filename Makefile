# make run       the server on http://127.0.0.1:3100, its data in ~/.teammcp (or TEAMMCP_HOME)
# make test      every test; brings the browser it needs
# make sweep     the long tests that `make test` leaves out
# make newest    the tests of starting, stopping and time on the newest Python of this machine
# make install   the environment alone
# make lint      ruff, ruff format, mypy, import-linter
# make docs      the generated pages of docs/
# make site      the documentation site, in build/site/pages
# make bench     the table of figures
# Needs python3 (3.11 or newer) with its venv module, and make.

PYTHON ?= python3
BIN := .venv/bin
PARTS := $(patsubst %/pyproject.toml,%,$(wildcard themes/*/pyproject.toml plugins/*/pyproject.toml))
LIFE := $(addprefix tests/,test_access.py test_server.py test_plugin_life.py test_timekeeping.py test_health.py \
  test_hub_machine.py test_storage.py test_mcp_sessions.py acceptance/test_start_stop.py)
PROJECTS := pyproject.toml $(addsuffix /pyproject.toml,$(PARTS))

# What fails while browsers, servers and real programs share a few cores is tried once more alone; the log has both.
tried_again = $(1) -n auto $(2) || { [ $$? -eq 1 ] && $(1) --last-failed --maxfail 3 $(2); }

.PHONY: newest run test sweep install lint docs site bench

run: .venv/run.stamp
	@$(BIN)/teammcp start

test: .venv/dev.stamp
	@$(BIN)/python scripts/browser.py
	$(call tried_again,$(BIN)/pytest --durations 40 --durations-min 5,)

sweep: .venv/dev.stamp
	$(BIN)/pytest -n auto -m sweep

# What differs between versions of Python is above all how tasks and loops end.
newest: .venv/dev.stamp
	@newest=$$($(BIN)/python scripts/newest_python.py); \
	if [ -z "$$newest" ]; then echo 'There is no newer Python on this machine.'; exit 0; fi; \
	echo "Trying $$newest …"; \
	"$$newest" -m venv --clear .venv-newest; \
	.venv-newest/bin/python -m pip install -q --disable-pip-version-check -e '.[dev]' $(addprefix -e ,$(PARTS)) && \
	{ $(call tried_again,.venv-newest/bin/python -m pytest -q,$(LIFE)); }

install: .venv/dev.stamp

lint: .venv/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: .venv/dev.stamp
	$(BIN)/python scripts/make_docs.py

site: .venv/site.stamp
	$(BIN)/python -m scripts.make_site

bench: .venv/dev.stamp
	$(BIN)/python -m bench

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo 'TeamMCP needs Python 3.11 or newer as "$(PYTHON)". Set PYTHON=/path/to/python3.'; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { \
	  echo 'The venv module is missing. On Debian and Ubuntu: apt-get install python3-venv'; exit 1; }
	@echo 'Creating .venv …'
	@$(PYTHON) -m venv .venv

# A stamp is newer than the project files it was made from, so a repeated run installs nothing.
.venv/run.stamp: $(PROJECTS) | .venv/bin/python
	@echo 'Installing TeamMCP and what it needs …'
	@$(BIN)/python -m pip install -q --disable-pip-version-check -e . $(addprefix -e ,$(PARTS))
	@touch $@

.venv/dev.stamp: .venv/run.stamp
	@echo 'Installing what the tests need …'
	@$(BIN)/python -m pip install -q --disable-pip-version-check -e '.[dev]'
	@touch $@

.venv/site.stamp: .venv/run.stamp
	@echo 'Installing what the documentation site needs …'
	@$(BIN)/python -m pip install -q --disable-pip-version-check -e '.[site]'
	@touch $@
