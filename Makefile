# The verbs of the project; `make help` lists them. The work is in CMakePresets.json and tools/.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.ONESHELL:
# Verbs run one after another; ninja and ctest use the processors.
.NOTPARALLEL:

JOBS ?= $(shell nproc)
ROUNDS ?= 200
SECONDS_EACH := $(if $(filter command line environment,$(origin SECONDS)),$(SECONDS),60)

# configure-and-build PRESET NINJA_TARGETS
define build
cmake --preset $(1) --log-level=WARNING
ninja -C build/$(1) -j $(JOBS) $(2)
endef

.PHONY: help up down build page test demoproof bench lint format asan tsan fuzz crash clean

help: ## Lists the verbs
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 16

up: build ## Installs what is missing, builds, starts the server with the demo, prints the address
	@tools/demo start

down: ## Stops what `make up` started
	@tools/demo stop

build: ## Builds build/release/kizashi
	@tools/setup build page
	tools/build-page
	$(call build,release,kizashi)

page: ## Builds the page alone, into web/dist
	@tools/setup page
	tools/build-page

test: ## Installs what is missing, builds, runs every test; closes with ctest's summary
	@tools/setup build page test
	tools/build-page --test
	$(call build,release,all)
	ctest --test-dir build/release --output-on-failure --no-tests=error -j3

demoproof: ## Breaks the demo in four ways for most of an hour: each is one anomaly, and nobody is paged
	@tools/setup build page test
	tools/build-page
	$(call build,release,kizashi)
	python3 tests/e2e/demo_anomalies_test.py

bench: ## Runs the benchmarks, prints name, figure, unit and spread, writes build/bench/*.json
	@tools/setup build page test
	tools/build-page
	$(call build,release,all)
	python3 tools/bench

lint: ## Checks layout, clang-tidy on the files that differ from main (ALL=1: on every file), tools/tidy
	@tools/setup build page lint
	tools/lint $(if $(ALL),--all)

format: ## Lays out every C++ file with clang-format
	@tools/setup lint
	tools/lint --fix

asan: ## Runs the unit and scenario tests under the address and undefined-behaviour sanitizers
	@tools/setup build page test
	tools/build-page
	$(call build,asan,all)
	ctest --test-dir build/asan --output-on-failure --no-tests=error -L '^unit$$' -j2

tsan: ## Runs the unit and scenario tests under the thread sanitizer
	@tools/setup build page test lint
	tools/build-page
	$(call build,tsan,all)
	tools/with-tsan ctest --test-dir build/tsan --output-on-failure --no-tests=error -L '^unit$$' -j2

fuzz: ## Runs every fuzz target for SECONDS=60 from its corpus in tests/corpus
	@tools/setup build page lint
	tools/build-page
	$(call build,fuzz,all)
	tools/fuzz $(SECONDS_EACH)

crash: ## Kills the server ROUNDS=200 times under load and checks that nothing acknowledged is lost
	@tools/setup build page test
	tools/build-page
	$(call build,release,kizashi)
	python3 tests/crash/crash_test.py --rounds $(ROUNDS)
	python3 tests/crash/forward_crash_test.py --rounds $(ROUNDS)
	python3 tests/crash/alert_crash_test.py --rounds $(ROUNDS)
	python3 tests/crash/oncall_crash_test.py --rounds $(ROUNDS)

clean: ## Removes what was built; the page's fetched dependencies too
	@tools/demo stop
	rm -rf build kizashi-demo web/dist web/node_modules tests/page/node_modules tests/interop/node*/node_modules
