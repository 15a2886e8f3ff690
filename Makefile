# Everything a developer does here, by name. `make deps` comes first on a fresh machine and is part of the rest.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
export PATH := $(PATH):$(HOME)/.cargo/bin:/usr/sbin:/sbin

# A first build is for running, not for changing: what only serves the next change costs it a quarter of its time. Whoever
# calls cargo by hand gets both, and so does make from then on.
ifeq ($(wildcard target/debug/incremental),)
export CARGO_INCREMENTAL ?= 0
export CARGO_PROFILE_DEV_DEBUG ?= 0
endif

.PHONY: help demo test build bench fmt lint deps e2e fuzz soak man test-vm kube-conformance kube-oracle oci-conformance

help:
	@echo "make demo    the story on one machine, on two hosts of which one dies, of what starts by itself, of a service under load, of machines that come for tasks and of Kubernetes on such machines; cleans up"
	@echo "make test    everything that must pass: format, lints, checks, unit and end-to-end tests"
	@echo "make e2e     the end-to-end tests alone; T='-k registry' picks some"
	@echo "make build   target/debug/wharf"
	@echo "make soak    the story of a service through 100 rounds of each fault: kills, a full disk, no descriptors, failing syncs; machines and a cluster of Kubernetes through as many kills, hosts that are cut off or lost through a tenth; 1,000 services that scale and 2,000 instances"
	@echo "make test-vm the demo, limits, restarts and a reboot in virtual machines of stock Debian and Ubuntu (T='trixie' picks one)"
	@echo "make kube-conformance  upstream's conformance tests against our Kubernetes, on hollow nodes and on real ones (T=nodes: on these alone; T=swapped: our controllers and scheduler on upstream's API server); builds upstream's programs at first"
	@echo "make kube-oracle  the same requests to upstream's API server and to ours, answers compared field by field (T='changes/apply*': some of them); builds upstream's at first"
	@echo "make oci-conformance  upstream's conformance tests of registries against ours (T=gallery: against the public gallery alone); builds them at first"
	@echo "make man     manual pages, into target/man"
	@echo "make fuzz    a minute of guided random inputs for each parser; FUZZ_SECONDS=600 for more, T='iam-policy layer' for some"
	@echo "make bench   measurements, each with its peer beside it"
	@echo "make fmt lint deps"

deps:
	@scripts/deps.sh

build: deps
	cargo build --locked

demo: build
	target/debug/wharf demo

test:
	@scripts/test.sh

e2e: build
	e2e/run $(T)

# Rounds of hosts that are cut off take minutes each.
soak: build
	WHARF_SIM_SERVICES=1000 cargo test --locked -p wharf-svc-application-autoscaling --test simulation -- --nocapture
	WHARF_MACHINES_SERVICES=1000 cargo test --locked -p wharf-svc-ecs --test machines -- --nocapture
	WHARF_STORM_INSTANCES=2000 cargo test --locked -p wharf-svc-ec2 --test ec2 storm -- --nocapture
	WHARF_FAULT_ROUNDS=$${WHARF_SOAK_ROUNDS:-100} WHARF_E2E_WORKERS=0 e2e/run -q -s e2e/test_story_faults.py e2e/test_machine_faults.py e2e/test_kubernetes_faults.py
	WHARF_FAULT_ROUNDS=$$(( ($${WHARF_SOAK_ROUNDS:-100} + 9) / 10 )) WHARF_E2E_WORKERS=0 e2e/run -q e2e/test_cut_off.py

kube-conformance: build
	conformance/run $(T)

kube-oracle: build
	conformance/oracle $(T)

oci-conformance: build
	conformance/oci $(T)

man: build
	target/debug/wharf man target/man
	@echo "the pages are in target/man: man target/man/wharf.1"

test-vm: build
	e2e/vm/run $(T)

fuzz: deps
	fuzz/run $(T)

bench: deps
	bench/run

fmt: deps
	cargo fmt
	.venv/bin/ruff format -q

lint: deps
	cargo fmt --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	.venv/bin/ruff check -q
	cargo xtask check
