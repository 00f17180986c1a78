# Two commands do all the set-up: `make run` and `make test`. `make help` lists the rest.

SHELL := /bin/bash

PREFIX ?= /usr/local
DESTDIR ?=
SWIFT ?= swift
SUITE ?=
# How long each fuzz target runs, and which; all without a name.
SECONDS ?= 60
TARGET ?=

# The program links Swift's runtime statically: it starts faster, and runs where no toolchain is.
bindir := $(DESTDIR)$(PREFIX)/bin
datadir := $(DESTDIR)$(PREFIX)/share

# Tests are compiled with other flags than the program, so each has a build directory of its own: in a shared one
# each build would undo the other.
build_dir := .build
test_build_dir := .build-tests
domus := $(build_dir)/release/domus
test_domus := $(test_build_dir)/release/domus

# Names joined by | are the same thing on different releases of Debian.
packages := make git binutils xz-utils zlib1g-dev libvterm-dev libpcre2-dev libncursesw5-dev|libncurses-dev ncurses-term \
  libc6-dev libstdc++-12-dev|libstdc++-14-dev|libstdc++-13-dev
test_packages := tmux qemu-user qemu-system-riscv|qemu-system-misc gcc-riscv64-linux-gnu \
  libc6-dev-riscv64-cross device-tree-compiler
bench_packages := qemu-system-riscv|qemu-system-misc device-tree-compiler htop
xen_packages := libxen-dev pkg-config gcc
# For a Xen host under emulation: the emulator, and what makes its images.
xen_lab_packages := qemu-system-x86 openssh-client cpio e2fsprogs kmod xz-utils fakeroot

run_tests = $(SWIFT) test -c release --skip-build --scratch-path $(test_build_dir)
# These keep all CPUs busy: beside them, tests with time limits of their own would run into those.
simulations := SchedulersTests
guest_tests := DomusEngineTests|ContractTests|EndToEndTests

size_limit := 25

# What sanitizers look at: everything but whole programs and simulations.
sanitized_tests := DomusEngineTests|FiguresTests|GuestImagesTests|HypervisorModelTests|RemoteTests|TOMLTests|TerminalUITests|XenBackendTests
build_sanitized = $(SWIFT) build -c release --build-tests --sanitize $(1) -Xswiftc -enable-testing --scratch-path .build-$(1)
run_sanitized = .build-$(1)/release/domusPackageTests.xctest --testing-library swift-testing \
  --filter '$(or $(SUITE),$(sanitized_tests))'

quote = $(foreach word,$(1),'$(word)')
say = @printf '\n==> %s\n'

.DEFAULT_GOAL := help
# Each step needs the one before it.
.NOTPARALLEL:
.PHONY: help run test test-xen build xen guests deps test-deps bench-deps xen-deps xen-lab-deps xen-lab xen-check swift \
  install size bench fuzz asan tsan fmt lint clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  PREFIX=$(PREFIX) and DESTDIR=$(DESTDIR) say where 'make install' puts things;"
	@echo "  SUITE=NAME lets 'make test' run only the tests whose names match; STEP=TEXT the same for 'make test-xen'."

run: build ## Set everything up and open the demo in the terminal
	$(say) "Guest kernel"
	@$(domus) guest fetch || echo "No guest kernel: the demo runs the built-in guest."
	$(say) "Demo"
	@$(domus) demo

build: deps swift guests ## Build the program and the built-in guest
	$(say) "Building domus (the first time takes some minutes)"
	@$(SWIFT) build -c release --static-swift-stdlib --product domus --scratch-path $(build_dir)

test: deps test-deps swift guests ## Set everything up and run all tests
	$(say) "Building the tests (the first time takes some minutes)"
	@$(SWIFT) build -c release --build-tests -Xswiftc -enable-testing --scratch-path $(test_build_dir)
	$(say) "Guest kernel"
	@$(test_domus) guest fetch || echo "No guest kernel: tests that boot Linux will fail."
	$(say) "Testing"
	@$(if $(SUITE),$(run_tests) --filter '$(SUITE)',\
	  $(run_tests) --skip '$(simulations)|$(guest_tests)' && $(run_tests) --filter '$(simulations)' && \
	  $(run_tests) --filter '$(guest_tests)')

test-xen: build xen xen-lab-deps ## Boot a real Xen host under emulation and drive it with domus
	$(say) "Testing on Xen"
	@DOMUS_TESTS=$(wildcard $(test_build_dir)/release/*.xctest) Tests/XenLab/test $(domus) xen/build $(if $(STEP),'$(STEP)')

# The next Xen in line: Debian's after the one that the lab runs.
xen-check: xen-deps
	$(say) "Checking against the headers of another Xen"
	@$(MAKE) --no-print-directory -C xen check XEN_RELEASE=4.20 XEN_FLAGS="-isystem $$(Tests/XenLab/headers trixie)"

guests: swift ## Build the built-in guest
	$(say) "Built-in guest"
	@$(MAKE) --no-print-directory -C Guests

# Xen's libraries change with each release, so this one is made for the release whose headers are here.
xen: xen-deps ## Build what drives a real Xen host, for the Xen that is installed
	$(say) "Library for Xen"
	@$(MAKE) --no-print-directory -C xen

deps: ## Install the system packages that a build needs
	@scripts/install-packages $(call quote,$(packages))

test-deps:
	@scripts/install-packages $(call quote,$(test_packages))

bench-deps:
	@scripts/install-packages $(call quote,$(bench_packages))

xen-deps:
	@scripts/install-packages $(call quote,$(xen_packages))

xen-lab-deps:
	@scripts/install-packages $(call quote,$(xen_lab_packages))

xen-lab: xen-lab-deps ## Build and boot the Xen lab: a real Xen host under emulation
	$(say) "Xen lab"
	@Tests/XenLab/lab boot
	@Tests/XenLab/lab status

swift:
	@command -v $(SWIFT) >/dev/null || { \
	  echo "No 'swift' in PATH. Install Swift 6.3 from https://www.swift.org/install/linux/ and put the toolchain's" >&2; \
	  echo "usr/bin directory into PATH; then try again." >&2; exit 1; }

# Installs what is built, so that `sudo make install` after `make build` needs no toolchain.
install: ## Install program, themes, built-in guest, man page and completions
	@test -x $(domus) -a -f Guests/build/guest.elf || { echo "Nothing is built yet; run 'make build' first." >&2; exit 1; }
	install -d $(bindir) $(datadir)/domus/themes $(datadir)/domus/guests $(datadir)/man/man1 \
	  $(datadir)/bash-completion/completions $(datadir)/zsh/site-functions $(datadir)/fish/vendor_completions.d
	install -m 755 $(domus) $(bindir)/domus
	strip $(bindir)/domus
	install -m 644 themes/* $(datadir)/domus/themes/
	install -m 644 docs/config.toml $(datadir)/domus/config.toml
	install -m 644 Guests/build/guest.elf $(datadir)/domus/guests/guest.elf
	for library in xen/build/*.so; do \
	  if test -f $$library; then install -D -m 644 $$library $(DESTDIR)$(PREFIX)/lib/domus/$${library##*/}; fi; done
	install -D -m 644 docs/tmpfiles.conf $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/domus.conf
	gzip -9nc docs/domus.1 > $(datadir)/man/man1/domus.1.gz
	$(domus) --generate-completion-script bash > $(datadir)/bash-completion/completions/domus
	$(domus) --generate-completion-script zsh > $(datadir)/zsh/site-functions/_domus
	$(domus) --generate-completion-script fish > $(datadir)/fish/vendor_completions.d/domus.fish

# What docs/SPECIFICATION.md promises of the program as it is installed, in MB.
size: build ## Check that the program is as small as promised
	@strip -o $(build_dir)/domus-stripped $(domus)
	@size=$$(($$(stat -c %s $(build_dir)/domus-stripped) / 1000000)); echo "$$size MB"; test $$size -le $(size_limit)

bench: build bench-deps ## Measure against qemu-system-riscv64
	$(say) "Guest kernel"
	@$(domus) guest fetch || echo "No guest kernel: nothing that boots Linux can be measured."
	$(say) "Measuring"
	@Benchmarks/run

fuzz: deps swift ## Feed every reader of strangers' bytes with what coverage suggests; SECONDS for each target
	$(say) "Fuzzing"
	@Fuzz/run $(SECONDS) $(TARGET)

asan: deps test-deps swift guests ## Run unit and engine tests under AddressSanitizer
	$(say) "Building the tests for AddressSanitizer (the first time takes some minutes)"
	@$(call build_sanitized,address)
	$(say) "Testing with AddressSanitizer"
	@ASAN_OPTIONS=detect_leaks=0 $(call run_sanitized,address)

tsan: deps test-deps swift guests ## Run unit and engine tests under ThreadSanitizer
	$(say) "Building the tests for ThreadSanitizer (the first time takes some minutes)"
	@$(call build_sanitized,thread)
	@clang -O1 -Wall -shared -fPIC -o .build-thread/tsan.so Tests/Sanitizers/tsan.c
	$(say) "Testing with ThreadSanitizer"
	@TSAN_OPTIONS=suppressions=Tests/Sanitizers/tsan.supp LD_PRELOAD=.build-thread/tsan.so $(call run_sanitized,thread)

fmt: swift ## Format all Swift sources
	@$(SWIFT) format -i -r Sources Tests Benchmarks Fuzz

lint: swift ## Check the format of all Swift sources
	@$(SWIFT) format lint --strict -r Sources Tests Benchmarks Fuzz

clean: ## Remove everything that was built
	rm -rf $(build_dir) $(test_build_dir) .build-benchmarks .build-fuzz .build-address .build-thread
	@$(MAKE) --no-print-directory -C Guests clean
	@$(MAKE) --no-print-directory -C xen clean
