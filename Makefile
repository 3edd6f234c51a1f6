# Paylatch. `make run` tells the device's story on real OP-TEE; `make test` runs
# all tests. Both install and build what they need.
#
#   make run      the main job, in QEMU
#   make test     all tests
#   make prove    at length what `make test` tries a part of, and a table of it
#   make fuzz     each fuzzing target for FUZZ_SECONDS (600), and a table of it
#   make bench    what the lock costs, beside OP-TEE's own TA: a table, and
#                 target/bench.json
#   make profile  which functions the lock's instructions are spent in
#   make xtest    OP-TEE's own test suite, on our OP-TEE (part of make prove)
#   make ta       the trusted application, checked and stripped
#   make audit    security advisories of what we depend on (needs network)
#   make shell    an interactive device
#   make release  what a phone is shipped with, in target/image, and a manifest;
#                 needs PAYLATCH_OEM_KEY and PAYLATCH_BOOT_KEY
#   make reproduce  the release twice from empty caches, compared (about 30 min)
#   make clean    what is in target/; `make -C qemu distclean` empties the cache
#
# PAYLATCH_OEM_KEY: see ta/build.rs; PAYLATCH_BOOT_KEY: qemu/Makefile. Own trees: see qemu/README.md.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

here   := $(dir $(abspath $(lastword $(MAKEFILE_LIST))))
target := $(here)target
uuid   := $(shell cat $(here)uuid.txt)
bench_uuid := $(shell sed -n 's/.*"\(.*\)".*/\1/p' $(here)tests/bench-ta/src/uuid.rs)
arm64  := aarch64-unknown-linux-gnu
cross  := $(if $(CROSS_COMPILE),$(CROSS_COMPILE),aarch64-linux-gnu-)
say    := @printf '%s\n'

all: test

# --- What runs on the device -----------------------------------------------

deps:
	@$(MAKE) -s -C qemu deps
	@cargo fetch --quiet --locked
	@qemu/build crates take $(target)

# What a target stands on, unless it is known to be there.
needs = $(if $(BUILT),,$(1))

# Where a build was made is not in what it made: our own sources have relative names,
# the crates get some. After `deps`, the crates are there.
remap = $$(printf -- ' --remap-path-prefix=%s=/crates/' "$${CARGO_HOME:-$$HOME/.cargo}"/registry/src/*/)

# $(call cargo_arm64,FLAGS): a target directory of its own, as the compiler may
# be another than the host's.
cargo_arm64 = RUSTC=$$(qemu/build rust) CARGO_TARGET_DIR=$(target)/arm64 \
	CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUSTFLAGS="$(remap) $(1)" \
	CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=$(cross)gcc

ta_elf      := $(target)/ta/$(uuid).stripped.elf
ta_measured := $(target)/measured/$(uuid).stripped.elf
ta_release  := $(target)/release-ta/$(uuid).stripped.elf
ta_failing  := $(target)/failing-ta/$(uuid).stripped.elf
ta_bench    := $(target)/bench-ta/$(bench_uuid).stripped.elf

# sha2's run-time choice of instructions would need a libc; its compact form has a sixteenth
# of its size. The threshold lets the reduction of the curve's field into its multiplication.
# Nothing is outlined: where unlike functions share code, a skipped jump leads from one's
# refusal to another's success (docs/security.md, faults of the chip).
cargo_ta = $(call cargo_arm64,--cfg sha2_backend=\"soft\" --cfg sha2_backend_soft=\"compact\" \
	-C llvm-args=-inlinehint-threshold=600 -C llvm-args=-enable-machine-outliner=never \
	-C link-arg=-nostartfiles) \
	TA_DEV_KIT_DIR=$(target)/device/ta_dev_kit CC=$(cross)gcc \
	cargo build --profile ta --quiet --target $(arm64)

# $(call build_application,PACKAGE,FEATURE,ELF)
define build_application
$(MAKE) -s -C qemu devkit >/dev/null
$(cargo_ta) -p $(1) --bin $(1) --features $(2)
mkdir -p $(dir $(3))
ta/check-elf $(target)/arm64/$(arm64)/ta/$(1) $(3) $(cross)
endef

# $(call build_ta,FEATURE,ELF)
build_ta = $(call build_application,paylatch-ta,$(1),$(2))

ta: $(call needs,deps)
	$(say) "ta: building the trusted application (about 1 min the first time)"
	@$(call build_ta,optee,$(ta_elf))

# paylatch itself, and the C library with its example.
programs: $(call needs,deps)
	$(say) "programs: building what runs on the device (about 2 min the first time)"
	@$(MAKE) -s -C qemu clients >/dev/null
	@$(cargo_arm64) OPTEE_CLIENT_EXPORT=$(target)/device/sysroot \
		cargo build --release --quiet -p paylatch --no-default-features --features optee,display,pictures --target $(arm64) \
		--bin paylatch
	@$(cargo_arm64) OPTEE_CLIENT_EXPORT=$(target)/device/sysroot \
		cargo rustc --release --quiet -p paylatch --no-default-features --features optee --target $(arm64) \
		--lib --crate-type staticlib
	@mkdir -p $(initramfs)
	@$(cross)strip -o $(initramfs)/paylatch $(programs)/paylatch
	@$(cross)gcc -O2 -Wall -Wextra -Werror -s -o $(initramfs)/paylatch-state-example -I host/include \
		host/examples/state.c $(programs)/libpaylatch.a -L$(target)/device/sysroot/usr/lib \
		-L$(target)/device/sysroot/usr/lib/aarch64-linux-gnu -lteec -lm \
		-Wl,--gc-sections -Wl,--allow-shlib-undefined

programs  := $(target)/arm64/$(arm64)/release
initramfs := $(target)/initramfs/usr/bin

device: ta programs
	@$(MAKE) -s -C qemu device TA_ELF=$(ta_elf) INITRAMFS_ADD=$(target)/initramfs

# A device whose application says how much stack and heap it uses.
measured-device: $(call needs,programs)
	@$(call build_ta,measure,$(ta_measured)) >/dev/null
	@PAYLATCH_DEVICE=$(target)/measured $(MAKE) -s -C qemu device TA_ELF=$(ta_measured) \
		INITRAMFS_ADD=$(target)/initramfs

# Firmware with an application that fails, and with none, for tests of who asks.
faulty-firmware: $(call needs,deps)
	@$(call build_ta,failing,$(ta_failing)) >/dev/null
	@PAYLATCH_DEVICE=$(target)/failing-ta $(MAKE) -s -C qemu firmware TA_ELF=$(ta_failing)
	@PAYLATCH_DEVICE=$(target)/without-ta $(MAKE) -s -C qemu firmware TA_ELF=none

# A device to be measured, with OP-TEE's own TA in it beside ours.
bench-device: $(call needs,device host)
	@$(call build_application,paylatch-bench-ta,optee,$(ta_bench)) >/dev/null
	@mkdir -p $(target)/bench-initramfs/usr/bin
	@$(target)/debug/bench --client $(target)/bench-initramfs/usr/bin/paylatch-costs
	@chmod 755 $(target)/bench-initramfs/usr/bin/paylatch-costs
	@PAYLATCH_DEVICE=$(target)/bench $(MAKE) -s -C qemu bench TA_ELF=$(ta_elf) MORE_TAS=$(ta_bench) \
		INITRAMFS_ADD=$(target)/bench-initramfs
	@$(target)/debug/bench --compilers $(target)/bench/compilers.txt $$(qemu/build rust) $(cross)gcc

# Everything is refused before the first long step, if it is.
release: deps
	@qemu/check-release keys
	@$(MAKE) -s programs
	$(say) "release: building the trusted application (about 1 min)"
	@export PAYLATCH_BUILD=release; $(call build_ta,optee,$(ta_release))
	@PAYLATCH_DEVICE=$(target)/image $(MAKE) -s -C qemu release TA_ELF=$(ta_release) \
		INITRAMFS_ADD=$(target)/initramfs

reproduce: deps
	@qemu/reproduce

shell: device
	@$(MAKE) -s -C qemu shell

# --- What runs here ----------------------------------------------------------

# One choice of packages and features for all, or Cargo builds each crate for each.
ours := --quiet --workspace --features paylatch/header,paylatch/display,paylatch/pictures

# What the lock screen is written with.
fonts: $(call needs,deps)
	@$(MAKE) -s -C qemu fonts >/dev/null

host:
	$(say) "host: building the programs and tests (about 3 min the first time)"
	@cargo test $(ours) --no-run

run: $(call needs,device host)
	@$(target)/debug/story

# --- Tests ---------------------------------------------------------------------

# Two processors are kept busy: of each two things that are done at once, the last says
# how far it is, and the other says all of it in the end.
test: deps
	@$(beside) '$(built) host' '$(built) device'
	@$(beside) '$(built) fonts $(target)/python/done faulty-firmware measured-device xtest-device bench-device' \
		'$(built) check chip'
	@qemu/build crates keep $(target)
	@$(beside) '$(built) host-tests issuer-tests chip-test run storage-test memory-test costs-test' \
		'$(built) device-tests'

beside = tests/beside $(target)/beside
built  = $(MAKE) -s BUILT=1

# Format, lints, docs, licences. OP-TEE has no unwinder, and what runs under it none.
check: $(call needs,device host)
	$(say) "check: format, lints, docs, licences (about 2 min the first time)"
	@cargo fmt --check
	@cargo fmt --check --manifest-path tests/chip/Cargo.toml
	@cargo clippy $(ours),paylatch-fuzz/libfuzzer --all-targets -- -D warnings
	@cargo clippy $(ours) --test costs --test device --test memory --test xtest -- -D warnings
	@TA_DEV_KIT_DIR=$(target)/device/ta_dev_kit CC=$(cross)gcc CARGO_PROFILE_DEV_PANIC=abort \
		cargo clippy --quiet -p paylatch-ta -p paylatch-bench-ta -p paylatch-chip-program --bins \
		--features paylatch-ta/measure,paylatch-ta/failing,paylatch-bench-ta/optee,paylatch-chip-program/program \
		-- -D warnings
	@OPTEE_CLIENT_EXPORT=$(target)/device/sysroot cargo clippy $(ours),paylatch/optee -- -D warnings
	@$(chip_tool) cargo clippy --quiet --locked --manifest-path tests/chip/Cargo.toml -- -D warnings
	@RUSTDOCFLAGS="-D warnings" cargo doc $(ours) --no-deps
	@command -v cargo-deny >/dev/null || { echo "check: installing cargo-deny (about 5 min, once)"; \
		cargo install --quiet --locked cargo-deny@$(cargo_deny); }
	@cargo deny --log-level error check licenses bans sources

cargo_deny := 0.20.2

# Unit tests, vectors, and the simulator through the programs' command lines.
host-tests: $(call needs,host fonts $(target)/python/done)
	$(say) "host-tests: unit tests, vectors, the programs over the simulator"
	@cargo test $(ours)

# The second issuer, in Python.
issuer-tests: $(call needs,$(target)/python/done)
	$(say) "issuer-tests: the second implementation, in Python"
	@$(target)/python/bin/python3 tests/issuer/test_vectors.py

$(target)/python/done: tests/issuer/requirements.txt
	@rm -rf $(target)/python
	@/usr/bin/python3 -m venv $(target)/python
	@$(target)/python/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

# Whole-device tests, on real OP-TEE in QEMU.
device-tests: $(call needs,device faulty-firmware host fonts $(target)/python/done)
	$(say) "device-tests: on real OP-TEE in QEMU"
	@cargo test $(ours) --test device -- --test-threads 3

# Stack and heap of the application, against ta/memory.
memory-test: $(call needs,measured-device host)
	$(say) "memory-test: what the application uses at most"
	@PAYLATCH_DEVICE=$(target)/measured cargo test $(ours) --test memory -- --nocapture

# What the lock costs, beside OP-TEE's own TA in the same image.
bench: $(call needs,bench-device)
	$(say) "bench: building the lender's program (about 2 min the first time)"
	@cargo build --quiet --release -p paylatch --bin paylatch-lender
	$(say) "bench: on OP-TEE in QEMU, counted in instructions; then a million messages (about 3 min)"
	@PAYLATCH_DEVICE=$(target)/bench $(target)/debug/bench

# That it costs no more than before: against tests/costs.json.
costs-test: $(call needs,bench-device)
	$(say) "costs-test: what the lock costs, against what it did"
	@PAYLATCH_DEVICE=$(target)/bench cargo test $(ours) --test costs -- --nocapture

# A device on which OP-TEE's own test suite runs.
xtest-device: $(call needs,ta)
	@PAYLATCH_DEVICE=$(target)/xtest $(MAKE) -s -C qemu xtest TA_ELF=$(ta_elf)

# OP-TEE's own test suite, on our OP-TEE.
xtest: xtest-device host
	$(say) "xtest: OP-TEE's own test suite (about 3 min)"
	@$(run_xtest) the_regression_suite

# What of it is in `make test`.
storage-test: $(call needs,xtest-device host)
	$(say) "storage-test: some of OP-TEE's own test suite"
	@$(run_xtest) some_of_the_storage

run_xtest = PAYLATCH_DEVICE=$(target)/xtest cargo test $(ours) --test xtest -- --nocapture

chip_program := $(target)/arm64/$(arm64)/ta/paylatch-chip-program
chip_tool     = CARGO_TARGET_DIR=$(target) PKG_CONFIG_PATH=$$(qemu/build unicorn)

# The lock, compiled as in the application, and the emulator that runs it.
chip: $(call needs,deps)
	$(say) "chip: building the lock for an emulator, and the emulator (about 1 min the first time)"
	@$(MAKE) -s -C qemu devkit >/dev/null
	@$(cargo_ta) -p paylatch-chip-program --bin paylatch-chip-program --features program
	@$(chip_tool) cargo build --quiet --locked --manifest-path tests/chip/Cargo.toml

# Faults of the chip: instructions skipped and bits flipped, one at a time.
chip-test: $(call needs,chip)
	$(say) "chip-test: an instruction skipped or a bit flipped at a time (about 3 min)"
	@$(target)/debug/paylatch-chip $(chip_program)

# Where the lock's instructions go, function by function.
profile: $(call needs,chip)
	@$(target)/debug/paylatch-chip $(chip_program) --profile

# The long version of what `make test` tries a part of, and one table of it.
prove: device faulty-firmware xtest-device host chip
	$(say) "prove: every sequence, fault, lie and power cut (hours)"
	@PAYLATCH_PROVE=1 tests/prove $(target)/prove.log \
		'tests/beside $(target)/prove-beside \
			"cargo test $(ours) --no-fail-fast --test failing_storage --test wycheproof --test model \
				-- --nocapture" \
			"$(target)/debug/paylatch-chip $(chip_program) && $(run_xtest) the_regression_suite" \
			"cargo test $(ours) --test device -- --test-threads 2 --nocapture \
				absence:: changes:: damage:: hostile:: lies::"'

# Coverage-guided; what make test has of it are the committed inputs.
fuzz:
	@tests/fuzz/run

audit:
	@cargo deny check advisories

clean:
	rm -rf $(target)

.PHONY: all deps ta programs device release reproduce shell fonts host run test check host-tests issuer-tests \
	chip chip-test profile device-tests measured-device faulty-firmware memory-test storage-test xtest-device xtest bench-device bench costs-test prove fuzz audit clean
