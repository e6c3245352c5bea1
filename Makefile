# Every target that runs a program installs what it needs first; that is quick if nothing changed.
.DEFAULT_GOAL := help
SHELL := bash
# Tests and demo start our programs many times: Python keeps its compiled files, whatever the shell has set.
unexport PYTHONDONTWRITEBYTECODE
PY := .venv/bin/python
# Most tests wait more than they compute, so there are more workers than processors.
TEST_WORKERS ?= $(shell echo $$((2 * $$(getconf _NPROCESSORS_ONLN) + 1)))
# Leaves out a plugin that takes a second to load and that only one test, not run by this target, needs.
LEAN := -p no:schemathesis

.PHONY: help setup setup-dev setup-mic setup-bench setup-fuzz demo run-local run secrets mic doctor test test-unit lint format prompts bench chaos attack field fuzz compose-test lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## make .venv and install what the demo and the services need
	@tools/setup.sh demo

setup-dev:
	@tools/setup.sh dev

setup-mic:
	@tools/setup.sh mic

setup-bench:
	@tools/setup.sh bench

setup-fuzz:
	@tools/setup.sh fuzz

demo: setup ## the whole system on embedded parts calls 12 customers: no account, no key
	@$(PY) -m tools.demo

run-local: setup ## the demo's parts, waiting for your own orders and your own voice
	@$(PY) -m tools.demo --wait

secrets: setup ## write the files of secrets that docker-compose.yml needs, from .env
	@$(PY) -m tools.compose_secrets

run: setup ## the real thing, with Twilio and OpenAI from .env
	@$(PY) -m tools.run

mic: setup-mic ## talk to the bot by microphone, without a phone
	@$(PY) -m tools.mic_client

doctor: setup ## check settings, Redis, clock and PUBLIC_URL, and say what to fix
	@$(PY) -m tools.doctor

test: setup-dev ## all tests; those of shared/core must reach its last branch
	@mkdir -p var/coverage
	$(PY) -m coverage run -m pytest tests/unit -q $(LEAN)
	$(PY) -m coverage report --fail-under=100
	$(PY) -m pytest tests --ignore=tests/unit -m "not alone" -q -n $(TEST_WORKERS) --dist loadfile --no-loadscope-reorder
	$(PY) -m pytest tests --ignore=tests/unit -m alone -q

test-unit: setup-dev ## the tests without sockets, in seconds
	$(PY) -m pytest tests/unit -q $(LEAN)

lint: setup-dev ## ruff, mypy, import-linter, the house rules, and known vulnerabilities of the packages
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	@.venv/bin/lint-imports --no-logo
	@$(PY) -m tools.checks.house_rules
	@$(PY) -m tools.checks.known_vulnerabilities

format: setup-dev ## let ruff format and fix what it can
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

prompts: setup ## render the stored prompts whose texts have changed
	@$(PY) -m tools.generators.render_prompts

bench: setup-bench ## measure again what the README reports (BENCH="--quick --only bridge,turns", --help)
	@$(PY) -m bench $(BENCH)

chaos: setup-dev ## the long proofs: a year of orders, and thousands of calls while everything is killed (20 min)
	@$(PY) -m tests.chaos

attack: setup-dev ## play every attack beside twenty live calls, and print what they noticed (half an hour; ATTACK="--only idle_sockets")
	@$(PY) -m tests.attack $(ATTACK)

fuzz: setup-fuzz ## fuzz every parser at a door, guided by coverage, ten minutes each (TARGET=rest_bodies SECONDS=60)
	@$(PY) -m tests.fuzz $(TARGET) $(if $(SECONDS),--seconds $(SECONDS))

field: setup-dev ## a thousand calls with a model and phones as in the field (25 min; FIELD="--calls 100 --seed 3")
	@$(PY) -m tests.field $(FIELD)

compose-test: setup ## prove docker-compose.yml with real containers (needs an engine)
	@$(PY) -m tools.compose_test

lock: setup-dev ## write the hash-locked requirements anew (LOCK=-U: newest releases)
	@requirements/lock $(LOCK)

clean: ## remove caches and everything under var/, but not the orders and logs of `make run`
	find var -mindepth 1 -maxdepth 1 -not -name run -exec rm -rf {} + 2>/dev/null || true
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +
