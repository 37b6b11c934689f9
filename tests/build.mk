# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# How tests, the benchmark and their tools are built.

$(B)/tests/%.o: tests/%.c $(B)/sluice.skel.h
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(TEST_CFLAGS) -I. -isystem $(B) -c $< -o $@
suite_o = $(patsubst tests/%.c,$(B)/tests/%.o,$(filter-out $(wildcard tests/$(1)/test_*.c),$(wildcard tests/$(1)/*.c)))
.SECONDEXPANSION:
$(C_TESTS): %: %.o $$(call suite_o,$$(notdir $$(@D))) $$(SUITE_A) $(B)/libconf.a $(B)/libsluice.a
	$(CC) $(CFLAGS) $(LDFLAGS) $(SANITIZE) -o $@ $^ $(TEST_LIBS) $(SUITE_LIBS) $(CONF_LIBS) $(LIB_LIBS)
$(B)/tests/daemon/%: SUITE_LIBS = $(DAEMON_LIBS)
$(B)/tests/unit/%: SUITE_A = $(B)/libdoctor.a
$(B)/tests/daemon/%: SUITE_A = $(B)/libdaemon.a
# ---- the benchmark, whose programs are embedded as skeletons
BENCH_O := $(patsubst tests/%.c,$(B)/tests/%.o,$(filter-out %.bpf.c,$(wildcard tests/bench/*.c)))
$(B)/bpf-tests/%.skel.h: $(B)/bpf-tests/%.bpf.o
	$(BPFTOOL) gen skeleton $< name $*_bpf > $@.new && mv $@.new $@
$(BENCH_O): $(B)/bpf-tests/wrapper.skel.h $(B)/bpf-tests/units.skel.h
$(B)/tests/bench/bench: $(BENCH_O)
	$(CC) $(CFLAGS) $(LDFLAGS) $(SANITIZE) -o $@ $^ $(LIB_LIBS)
