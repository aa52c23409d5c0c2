# Two commands: `make demo` and `make test`. Each sets up .venv first, and does nothing where nothing changed.
PYTHON ?= python3.11
BIN := .venv/bin
READY := .venv/ready

.PHONY: help setup demo align-demo test chaos check pocket bench clean
help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(READY)  ## make a dataset with the pocket models into runs/demo: prompts, answers, scores, pairs
	@$(BIN)/python jobs/generate.py recipe=pocket run=demo root=runs

SLOW := tests/chaos tests/runner tests/serve
test: $(READY)  ## all tests: fast ones, real engines, real clusters, real kills; in two processes beside each other
	@said=$$(mktemp); $(BIN)/python -m pytest --durations=10 $(SLOW) > $$said 2>&1 & slow=$$!; \
	$(BIN)/python -m pytest --durations=10 tests $(SLOW:%=--ignore=%); fast=$$?; \
	wait $$slow; slow=$$?; cat $$said; rm $$said; test $$fast = 0 && test $$slow = 0

chaos: $(READY)  ## break it on purpose, with three seeds; two tests at a time, for most of them wait
	@for seed in 1 2 3; do CHAOS_SEED=$$seed $(BIN)/python -m pytest -n 2 tests/chaos || exit 1; done

align-demo: $(READY)  ## one round of weak to strong with the pocket models: generate, judge, train, evaluate
	@$(BIN)/python jobs/align.py rounds=1 model=pocket to=out/align-demo

check: $(READY)  ## lint and types
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

pocket: $(READY)  ## train the pocket models again, from nothing, and print their evaluation
	@$(BIN)/python -m sdg_ray.pocket.train

bench: $(READY)  ## measure this pipeline: against the bare engine, and each of its parts
	@$(BIN)/python jobs/bench/engine.py
	@$(BIN)/python jobs/bench/orchestration.py
	@$(BIN)/python jobs/bench/prompts.py
	@$(BIN)/python jobs/bench/unique.py
	@$(BIN)/python jobs/bench/scoring.py
	@$(BIN)/python jobs/bench/verifiers.py
	@$(BIN)/python jobs/bench/sandbox.py
	@$(BIN)/python jobs/bench/report.py
	@$(BIN)/python jobs/bench/endpoint.py
	@$(BIN)/python jobs/bench/scale.py
	@$(BIN)/python jobs/bench/training.py

setup: $(READY)  ## only set up .venv

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || { \
	  echo "refused: Python 3.11 is needed and '$(PYTHON)' is not it; install it, or name it with PYTHON=/path/to/python3.11"; exit 2; }
	@echo "setting up .venv (a few minutes, once)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements.txt
	@PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/python -c 'import torch' 2>/dev/null || { \
	  echo "refused: torch does not import, perhaps because pip chose a build for CUDA; for the CPU build: rm -r .venv, then"; \
	  echo "  PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu make setup"; exit 2; }
	@touch $@

clean:  ## remove .venv and caches; runs stay
	@rm -rf .venv build .pytest_cache .mypy_cache .ruff_cache *.egg-info
