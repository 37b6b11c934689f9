/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A pool that changes, and the rules of DESIGN 4 written down once more. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/packet/churn.h"
#include "tests/packet/harness.h"
#include "tests/packet/rig.h"
#include "user/lib/instance.h"
#include "user/lib/ticks.h"

/* Where in the tables a flow is, the program says itself. */
#include "bpf/flows.h"
#include "bpf/hash.h"

static const uint8_t vip[4] = { 192, 0, 2, 80 };

/* ---- the pool --------------------------------------------------------------- */

static void say_backends(FILE *to, const struct pool *pool)
{
	const char *comma = "";

	for (unsigned i = 1; i <= POOL_BACKENDS; i++) {
		if (pool->is[i] == ABSENT)
			continue;
		fprintf(to, "%s{address: 10.0.0.%u, weight: %u", comma, i, pool->weight[i]);
		if (pool->is[i] != UP)
			fprintf(to, ", state: %s", pool->is[i] == DEAD ? "disabled" : "drain");
		fputs("}", to);
		comma = ", ";
	}
}

void pool_apply(const struct pool *pool)
{
	static char text[8192];
	FILE *to = fmemopen(text, sizeof(text), "w");

	assert_non_null(to);
	fprintf(to, HEAD "limits: {flows: %d}\n", CHURN_RECORDS);
	fprintf(to, "pools: {web: {slots: %u, next_hop: \"02:00:00:00:00:aa\", tracking: %s, ",
		pool->slots, pool->generations ? "auto" : "off");
	fprintf(to, "timers: {settle_after: %ds, settle_max: 300s, udp_grace: %ds}, backends: [",
		SETTLE_AFTER_S, UDP_GRACE_S);
	say_backends(to, pool);
	fputs("]}}\nservices: {www: {addresses: [192.0.2.80], tcp: [80], udp: [80], pool: web}}\n", to);
	fclose(to);
	rig_apply_again(text);
}

unsigned octet_of(uint16_t id)
{
	const struct sl_instance *inst = rig_instance();
	const struct sl_backend *b = map_at(&inst->maps, MAP_BACKENDS, active(inst));

	if (!id || id > inst->knobs.backend_mask || !(b[id].flags & SL_BACKEND_ALIVE))
		return 0;
	return ntohl(b[id].dst[3]) & 0xff;
}

/* ---- packets ------------------------------------------------------------------ */

static struct {
	uint8_t octet[60];
} frame;

static void put16(unsigned at, unsigned value)
{
	frame.octet[at] = (uint8_t)(value >> 8);
	frame.octet[at + 1] = (uint8_t)value;
}

static void frame_of(const struct shot *shot)
{
	bool tcp = shot->proto == IPPROTO_TCP;
	unsigned sum = 0;

	memset(&frame, 0, sizeof(frame));
	memcpy(frame.octet, "\2\0\0\0\0\1\2\0\0\0\0\2\x08", 13);
	memcpy(frame.octet + 14, "\x45", 1);
	put16(16, tcp ? 40 : 28);
	frame.octet[22] = 64;
	frame.octet[23] = shot->proto;
	frame.octet[26] = 10;
	frame.octet[27] = (uint8_t)(shot->source >> 16);
	put16(28, shot->source & 0xffff);
	memcpy(frame.octet + 30, vip, 4);
	put16(34, shot->sport);
	put16(36, 80);
	if (tcp) {
		frame.octet[46] = 5 << 4;
		frame.octet[47] = shot->syn ? SYN : ACK;
	} else {
		put16(38, 8);
	}
	for (unsigned i = 14; i < 34; i += 2)
		sum += (unsigned)frame.octet[i] << 8 | frame.octet[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	put16(24, ~(sum + (sum >> 16)));
}

unsigned shoot(const struct shot *shot)
{
	uint8_t out[128];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame.octet,
		    .data_size_in = sizeof(frame.octet), .data_out = out,
		    .data_size_out = sizeof(out));

	frame_of(shot);
	if (bpf_prog_test_run_opts(rig_prog_fd(), &opts))
		fail_msg("the program cannot be run");
	return opts.retval == XDP_TX && out[23] == IPPROTO_IPIP ? out[33] : 0;
}

/* ---- what a packet meets -------------------------------------------------------- */

static struct pkt pkt_of(const struct shot *shot)
{
	return (struct pkt){
		.src = { (uint64_t)(10u << 24 | shot->source) << 32 },
		.dst = { (uint64_t)(192u << 24 | 2 << 8 | 80) << 32 },
		.family = 4,
		.proto = shot->proto,
		.sport = htons(shot->sport),
		.dport = htons(80),
	};
}

/* The live record of this flow, or NULL. And is there a way that it could take? */
static const struct sl_record *record_of(const struct sl_instance *inst, const struct flow *f, uint32_t now,
					 uint32_t hash, uint32_t lasts, bool *room)
{
	const struct sl_records *set = map_at(&inst->maps, MAP_RECORDS, 0);
	const struct sl_record *found = NULL, *r;

	set += f->set & inst->knobs.record_mask;
	*room = false;
	for (r = set->way; r < set->way + SL_RECORD_WAYS; r++) {
		uint32_t age = (uint16_t)(now - SL_RECORD_TIME(r->is));
		bool live = r->tag && age < (r->tag & 1 ? lasts : 60);

		if (live && (r->tag | 1) == (f->tag | 1) && SL_RECORD_HASH(r->is ^ SL_RECORD_VEIL(r->tag)) == (hash & ~0x3ffu))
			found = r;
		if (!live || (!(r->tag & 1) && age > 2))
			*room = true;
	}
	return found;
}

struct view view_of(const struct shot *shot)
{
	const struct sl_instance *inst = rig_instance();
	const struct sl_bank *bank = map_at(&inst->maps, MAP_BANKS, active(inst));
	const struct sl_pool *pool = (struct sl_pool *)map_at(&inst->maps, MAP_POOLS, 0) + bank->service_pool[0];
	const struct sl_registry_pool *ring = &registry(inst)->pool[bank->service_pool[0]];
	struct pkt p = pkt_of(shot);
	uint32_t hash = hash_flow(bank->hash_key, &p);
	uint32_t shift = 32 - (uint32_t)__builtin_ctz(ring->slots);
	uint32_t word = ((uint32_t *)map_at(&inst->maps, MAP_SLOTS, 0))[ring->slot_base + (hash >> shift)];
	struct view v = { .current = (uint16_t)word, .previous = (uint16_t)(word >> 16) };
	const struct sl_record *r;
	struct flow f;

	flow_of(&p, control(inst)->record_key, &f);
	v.clock = ticks_now();
	r = record_of(inst, &f, (uint32_t)v.clock, hash, pool->lasts, &v.room);
	v.grace = (int32_t)(pool->udp_until - (uint32_t)v.clock) > 0;
	v.live = r && octet_of(SL_RECORD_BACKEND(r->is));
	if (r) {
		v.record = SL_RECORD_BACKEND(r->is);
		v.confirmed = r->tag & 1;
	}
	return v;
}

/* ---- the rules -------------------------------------------------------------------- */

uint16_t rule_of(const struct view *v, const struct shot *shot)
{
	uint16_t current = octet_of(v->current) ? v->current : 0;
	uint16_t previous = octet_of(v->previous) ? v->previous : 0;

	if (v->previous == v->current)		/* stable */
		return current;
	if (v->live)
		return v->record;
	if (v->previous == SL_SETTLING || !previous)
		return current;
	if (!current)
		return previous;
	if (shot->proto == IPPROTO_UDP)		/* recorded, if there is room */
		return v->grace || !v->room ? previous : current;
	return shot->syn && v->room ? current : previous;
}
