# SPDX-License-Identifier: MIT
# Thin: each target makes sure of its tools (tools/deps.sh) and hands over to Meson or to one script.
BUILD ?= build
PREFIX ?= /usr/local

.PHONY: all build demo test bench bench-guest check-all fuzz guest second-opinion install clean format

all: build

build: $(BUILD)/build.ninja
	ninja -C $(BUILD)

$(BUILD)/build.ninja:
	tools/deps.sh build
	meson setup $(BUILD)

# A file of about 1 GiB copied by overlapped I/O, then the other examples.
demo: build
	examples/demo.sh $(BUILD)

# The useful subset; the last line is "N passed, N failed, N skipped".
# Where QEMU is there or can be had, a short run in a guest is part of it; elsewhere that is skipped aloud.
test: build
	-tools/deps.sh guest
	tests/run.sh $(BUILD)

# Everything: each engine, many seeds of the simulated one, AddressSanitizer, ThreadSanitizer, and Wireshark's
# view of a capture where it can be had.
check-all: build
	-tools/deps.sh capture
	tests/check_all.sh $(BUILD)

# Each fuzzer for SECONDS_EACH seconds (60).
fuzz:
	tools/deps.sh fuzz
	fuzz/run.sh $(BUILD)-fuzz

# The USB hosts against a real kernel, in QEMU; GROUPS names some of tests/guest/all.sh's.
guest: build
	tools/deps.sh guest
	ninja -C $(BUILD) guest-programs
	tests/guest/all.sh $(BUILD) $(GROUPS)

# Our answers beside those of Debian's wine64.
second-opinion: build
	tests/second_opinion.sh $(BUILD)

# Ratios against raw Linux; options of bench/run.py in ARGS.
bench: build
	tools/deps.sh bench
	bench/run.py --build $(BUILD) $(ARGS)

# WinUSB over usbfs and USB/IP in a guest beside the kernel's interface alone and libusb.
bench-guest: build
	tools/deps.sh bench-guest
	bench/guest/bench.sh $(BUILD)

install: build
	meson configure $(BUILD) --prefix $(PREFIX)
	meson install -C $(BUILD)

format:
	tools/deps.sh format
	git ls-files 'src/*.[ch]' 'tests/*.[ch]' 'bench/*.[ch]' 'examples/*.[ch]' 'tools/*.[ch]' 'fuzz/*.[ch]' | xargs -r clang-format -i

clean:
	rm -rf $(BUILD) $(BUILD)-asan $(BUILD)-tsan $(BUILD)-fuzz
