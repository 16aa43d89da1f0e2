# The entry points of the README. Each does all set-up it needs and is quick the second time.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

ui_sources := $(shell find ui/src ui/public ui/index.html ui/vite.config.ts ui/package-lock.json -type f 2>/dev/null)
has_display := $(or $(DISPLAY),$(WAYLAND_DISPLAY),$(filter Darwin MINGW%,$(shell uname -s)))

# How long `make fuzz` and `make soak` fuzz each target, and which targets; all of them unless named.
FUZZ_SECONDS ?= 60
FUZZ_TARGETS ?=

# Which part of the mutants `make soak` tries: another one each day.
MUTANTS_SHARD ?= $(shell expr $$(date +%j) % 12)/12

.PHONY: help run tour check test cross fuzz soak bench bundle fresh fresh-deb types setup-build setup-test

help: ## What can be made
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

run: ## Build and open the window; without a display, take a tour on a virtual one
ifneq ($(has_display),)
	@$(MAKE) --no-print-directory setup-build ui/dist/index.html
	cargo build --bins
	target/debug/keyrack-desktop
else
	@echo "No display: taking the tour on a virtual one."
	@$(MAKE) --no-print-directory tour
endif

tour: setup-test ui/dist/index.html ## Connect one practice account on a virtual display, with pictures
	cargo test --quiet --test tour

check: ## The quick loop: formatting, lints, domain and engine tests, UI types and unit tests
	@scripts/setup check
	@scripts/check

test: setup-test ## Everything from formatting to the real window
	scripts/test

cross: ui/dist/index.html ## Test the command line for Windows under Wine, and check macOS (as root)
	scripts/cross

fuzz: ## Random input wherever text from outside is read: `make fuzz FUZZ_SECONDS=600 FUZZ_TARGETS=template`
	@scripts/setup check
	scripts/fuzz $(FUZZ_SECONDS) $(FUZZ_TARGETS)

soak: ui/dist/index.html ## Long runs of the same tests, each fuzz target, and a part of the mutants
	@scripts/setup soak
	KEYRACK_SOAK=1 cargo test --test cli
	KEYRACK_SOAK=1 cargo test --test window providers::
	scripts/fuzz $(FUZZ_SECONDS)
	scripts/mutants $(MUTANTS_SHARD)

bench: setup-test ## Figures beside their rivals'
	@scripts/setup bundle
	@scripts/bench

bundle: ## The installers of this system: a .deb and an .rpm on Linux
	@scripts/setup bundle
	@scripts/bundle

fresh: ## Run `make run` and `make test` in a bare Debian root (as root)
	scripts/fresh source

fresh-deb: bundle ## Install the .deb in a bare Debian root and open its window (as root)
	scripts/fresh deb

types: ## Write the TypeScript types, the element schema and the list of elements from their sources
	UPDATE_TYPES=1 KEYRACK_WRITE_SCHEMA=1 KEYRACK_WRITE_ELEMENTS=1 cargo test --package keyrack-domain current

setup-build:
	@scripts/setup build

setup-test:
	@scripts/setup test

ui/dist/index.html: $(ui_sources)
	@scripts/setup build
	cd ui && npm run --silent build
	@touch $@
