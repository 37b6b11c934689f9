# What we link and where it comes from (Debian 12 packages, see packages).
PREFIX ?= /usr/local
UNITS_TO ?= $(PREFIX)/lib/systemd/system
FORMAT ?= $(firstword $(shell command -v clang-format-14 clang-format))
LIB_CFLAGS :=
LIB_LIBS := -lbpf -lelf -lz -lmnl -lxxhash
CONF_CFLAGS :=
CONF_LIBS := -lyaml
CLI_CFLAGS :=
CLI_LIBS := -ljansson
DAEMON_CFLAGS :=
DAEMON_LIBS := -levent -lssl -lcrypto -lcap-ng -lsystemd -ljansson -lresolv
TEST_CFLAGS :=
TEST_LIBS := -lcmocka
