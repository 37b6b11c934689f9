# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Everything generated goes to build/. `make help` lists the targets.

B := build
export BUILD = $(B)
CLANG ?= $(firstword $(shell command -v clang-14 clang))
CLANG19 ?= clang-19
BPFTOOL ?= $(shell PATH=$$PATH:/usr/sbin:/sbin command -v bpftool)
MULTIARCH := $(shell $(CC) -print-multiarch)

include vendor/deps.mk

WARN := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE $(WARN) $(CPPFLAGS) $(CFLAGS) $(SANITIZE) -Iinclude -MMD -MP
BPF_CFLAGS := -g -O2 -target bpf -mcpu=v3 -Wall -Wextra -Iinclude -I/usr/include/$(MULTIARCH)
RELEASE := $(shell sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)
VERSION := $(RELEASE)$(shell git describe --always --dirty --exclude '*' 2>/dev/null | sed 's/^/+g/')

LIB_O := $(patsubst user/%.c,$(B)/%.o,$(wildcard user/lib/*.c))
CONF_O := $(patsubst user/%.c,$(B)/%.o,$(wildcard user/conf/*.c))
DOCTOR_O := $(patsubst user/%.c,$(B)/%.o,$(wildcard user/doctor/*.c))
CLI_O := $(patsubst user/%.c,$(B)/%.o,$(wildcard user/cli/*.c)) $(B)/cli/sluice.bash.o
DAEMON_O := $(patsubst user/%.c,$(B)/%.o,$(wildcard user/daemon/*.c))
PAGE_O := $(patsubst user/%,$(B)/%.o,$(wildcard user/daemon/page.html user/daemon/page.css user/daemon/page.js))
# every tests/SUITE/test_*.c is a program, linked with the suite's other files
C_TESTS := $(patsubst tests/%.c,$(B)/tests/%,$(wildcard tests/*/test_*.c))
MAN := $(patsubst %.scd,$(B)/man/%,$(notdir $(wildcard user/*/*.scd)))
UNITS := $(patsubst user/daemon/%.in,$(B)/%,$(wildcard user/daemon/*.service.in))

.PHONY: help all check unit packet net conf cli vm bench daemon soak lint format asan \
	asan-tests clean install deb dist layers budget tests compile_commands.json
.SECONDARY:

help:           ## this list
	@sed -n 's/^\([a-z][a-z_. -]*\): .*## /  \1\t/p;s/^\([a-z][a-z_. -]*\):  *## /  \1\t/p' \
		$(firstword $(MAKEFILE_LIST)) | sort -u | expand -t 32

all: $(B)/sluice $(B)/sluiced $(MAN) $(UNITS) ## the programs and their manual

# ---- the packet's side
$(B)/%.bpf.o: bpf/%.bpf.c $(wildcard bpf/*.h include/sluice/*.h) | $(B)
	$(CLANG) $(BPF_CFLAGS) -c $< -o $@
$(B)/clang19/%.bpf.o: bpf/%.bpf.c $(wildcard bpf/*.h include/sluice/*.h)
	@mkdir -p $(@D)
	$(CLANG19) $(BPF_CFLAGS) -c $< -o $@
$(B)/bpf-tests/%.bpf.o: tests/bench/%.bpf.c $(wildcard bpf/*.h include/sluice/*.h tests/bench/*.h)
	@mkdir -p $(@D)
	$(CLANG) $(BPF_CFLAGS) -c $< -o $@
$(B)/%.skel.h: $(B)/%.bpf.o
	$(BPFTOOL) gen skeleton $< name $*_bpf > $@.new && mv $@.new $@

# ---- the command's side
$(B)/lib/%.o: user/lib/%.c $(B)/sluice.skel.h $(B)/probe.skel.h
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LIB_CFLAGS) -isystem $(B) -c $< -o $@
$(B)/conf/%.o: user/conf/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(CONF_CFLAGS) -c $< -o $@
$(B)/doctor/%.o: user/doctor/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c $< -o $@
$(B)/cli/%.o: user/cli/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(CLI_CFLAGS) -DSL_VERSION='"$(VERSION)"' -c $< -o $@
$(B)/daemon/%.o: user/daemon/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(DAEMON_CFLAGS) -DSL_VERSION='"$(VERSION)"' -c $< -o $@
# a file as it is: _binary_page_html_start, _end
$(B)/daemon/page.%.o: user/daemon/page.%
	@mkdir -p $(@D)
	cd $(<D) && $(LD) -r -z noexecstack -b binary -o $(abspath $@) $(<F)
$(B)/cli/sluice.bash.o: user/cli/sluice.bash
	@mkdir -p $(@D)
	cd $(<D) && $(LD) -r -z noexecstack -b binary -o $(abspath $@) $(<F)
$(B)/libsluice.a: $(LIB_O)
	rm -f $@; $(AR) rcs $@ $^
$(B)/libconf.a: $(CONF_O)
	rm -f $@; $(AR) rcs $@ $^
$(B)/libdoctor.a: $(DOCTOR_O)
	rm -f $@; $(AR) rcs $@ $^
$(B)/sluice: $(CLI_O) $(B)/libdoctor.a $(B)/libconf.a $(B)/libsluice.a
	$(CC) $(CFLAGS) $(LDFLAGS) $(SANITIZE) -o $@ $^ $(CONF_LIBS) $(CLI_LIBS) $(LIB_LIBS)
# all of the daemon but its main(), for its tests too
$(B)/libdaemon.a: $(filter-out $(B)/daemon/main.o,$(DAEMON_O)) $(PAGE_O)
	rm -f $@; $(AR) rcs $@ $^
$(B)/sluiced: $(B)/daemon/main.o $(B)/libdaemon.a $(B)/libconf.a $(B)/libsluice.a
	$(CC) $(CFLAGS) $(LDFLAGS) $(SANITIZE) -o $@ $^ $(DAEMON_LIBS) $(CONF_LIBS) $(LIB_LIBS)
$(B)/%.service: user/daemon/%.service.in
	sed 's|@sbin@|$(PREFIX)/sbin|g' $< > $@
$(B)/man/%: user/*/%.scd
	@mkdir -p $(@D)
	scdoc < $< > $@
$(B):
	@mkdir -p $@
$(B)/trafficgen: tools/trafficgen.c | $(B)
	$(CC) $(ALL_CFLAGS) -o $@ $<
$(B)/ask: tools/ask.c $(B)/libdaemon.a
	$(CC) $(ALL_CFLAGS) -o $@ $^ $(SANITIZE) $(DAEMON_LIBS)

include tests/build.mk

tests: all $(C_TESTS) $(B)/tests/bench/bench $(B)/clang19/sluice.bpf.o $(B)/clang19/probe.bpf.o $(B)/trafficgen $(B)/ask ## build every test program

check: tests    ## every suite of the tier for each change
	tools/runtests
unit packet conf cli net daemon vm: tests ## one suite
	tools/runtests $@
bench: all $(B)/tests/bench/bench ## measure the packet path; writes build/bench.json
	tests/bench/run
soak: all       ## sluiced for MINUTES=30, with everything going on that it is for
	tests/soak/run $(or $(MINUTES),30)
layers:         ## includes follow the arrows
	tools/layers
budget: tests   ## sizes, verified instructions, stack
	tools/budget
lint: compile_commands.json ## clang-tidy, shellcheck
	tools/lint
format:         ## clang-format in place
	$(FORMAT) -i $$(git ls-files '*.c' '*.h')
asan-tests:
	$(MAKE) B=$(B)/asan SANITIZE='-fsanitize=address,undefined -fno-omit-frame-pointer' CFLAGS='-O1 -g' tests
asan: asan-tests ## the suites once more with sanitizers, in build/asan
	tools/runtests asan:unit asan:conf asan:cli asan:packet asan:daemon
compile_commands.json: $(B)/sluice.skel.h $(B)/probe.skel.h ## build/compile_commands.json, for tools
	tools/compile-commands $(CC) $(ALL_CFLAGS) -isystem $(B) -I. >$(B)/$@
install: all    ## into $(DESTDIR)$(PREFIX)
	install -D $(B)/sluice $(DESTDIR)$(PREFIX)/sbin/sluice
	install -D $(B)/sluiced $(DESTDIR)$(PREFIX)/sbin/sluiced
	for unit in $(UNITS); do install -D -m 644 $$unit $(DESTDIR)$(UNITS_TO)/$${unit##*/}; done
	for page in $(MAN); do install -D -m 644 $$page $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/}; done
	install -D -m 644 user/cli/sluice.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/sluice
deb:            ## Debian packages, in build/deb
	tools/deb $(B)/deb
dist: | $(B)    ## a tarball of what is committed, each time the same
	git archive --prefix=sluice-$(RELEASE)/ -o $(B)/sluice-$(RELEASE).tar.gz HEAD
clean:          ## remove build/
	rm -rf $(B)

-include $(shell find $(B) -name deb -prune -o -name '*.d' -print 2>/dev/null)
