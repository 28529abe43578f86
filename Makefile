PYTHON ?= $(shell command -v python3.11 || command -v python3)
UV_VERSION := 0.13.8
VENV := .venv
PY := $(VENV)/bin/python
export UV_PROJECT_ENVIRONMENT := $(VENV)
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

LOCALE ?= en

.PHONY: run manage test check format benchmark screenshots messages reset setup setup-dev

run: setup  ## Start everything on http://localhost:$PORT (8000); Ctrl-C stops it
	@$(PY) -m config.serve

manage: setup  ## make manage CMD="import_mail demo-user file.mbox"
	@$(PY) -m config.embedded $(PY) manage.py $(CMD)

test: check  ## Run every check and every test
	@$(PY) -m config.embedded --var var/test $(PY) -m pytest $(ARGS)

check: setup-dev  ## Run the static checks
	@ruff check --quiet . && ruff format --quiet --check .
	@$(PY) -m config.embedded --var var/test mypy
	@found=$$(lint-imports --no-logo) || { echo "$$found"; exit 1; }
	@git ls-files -z '*.html' | xargs -0 --no-run-if-empty djade --check --target-version 5.2
	@$(PY) -m config.embedded --var var/test $(PY) manage.py makemigrations --check --dry-run --verbosity 0

format: setup-dev
	@ruff check --quiet --fix . ; ruff format --quiet .
	@git ls-files -z '*.html' | xargs -0 --no-run-if-empty djade --target-version 5.2

benchmark: setup-dev  ## make benchmark NAME=mbox
	@$(PY) -m config.embedded --var var/test $(PY) -m benchmarks.$(NAME)

screenshots: setup-dev  ## Pictures of every page into var/screenshots; make screenshots ARGS="own-inbox"
	@$(PY) -m config.embedded --var var/test $(PY) -m tests.screenshots $(ARGS)

messages: setup-dev  ## Texts to translate, into locale/; needs GNU gettext; make messages LOCALE=de
	@$(PY) -m config.embedded --var var/test $(PY) manage.py makemessages --locale $(LOCALE) \
		--add-location file --no-wrap --ignore '.venv' --ignore 'var' --ignore 'tests' --ignore 'benchmarks'

reset: setup  ## Drop all local data
	@$(PY) -m config.embedded --drop

setup: $(VENV)/bin/uv
	@$(VENV)/bin/uv sync --quiet --frozen --no-dev --inexact

setup-dev: $(VENV)/bin/uv
	@$(VENV)/bin/uv sync --quiet --frozen --all-groups

$(VENV)/bin/uv: Makefile
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@
