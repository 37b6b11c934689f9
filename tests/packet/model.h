/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the filter is meant to do, told once more and slowly: plain loops over
 * prefixes and rules, a plain reader of the frame. Knows nothing of how the
 * program does it; shares with it the names of the reasons only.
 *
 * A filter here is drawn at random (draw.h) and written as YAML by
 * model_text(), so what stands between the two is all that is tested.
 */
#ifndef TESTS_PACKET_MODEL_H
#define TESTS_PACKET_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <sluice/reasons.h>

enum {
	MODEL_SETS = 6, MODEL_RULES = 256, MODEL_ITEMS = 3,
	MODEL_ELEMENTS = 3000, MODEL_VISITS = 16,
};

/* ---- what was asked ------------------------------------------------------ */

struct m_address { int family; uint8_t octet[16]; };	/* IPv4: the first 4 */
struct m_prefix {
	struct m_address addr;
	unsigned length;
	bool brief;		/* an element that has expired when the next change comes */
};

struct m_set {
	bool there;			/* in the configuration */
	bool live;			/* else it has prefixes of its own: `own` */
	struct m_prefix own[40];
	struct m_prefix element[MODEL_ELEMENTS];
	size_t n_own, n;
	struct m_prefix gone[8];	/* were elements, some time ago */
};

struct m_item { bool negated; int set; struct m_prefix prefix; };	/* set -1: the prefix */
struct m_items { size_t n; struct m_item item[MODEL_ITEMS]; };
struct m_range { bool negated; unsigned low, high; };
struct m_ranges { size_t n; struct m_range range[MODEL_ITEMS]; };
struct m_flags { bool negated; unsigned set, mask; };

enum m_action { M_PASS, M_DROP, M_COUNT };
enum m_part { M_WHOLE, M_FIRST, M_LATER };	/* of a fragmented packet */

struct m_rule {
	unsigned name;			/* "rNAME" */
	struct m_items from, to;	/* none: any */
	struct m_ranges proto, sport, dport, icmp_type, vlan, length, ttl;
	struct m_flags flags[2];
	size_t n_flags;
	bool part[3];			/* by enum m_part; all false: any */
	int family;			/* 0: any */
	enum m_action action;
	bool dry_run;
	bool rate;			/* so high that nothing is over it */
};

enum m_options { M_OPTIONS_PASS, M_OPTIONS_ROUTE, M_OPTIONS_DROP };
enum m_non_ip { M_NON_IP_DEFAULT, M_NON_IP_PASS, M_NON_IP_DROP };

struct m_filter {
	struct m_set set[MODEL_SETS];
	bool policy_drop, dry_run, martians, anomalies, checksum;
	bool not_essential, not_established, later_drop;
	enum m_options options;
	enum m_non_ip non_ip;
	struct m_prefix management[MODEL_ITEMS];
	size_t n_management;
	struct m_ranges management_tcp, management_udp, replies;
	bool service;			/* two addresses are a service's */
	struct m_rule rule[MODEL_RULES];
	size_t n_rules;
};

/* The addresses of the service, and its only port, of UDP. */
extern const struct m_address model_vip[2];
enum { MODEL_VIP_PORT = 9 };

/* ---- a packet ------------------------------------------------------------ */

struct m_packet {
	enum sl_reason bad;		/* of what its octets are; SL_NO_REASON */
	unsigned ethertype;		/* below the tags */
	unsigned vlan;			/* 0: none */
	struct m_address src, dst;	/* family 0: not IP */
	unsigned proto, ttl, length;	/* of the IP packet */
	enum m_part part;
	bool options, source_route, bad_sum;
	bool has_ports, is_tcp, is_icmp;	/* there is such a header */
	unsigned sport, dport, flags, type;
};

struct m_packet model_read(const uint8_t *frame, size_t length);

bool model_covers(const struct m_prefix *p, const struct m_address *a);
bool model_same(const struct m_prefix *p, const struct m_prefix *q);
bool model_range_has(const struct m_range *r, unsigned value);
bool model_ranges_have(const struct m_ranges *r, unsigned value);

/* ---- what becomes of it ----------------------------------------------------- */

struct m_outcome {
	enum sl_reason reason;
	bool dropped;			/* is counted as dropped */
	bool passed;			/* the verdict; else it is dropped */
	size_t counted[MODEL_VISITS + 1];	/* indexes of rules */
	size_t n_counted;
	bool walk_limit;		/* the event */
};

struct m_outcome model_decide(const struct m_filter *f, const struct m_packet *p);

/* Is it for the service in a way that the filter does not decide alone? */
bool model_is_balanced(const struct m_filter *f, const struct m_packet *p);

/* The configuration as a file has it. */
void model_text(FILE *out, const struct m_filter *f);
void model_prefix_text(FILE *out, const struct m_prefix *p);

#endif
