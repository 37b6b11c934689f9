/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Slots of two generations: each state of a slot, each kind of packet, each state
 * of the flow's record, over IPv4 and IPv6, and what is left behind.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "tests/packet/generations.h"
#include "tests/packet/harness.h"
#include "tests/packet/rig.h"

#define CONFIG \
	HEAD "pools:\n  web: {next_hop: \"02:00:00:00:00:aa\", slots: 1024, backends:" \
	     " [{address: 10.0.0.21}, {address: 10.0.0.22}, {address: 10.0.0.23}]}\n" \
	     "services:\n  www: {addresses: [203.0.113.10, \"2001:db8:80::10\"], tcp: [80], udp: [53], pool: web}\n"

/* Backends by the last octet of their address; and who is none. */
enum who { NOBODY = 0, A = 21, B = 22, C = 23, UNKNOWN = 250, SETTLING = 251 };
enum kind { A_SYN, A_SYN_ECN, AN_ACK, A_RST, A_FIN, SYN_RST, SYN_FIN, A_DATAGRAM };
enum record { NONE, FRESH, CONFIRMED, PASSED_FRESH, PASSED };
enum { EVENTS_NONE, INSERTS = 1, PRESSED = 2, FOLLOWED = 4, LED = 8 };
enum { GRACE = 1, TRACK = 2, FULL = 4, FULL_YOUNG = 8, FULL_OLD = 16 };

struct row {
	const char *name;
	enum who current, previous, dead;
	enum record record;
	enum who of;
	enum kind packet;
	unsigned given;
	enum who goes;
	enum record left;
	enum who to;
	unsigned counts;
};

#define STABLE(who) (who), (who)

/* clang-format off */
static const struct row rows[] = {
	/* a stable slot touches no table */
	{ "stable_syn", STABLE(A), 0, NONE, 0, A_SYN, 0, A, NONE, 0, 0 },
	{ "stable_ack", STABLE(A), 0, NONE, 0, AN_ACK, 0, A, NONE, 0, 0 },
	{ "stable_datagram", STABLE(A), 0, NONE, 0, A_DATAGRAM, 0, A, NONE, 0, 0 },
	{ "stable_record_is_not_looked_at", STABLE(A), 0, CONFIRMED, B, AN_ACK, 0, A, CONFIRMED, B, 0 },
	{ "stable_and_dead", STABLE(A), A, NONE, 0, AN_ACK, 0, NOBODY, NONE, 0, 0 },

	/* changing, TCP */
	{ "changing_syn_is_recorded_for_current", B, A, 0, NONE, 0, A_SYN, 0, B, FRESH, B, INSERTS },
	{ "changing_syn_with_ecn_is_a_syn", B, A, 0, NONE, 0, A_SYN_ECN, 0, B, FRESH, B, INSERTS },
	{ "changing_ack_follows_previous", B, A, 0, NONE, 0, AN_ACK, 0, A, NONE, 0, FOLLOWED },
	{ "changing_rst_follows_previous", B, A, 0, NONE, 0, A_RST, 0, A, NONE, 0, FOLLOWED },
	{ "changing_fin_follows_previous", B, A, 0, NONE, 0, A_FIN, 0, A, NONE, 0, FOLLOWED },
	{ "changing_syn_rst_is_no_syn", B, A, 0, NONE, 0, SYN_RST, 0, A, NONE, 0, FOLLOWED },
	{ "changing_syn_fin_is_no_syn", B, A, 0, NONE, 0, SYN_FIN, 0, A, NONE, 0, FOLLOWED },
	{ "changing_record_wins_over_syn", B, A, 0, FRESH, C, A_SYN, 0, C, FRESH, C, LED },
	{ "changing_confirmed_record_wins_over_syn", B, A, 0, CONFIRMED, A, A_SYN, 0, A, CONFIRMED, A, LED },
	{ "changing_ack_confirms", B, A, 0, FRESH, B, AN_ACK, 0, B, CONFIRMED, B, LED },
	{ "changing_ack_is_led_by_its_record", B, A, 0, CONFIRMED, C, AN_ACK, 0, C, CONFIRMED, C, LED },
	{ "changing_rst_deletes_no_record", B, A, 0, CONFIRMED, C, A_RST, 0, C, CONFIRMED, C, LED },
	{ "changing_fin_deletes_no_record", B, A, 0, CONFIRMED, C, A_FIN, 0, C, CONFIRMED, C, LED },
	{ "changing_syn_rst_deletes_no_record", B, A, 0, CONFIRMED, C, SYN_RST, 0, C, CONFIRMED, C, LED },
	{ "changing_syn_replaces_what_has_passed", B, A, 0, PASSED, C, A_SYN, 0, B, FRESH, B, INSERTS },
	{ "changing_syn_replaces_what_none_confirmed", B, A, 0, PASSED_FRESH, C, A_SYN, 0, B, FRESH, B, INSERTS },
	{ "changing_ack_is_not_led_by_what_has_passed", B, A, 0, PASSED, C, AN_ACK, 0, A, PASSED, C, FOLLOWED },

	/* settling */
	{ "settling_syn", B, SETTLING, 0, NONE, 0, A_SYN, 0, B, NONE, 0, 0 },
	{ "settling_ack", B, SETTLING, 0, NONE, 0, AN_ACK, 0, B, NONE, 0, 0 },
	{ "settling_datagram", B, SETTLING, 0, NONE, 0, A_DATAGRAM, GRACE, B, NONE, 0, 0 },
	{ "settling_record_leads_ack", B, SETTLING, 0, CONFIRMED, A, AN_ACK, 0, A, CONFIRMED, A, LED },
	{ "settling_record_leads_syn", B, SETTLING, 0, FRESH, A, A_SYN, 0, A, FRESH, A, LED },
	{ "settling_record_that_has_passed", B, SETTLING, 0, PASSED, A, AN_ACK, 0, B, PASSED, A, 0 },

	/* the dead are left at once, and none is never recorded */
	{ "previous_is_dead_ack", B, A, A, NONE, 0, AN_ACK, 0, B, NONE, 0, 0 },
	{ "previous_is_none_ack", B, NOBODY, 0, NONE, 0, AN_ACK, 0, B, NONE, 0, 0 },
	{ "previous_is_unknown_ack", B, UNKNOWN, 0, NONE, 0, AN_ACK, 0, B, NONE, 0, 0 },
	{ "current_is_dead_ack", B, A, B, NONE, 0, AN_ACK, 0, A, NONE, 0, FOLLOWED },
	{ "current_is_dead_syn", B, A, B, NONE, 0, A_SYN, 0, A, NONE, 0, FOLLOWED },
	{ "current_is_none_syn", NOBODY, A, 0, NONE, 0, A_SYN, 0, A, NONE, 0, FOLLOWED },
	{ "current_is_unknown_syn", UNKNOWN, A, 0, NONE, 0, A_SYN, 0, A, NONE, 0, FOLLOWED },
	{ "settling_and_dead", B, SETTLING, B, NONE, 0, A_SYN, 0, NOBODY, NONE, 0, 0 },
	{ "a_dead_backends_record_leads_no_ack", B, A, C, CONFIRMED, C, AN_ACK, 0, A, CONFIRMED, C, FOLLOWED },
	{ "a_dead_backends_record_leads_no_syn", B, A, C, CONFIRMED, C, A_SYN, 0, B, FRESH, B, INSERTS },
	{ "an_unknown_backends_record_leads_nobody", B, A, 0, CONFIRMED, UNKNOWN, AN_ACK, 0, A, CONFIRMED, UNKNOWN, FOLLOWED },

	/* a full set */
	{ "full_the_syn_waits", B, A, 0, NONE, 0, A_SYN, FULL, A, NONE, 0, PRESSED | FOLLOWED },
	{ "full_of_handshakes_the_syn_waits", B, A, 0, NONE, 0, A_SYN, FULL_YOUNG, A, NONE, 0, PRESSED | FOLLOWED },
	{ "full_of_the_unconfirmed_one_goes", B, A, 0, NONE, 0, A_SYN, FULL_OLD, B, NONE, 0, INSERTS },
	{ "full_and_previous_is_dead", B, A, A, NONE, 0, A_SYN, FULL | TRACK, B, NONE, 0, PRESSED },
	{ "full_datagram_in_grace", B, A, 0, NONE, 0, A_DATAGRAM, FULL | GRACE, A, NONE, 0, PRESSED | FOLLOWED },
	{ "full_datagram_after_grace", B, A, 0, NONE, 0, A_DATAGRAM, FULL, B, NONE, 0, PRESSED },

	/* UDP */
	{ "datagram_in_grace_is_recorded_for_previous", B, A, 0, NONE, 0, A_DATAGRAM, GRACE, A, FRESH, A, INSERTS },
	{ "datagram_after_grace_is_recorded_for_current", B, A, 0, NONE, 0, A_DATAGRAM, 0, B, FRESH, B, INSERTS },
	{ "second_datagram_confirms", B, A, 0, FRESH, A, A_DATAGRAM, 0, A, CONFIRMED, A, LED },
	{ "datagram_previous_is_dead", B, A, A, NONE, 0, A_DATAGRAM, GRACE, B, NONE, 0, 0 },
	{ "datagram_current_is_dead", B, A, B, NONE, 0, A_DATAGRAM, 0, A, FRESH, A, INSERTS },

	/* tracking: always */
	{ "tracked_stable_syn", STABLE(A), 0, NONE, 0, A_SYN, TRACK, A, FRESH, A, INSERTS },
	{ "tracked_stable_ack", STABLE(A), 0, NONE, 0, AN_ACK, TRACK, A, FRESH, A, INSERTS },
	{ "tracked_stable_record_leads", STABLE(A), 0, FRESH, B, AN_ACK, TRACK, B, CONFIRMED, B, LED },
	{ "tracked_stable_datagram", STABLE(A), 0, NONE, 0, A_DATAGRAM, TRACK, A, FRESH, A, INSERTS },
	{ "tracked_settling_ack", B, SETTLING, 0, NONE, 0, AN_ACK, TRACK, B, FRESH, B, INSERTS },
	{ "tracked_changing_ack", B, A, 0, NONE, 0, AN_ACK, TRACK, A, NONE, 0, FOLLOWED },
	{ "tracked_none_is_not_recorded", STABLE(NOBODY), 0, NONE, 0, AN_ACK, TRACK, NOBODY, NONE, 0, 0 },
	{ "tracked_full", STABLE(A), 0, NONE, 0, AN_ACK, TRACK | FULL, A, NONE, 0, PRESSED },
};
/* clang-format on */

static uint32_t now;

static uint32_t id_of(enum who who)
{
	switch (who) {
	case NOBODY: return 0;
	case SETTLING: return SL_SETTLING;
	case UNKNOWN: return 4000 + generations_id(A);
	default: return generations_id((uint8_t)who);
	}
}

static void build(int family, enum kind kind, struct frame *out)
{
	static const uint32_t flags[] = { SYN, SYN | ECE | CWR, ACK, RST, FIN | ACK, SYN | RST, SYN | FIN };
	uint32_t f = kind == A_DATAGRAM ? 0 : flags[kind];

	if (family == 4 && kind == A_DATAGRAM)
		frame_build(out, PACKET(ETH(), IP4(.dst = "203.0.113.10"), UDP(.dport = 53)), NULL);
	else if (family == 4)
		frame_build(out, PACKET(ETH(), IP4(.dst = "203.0.113.10"), TCP(.flags = f)), NULL);
	else if (kind == A_DATAGRAM)
		frame_build(out, PACKET(ETH(), IP6(.dst = "2001:db8:80::10"), UDP(.dport = 53)), NULL);
	else
		frame_build(out, PACKET(ETH(), IP6(.dst = "2001:db8:80::10"), TCP(.flags = f)), NULL);
}

/* ---- before ----------------------------------------------------------------------- */

/* The flow's record is made by a packet of it, and changed. */
static void give_record(const struct row *r, const struct frame *in)
{
	struct sl_record *record;
	struct frame out;

	generations_forget();
	if (!r->record)
		return;
	generations_slots(id_of(A), id_of(A));
	generations_frontend_flags(SL_FRONTEND_TRACK);
	assert_int_equal(rig_run(in, &out), XDP_TX);
	record = generations_record();
	assert_non_null(record);
	record->is = (record->is & ~0xffffull) | id_of(r->of);
	if (r->record == CONFIRMED || r->record == PASSED)
		record->tag |= 1;
	if (r->record == PASSED_FRESH)
		generations_age(record, SL_RECORD_UNCONFIRMED);
	if (r->record == PASSED)
		generations_age(record, generations_pool()->lasts);
}

static void arrange(const struct row *r, const struct frame *in)
{
	enum { LATER = 1000 };

	for (uint8_t last = A; last <= C; last++)
		generations_backend(generations_id(last))->flags = SL_BACKEND_ALIVE;
	generations_pool()->udp_until = r->given & GRACE ? now + LATER : now;
	give_record(r, in);
	if (r->given & FULL)
		generations_crowd(true, 5);
	if (r->given & FULL_YOUNG)
		generations_crowd(false, 0);
	if (r->given & FULL_OLD)
		generations_crowd(false, 5);
	if (r->dead)
		generations_backend(generations_id((uint8_t)r->dead))->flags = 0;
	generations_frontend_flags(r->given & TRACK ? SL_FRONTEND_TRACK : 0);
	generations_slots(id_of(r->current), id_of(r->previous));
	for (uint8_t last = A; last <= C; last++)
		*generations_followed(generations_id(last)) = 0;
}

/* ---- after ------------------------------------------------------------------------ */

static void expect_record(const struct row *r)
{
	struct sl_record *record;

	if (r->given & (FULL | FULL_YOUNG | FULL_OLD))
		return;
	record = generations_record();
	expect_number(record != NULL, r->left != NONE);
	if (!record)
		return;
	expect_number(SL_RECORD_BACKEND(record->is), id_of(r->to));
	expect_number(record->tag & 1, r->left == CONFIRMED || r->left == PASSED);
	expect_number(SL_RECORD_POOL(record->is ^ SL_RECORD_VEIL(record->tag)), 0);
}

static void expect_counts(const struct row *r, const struct sl_stats *was, const struct sl_stats *is)
{
	const struct sl_traffic *a = &was->services[0].count, *b = &is->services[0].count;

#define EVENT(name) (is->events[SL_EVENT_##name] - was->events[SL_EVENT_##name])
	expect_number(EVENT(RECORD_INSERT), r->counts & INSERTS ? 1 : 0);
	expect_number(EVENT(RECORD_PRESSURE), r->counts & PRESSED ? 1 : 0);
	expect_number(EVENT(FOLLOWED_PREVIOUS), r->counts & FOLLOWED ? 1 : 0);
#undef EVENT
	expect_number(b->records - a->records, r->counts & LED ? 1 : 0);
	expect_number(b->previous - a->previous, r->counts & FOLLOWED ? 1 : 0);
	expect_number(b->packets - a->packets, 1);
	for (size_t i = 0; i < is->n_backends; i++) {
		bool own = is->backends[i].addr.octet[3] == (uint8_t)r->goes;

		a = &was->backends[i].count;
		b = &is->backends[i].count;
		expect_number(b->packets - a->packets, own);
		expect_number(b->records - a->records, own && r->counts & LED ? 1 : 0);
		expect_number(b->previous - a->previous, own && r->counts & FOLLOWED ? 1 : 0);
	}
}

/* The clock of a previous owner: a SYN that waits does not move it. */
static void expect_followed(const struct row *r)
{
	for (uint8_t last = A; last <= C; last++) {
		bool moves = r->counts & FOLLOWED && r->goes == last &&
			     r->packet != A_SYN && r->packet != A_SYN_ECN;

		expect_number(*generations_followed(generations_id(last)) != 0, moves);
	}
}

static void one_row(const struct row *r, int family)
{
	struct sl_stats *was, *is;
	struct outcome o;
	struct frame in;

	build(family, r->packet, &in);
	arrange(r, &in);
	was = rig_stats();
	rig_send_frame(&in, &o);
	is = rig_stats();
	if (r->goes == NOBODY) {
		expect_verdict(&o, XDP_DROP, SL_NO_BACKEND);
	} else {
		expect_verdict(&o, XDP_TX, SL_FORWARDED);
		expect_number(o.frame.byte[33], r->goes);
	}
	expect_record(r);
	expect_counts(r, was, is);
	expect_followed(r);
	sl_stats_free(was);
	sl_stats_free(is);
}

static void row_holds(void **state)
{
	const struct row *r = *state;

	one_row(r, 4);
	one_row(r, 6);
}

static int begin(void **state)
{
	(void)state;
	rig_defaults();
	if (now)
		return 0;
	generations_apply(CONFIG, SL_F_TRACK);
	now = generations_now();
	return 0;
}

/* ---- what takes more than one packet ------------------------------------------------ */

static unsigned sent(enum kind kind)
{
	struct frame in, out;

	build(4, kind, &in);
	assert_int_equal(rig_run(&in, &out), XDP_TX);
	return out.byte[33];
}

static void a_flow_lives_through_a_change(void **state)
{
	(void)state;
	generations_forget();
	generations_frontend_flags(0);
	generations_slots(id_of(A), id_of(A));
	expect_number(sent(A_SYN), A);		/* born without a record */
	expect_number(sent(AN_ACK), A);
	generations_slots(id_of(B), id_of(A));
	expect_number(sent(AN_ACK), A);
	expect_number(sent(A_FIN), A);
	expect_number(generations_record() != NULL, 0);
	expect_number(sent(A_SYN), B);		/* the port is used again */
	expect_number(sent(AN_ACK), B);
	generations_slots(id_of(C), id_of(A));	/* another change: A still owns */
	expect_number(sent(AN_ACK), B);
	generations_slots(id_of(C), SL_SETTLING);
	expect_number(sent(AN_ACK), B);
	generations_forget();
	expect_number(sent(AN_ACK), C);
}

static void set_mtu(uint16_t mtu)
{
	for (uint8_t last = A; last <= C; last++)
		generations_backend(generations_id(last))->mtu = mtu;
}

/* Who is too big goes nowhere, whoever would have led it. */
static void what_is_not_sent_was_led_by_nobody(void **state)
{
	struct sl_stats *a, *b;
	struct frame in, out;

	(void)state;
	for (int has_record = 0; has_record < 2; has_record++) {
		generations_forget();
		generations_slots(id_of(B), id_of(A));
		generations_frontend_flags(0);
		if (has_record)
			expect_number(sent(A_SYN), B);
		set_mtu(50);
		build(4, AN_ACK, &in);
		a = rig_stats();
		rig_run(&in, &out);
		b = rig_stats();
		set_mtu(1500);
		expect_number(b->reasons[SL_TOO_BIG].packets - a->reasons[SL_TOO_BIG].packets, 1);
		expect_number(b->services[0].count.packets - a->services[0].count.packets, 1);
		expect_number(b->services[0].count.records - a->services[0].count.records, 0);
		expect_number(b->services[0].count.previous - a->services[0].count.previous, 0);
		for (size_t i = 0; i < b->n_backends; i++) {
			expect_number(b->backends[i].count.records - a->backends[i].count.records, 0);
			expect_number(b->backends[i].count.previous - a->backends[i].count.previous, 0);
		}
		sl_stats_free(a);
		sl_stats_free(b);
	}
}

static void a_record_is_refreshed_by_each_packet(void **state)
{
	struct sl_record *r;

	(void)state;
	generations_forget();
	generations_slots(id_of(B), id_of(A));
	expect_number(sent(A_SYN), B);
	r = generations_record();
	generations_age(r, SL_RECORD_UNCONFIRMED - 1);
	expect_number(sent(A_SYN), B);
	generations_age(r, SL_RECORD_UNCONFIRMED - 1);
	expect_number(sent(AN_ACK), B);
	for (int i = 0; i < 3; i++) {
		generations_age(r, generations_pool()->lasts - 1u);
		expect_number(sent(AN_ACK), B);
	}
	expect_number((uint16_t)(SL_RECORD_TIME(r->is) - now) < 60, 1);
}

static void a_record_of_another_pool_leads_nobody(void **state)
{
	struct sl_record *r;

	(void)state;
	generations_forget();
	generations_slots(id_of(B), id_of(A));
	expect_number(sent(A_SYN), B);
	r = generations_record();
	r->is ^= 1 << 16;
	expect_number(sent(AN_ACK), A);
	r->is ^= 1 << 16;
	expect_number(sent(AN_ACK), B);
}

static void a_record_being_written_leads_nobody(void **state)
{
	struct sl_record *r;
	uint64_t tag;

	(void)state;
	generations_forget();
	generations_slots(id_of(B), id_of(A));
	expect_number(sent(A_SYN), B);
	r = generations_record();
	tag = r->tag;
	r->tag = SL_RECORD_BUSY;
	expect_number(sent(AN_ACK), A);
	r->tag = tag;
	expect_number(sent(AN_ACK), B);
}

int main(void)
{
	enum { ROWS = sizeof(rows) / sizeof(rows[0]), MORE = 5 };
	static struct CMUnitTest tests[ROWS + MORE] = {
		cmocka_unit_test_setup(a_flow_lives_through_a_change, begin),
		cmocka_unit_test_setup(what_is_not_sent_was_led_by_nobody, begin),
		cmocka_unit_test_setup(a_record_is_refreshed_by_each_packet, begin),
		cmocka_unit_test_setup(a_record_of_another_pool_leads_nobody, begin),
		cmocka_unit_test_setup(a_record_being_written_leads_nobody, begin),
	};

	for (size_t i = 0; i < ROWS; i++)
		tests[MORE + i] = (struct CMUnitTest){
			.name = rows[i].name, .test_func = row_holds, .setup_func = begin,
			.initial_state = (void *)(uintptr_t)&rows[i],
		};
	return rig_main(NULL, 0, tests, ROWS + MORE);
}
