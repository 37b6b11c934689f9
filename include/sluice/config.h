/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What was asked: a configuration as structs, in the order of the file.
 *
 * user/conf reads it from YAML and writes it back; user/lib makes maps of it.
 * A config is one arena: everything below it is freed with it (conf_free).
 * Names are unique within their kind, references are by name and are known to
 * resolve, numbers are in range: conf_parse has seen to it.
 */
#ifndef SLUICE_CONFIG_H
#define SLUICE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sluice/abi.h>

struct sl_address {		/* IPv4: first 4 octets, rest zero */
	uint8_t family;		/* 4 or 6; 0: none */
	uint8_t octet[16];
};

struct sl_prefix {
	struct sl_address addr;	/* host bits are zero */
	uint8_t length;		/* 0..32 or 0..128 */
};

enum sl_mode { SL_MODE_NATIVE, SL_MODE_GENERIC };

struct sl_interface_conf {
	char name[16];		/* IFNAMSIZ */
	enum sl_mode mode;
	uint8_t (*macs)[6];
	size_t n_macs;
};

struct sl_limits {
	uint32_t services, frontends, backends, slots, flows, prefixes, buckets, classes;
};

/* LIVE: filled by commands. PREFIXES, FILE: the file's, `apply` puts them back. */
enum sl_set_kind { SL_SET_LIVE, SL_SET_PREFIXES, SL_SET_FILE };

struct sl_set_conf {
	char name[SL_NAME_LEN];
	enum sl_set_kind kind;
	char *file;			/* absolute; FILE only */
	/* Of PREFIXES, or read from `file`. LIVE: NULL, or what to bring back. */
	struct sl_prefix *prefixes;
	size_t n_prefixes;
	bool unread;			/* FILE, not read: leave its elements alone */
};

/* One item of a list of which any must match. */
struct sl_address_item {
	bool negated;
	char set[SL_NAME_LEN];		/* "": the prefix */
	struct sl_prefix prefix;
};

struct sl_range { bool negated; uint32_t low, high; };		/* ends included */
struct sl_flags { bool negated; uint8_t set, mask; };

struct sl_ranges { struct sl_range *item; size_t n; };	/* n = 0: any */

enum sl_rate_per { SL_PER_SOURCE, SL_PER_DESTINATION, SL_PER_RULE };

struct sl_rate {
	bool given, bits;		/* bits: bit/s and bits, else packets */
	uint64_t per_second, burst;
	enum sl_rate_per per;
	uint8_t length, length6;	/* of the prefix that shares a bucket */
};

enum sl_conf_action {
	SL_DO_PASS, SL_DO_DROP, SL_DO_COUNT, SL_DO_REDIRECT, SL_DO_CPU
};

/* bits of sl_rule_conf.fragment */
enum { SL_MATCH_NO = 1, SL_MATCH_FIRST = 2, SL_MATCH_LATER = 4 };

struct sl_rule_conf {
	char name[SL_NAME_LEN];		/* unnamed rules get "rule-N", N from 1 */
	struct sl_address_item *from, *to;
	size_t n_from, n_to;		/* 0: any */
	struct sl_ranges proto, sport, dport, icmp_type, vlan, length, ttl;
	struct sl_flags *flags;
	size_t n_flags;
	uint8_t fragment;		/* SL_MATCH_*; 0: any */
	uint8_t family;			/* 4, 6; 0: any */
	struct sl_rate rate;
	uint32_t sample;		/* 1 of so many; 0: none */
	bool dry_run;
	enum sl_conf_action action;
	char *target;			/* of redirect and cpu, else NULL */
	struct sl_ranges cpus;		/* of cpu: the target as numbers */
};

struct sl_filter_conf {
	bool policy_drop, dry_run, martians_drop, anomalies_drop;
	bool verify_checksum, essential, established, fragment_later_drop;
	bool non_ip_drop, non_ip_given;	/* given: not the policy's default */
	enum sl_ip_options ip_options;
	struct sl_prefix *management;
	size_t n_management;
	struct sl_ranges management_tcp, management_udp, replies_udp;
	struct sl_rule_conf *rules;
	size_t n_rules;
};

enum sl_backend_state { SL_BACKEND_UP, SL_BACKEND_DRAIN, SL_BACKEND_DISABLED };

struct sl_backend_conf {
	struct sl_address addr;
	uint32_t weight;		/* 0 to 1000 */
	enum sl_backend_state state;
};

enum sl_encap { SL_ENCAP_IPIP, SL_ENCAP_GUE, SL_ENCAP_L2 };
enum sl_hash { SL_HASH_5TUPLE, SL_HASH_SOURCE };
enum sl_next_hop { SL_NEXT_AUTO, SL_NEXT_FIB, SL_NEXT_MAC };
enum sl_tracking { SL_TRACK_AUTO, SL_TRACK_ALWAYS, SL_TRACK_OFF };

enum sl_check_type {
	SL_CHECK_NONE, SL_CHECK_TCP, SL_CHECK_HTTP, SL_CHECK_HTTPS, SL_CHECK_DNS,
	SL_CHECK_SCRIPT, SL_CHECK_UDP, SL_CHECK_TYPES
};
enum sl_check_via { SL_VIA_DIRECT, SL_VIA_ENCAP };

enum { SL_CHECK_TEXT_MAX = 255 };	/* characters of each text of a check */

struct sl_check_conf {
	enum sl_check_type type;	/* NONE: nobody asks the pool's backends */
	enum sl_check_via via;
	uint16_t port;			/* 0: a script's, without one */
	uint16_t expect_low, expect_high;	/* status, http and https */
	uint16_t rise, fall;
	uint32_t interval_ms, timeout_ms;
	char *path;			/* http and https, else NULL */
	char *host;			/* Host and SNI; NULL: the backend's address */
	char *name;			/* dns: what is asked for, else NULL */
	char *file;			/* script: absolute, else NULL */
};

struct sl_pool_conf {
	char name[SL_NAME_LEN];
	enum sl_encap encap;
	uint16_t gue_port;
	enum sl_hash hash;
	enum sl_next_hop next_hop;
	uint8_t mac[6];			/* of SL_NEXT_MAC */
	uint32_t slots;			/* a power of two */
	struct sl_prefix source[2];	/* outer sources, IPv4 and IPv6; family 0: none */
	enum sl_tracking tracking;
	uint64_t settle_after_ms, settle_max_ms, udp_grace_ms;
	uint8_t quic_server_id_bytes;
	bool on_down_keep;
	uint8_t panic_percent;
	struct sl_check_conf check;
	struct sl_backend_conf *backends;
	size_t n_backends;
};

struct sl_ports { uint8_t proto; uint16_t low, high; };	/* IPPROTO_TCP, _UDP */

struct sl_service_conf {
	char name[SL_NAME_LEN];
	char pool[SL_NAME_LEN];
	struct sl_address *addresses;
	size_t n_addresses;
	struct sl_ports *ports;
	size_t n_ports;
};

enum sl_listen_how { SL_LISTEN_OFF, SL_LISTEN_TCP, SL_LISTEN_UNIX };
enum { SL_SOCKET_PATH = 108, SL_FILE_PATH = 512 };	/* with their NUL */

struct sl_listen {
	enum sl_listen_how how;
	struct sl_address addr;
	uint16_t port;
	char path[SL_SOCKET_PATH];	/* UNIX only, absolute */
};

/* What sluiced alone does. */
struct sl_daemon_conf {
	struct sl_listen metrics;
	struct {
		char include[SL_FILE_PATH];	/* "": nothing is announced */
		char control[SL_SOCKET_PATH];
	} bird;
};

struct sl_config {
	struct sl_interface_conf *interfaces;
	size_t n_interfaces;
	struct sl_limits limits;
	char *seed;			/* NULL: none was given */
	struct sl_set_conf *sets;
	size_t n_sets;
	struct sl_filter_conf filter;
	struct sl_pool_conf *pools;
	size_t n_pools;
	struct sl_service_conf *services;
	size_t n_services;
	struct sl_address *decap;
	size_t n_decap;
	struct sl_prefix *decap_from;
	size_t n_decap_from;
	struct sl_daemon_conf daemon;
	struct conf_arena *arena;	/* owns all of the above; user/conf's */
};

#endif
