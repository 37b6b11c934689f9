/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The filter: management, rules, and what a closed policy lets in.
 *
 * What it lets in is noted as `accepted` and travels on: it may still be for a
 * service. Rules are bits: each dimension in use yields the rules that the
 * packet satisfies there, and the AND of all is the rules that match, in order.
 * In a dry run what it would drop travels on as well, noted as spared.
 */
#ifndef SLUICE_RULES_H
#define SLUICE_RULES_H

#include "limit.h"
#include "maps.h"
#include "verdict.h"

/* ---- management ------------------------------------------------------------ */

static __always_inline int has_header(const struct pkt *p, __u8 proto)
{
	return p->proto == proto && p->fragment != SL_FRAG_LATER;
}

static __always_inline int is_management(const struct pkt *p)
{
	__u32 flags;

	if (!USES(SL_F_MANAGEMENT))
		return 0;
	if (!(p->flags & SL_CLASS_MANAGEMENT))
		return 0;
	flags = bank_of(p->turn)->port_flags[IDX(p->dport, 0xffff)];
	if (has_header(p, PROTO_TCP))
		return flags & SL_PORT_MANAGEMENT_TCP;
	return has_header(p, PROTO_UDP) && flags & SL_PORT_MANAGEMENT_UDP;
}

/* ---- rules ----------------------------------------------------------------- */

/* The dimensions that a packet's header has, X(feature, row of the bank): read
 * whole, or in one word only. */
enum {
	HEADER_ASKED = SL_F_KIND | SL_F_SPORT | SL_F_DPORT | SL_F_TYPE | SL_F_VLAN |
		       SL_F_LENGTH | SL_F_TTL,
};
#define HEADER_ROWS(X) \
	X(SL_F_KIND, kind[IDX(kind_of(p), SL_KIND_ROWS - 1)]) \
	X(SL_F_SPORT, sport[IDX(b->sport_row[IDX(p->sport, 0xffff)], SL_PORT_ROWS - 1)]) \
	X(SL_F_DPORT, dport[IDX(b->dport_row[IDX(p->dport, 0xffff)], SL_PORT_ROWS - 1)]) \
	X(SL_F_TYPE, type[IDX(p->type, SL_TYPE_ROWS - 1)]) \
	X(SL_F_VLAN, vlan[IDX(b->vlan_row[IDX(p->vlan, 4095)], SL_VLAN_ROWS - 1)]) \
	X(SL_F_LENGTH, length[IDX(b->length_row[length_index(p)], SL_LENGTH_ROWS - 1)]) \
	X(SL_F_TTL, ttl[IDX(p->ttl, SL_TTL_ROWS - 1)])

static __always_inline __u32 kind_of(const struct pkt *p)
{
	return p->proto | (__u32)p->fragment << 8 | (__u32)(p->family == 6) << 10;
}

/* An IPv6 packet may have 40 octets more than 65535: then it is all ones. */
static __always_inline __u32 length_index(const struct pkt *p)
{
	__u64 longer = SETTLED((0xffffULL - p->ip_length) >> 63);

	return IDX((__u32)(p->ip_length | -longer), 0xffff);
}

/* What the header leaves of one word of the rules. */
static __always_inline __u64 narrow_word(__u64 hits, const struct pkt *p, const struct sl_bank *b, __u32 w)
{
	if (!USES(HEADER_ASKED) || (USES(SL_F_FROM | SL_F_TO) && !hits))
		return hits;
#define NARROW_WORD(feature, row) \
	if (USES(feature)) \
		hits &= b->row.word[w];
	HEADER_ROWS(NARROW_WORD)
#undef NARROW_WORD
	return hits;
}

static __always_inline void narrow(struct hits *hits, const struct sl_rule_set *row)
{
	UNROLL
	WORDS_OF_RULES(w)
		hits->word[w] &= row->word[w];
}

static __always_inline void narrow_words(struct hits *hits, const struct pkt *p, const struct sl_bank *b)
{
#define NARROW(feature, row) \
	if (USES(feature)) \
		narrow(hits, &b->row);
	HEADER_ROWS(NARROW)
#undef NARROW
}

static __always_inline int is_empty(const struct hits *hits)
{
	return !(hits->word[0] | hits->word[1] | hits->word[2] | hits->word[3]);
}

/* The place of the only bit: a de Bruijn sequence tells them apart. */
static __always_inline __u32 place(__u64 bit)
{
	static const __u8 places[64] = {
		0, 1, 48, 2, 57, 49, 28, 3, 61, 58, 50, 42, 38, 29, 17, 4,
		62, 55, 59, 36, 53, 51, 43, 22, 45, 39, 33, 30, 24, 18, 12, 5,
		63, 47, 56, 27, 60, 41, 37, 16, 54, 35, 52, 21, 44, 32, 23, 11,
		46, 26, 40, 15, 34, 20, 31, 10, 25, 14, 19, 9, 13, 8, 7, 6,
	};

	return places[bit * 0x03f79d71b4cb0a89ULL >> 58];
}

/* Index of the first matching rule with a verdict of its own; SL_RULES_MAX: none. */
static __always_inline __u32 first_verdict(const struct hits *hits, const struct sl_bank *b)
{
	UNROLL
	WORDS_OF_RULES(w) {
		__u64 word = hits->word[w] & b->verdicts.word[w];

		if (word)
			return w * 64 + place(word & -word);
	}
	return SL_RULES_MAX;
}

/* The first rule of the set; SL_RULES_MAX: none. It is taken out. */
static __always_inline __u32 take_first(struct hits *hits)
{
	UNROLL
	WORDS_OF_RULES(w) {
		__u64 bit = hits->word[w] & -hits->word[w];

		if (!bit)
			continue;
		hits->word[w] ^= bit;
		return w * 64 + place(bit);
	}
	return SL_RULES_MAX;
}

static __always_inline const struct sl_rule *rule_at(__u32 turn, __u32 rule)
{
	return &bank_of(turn)->rule[IDX(rule, SL_RULES_MAX - 1)];
}

static __always_inline void note_sample(struct pkt *p, const struct sl_rule *rule)
{
	if (!USES(SL_F_SAMPLE) || !rule->sample)
		return;
	if (bpf_get_prandom_u32() <= rule->sample)
		p->sampled = rule->counter + 1;
}

/* A rule that matches before the verdict. 1: it is over its limit, and decides.
 * Global, so that the loop over them is short to verify. */
__noinline int visit_one(struct pkt *p, __u32 index)
{
	const struct sl_rule *rule;

	if (!USES(SL_F_COUNT) || !p)
		return 0;
	rule = rule_at(p->turn, index);
	if (USES(SL_F_LIMIT) && rule->flags & SL_RULE_LIMIT) {
		if (!is_over_there(p, index))
			return 0;
		rule = rule_at(p->turn, index);
		if (rule->action != SL_ACT_COUNT)
			return 1;
	}
	count_rule(counts_here(), rule->counter, p->length);
	note_sample(p, rule);
	return 0;
}

/* Visits the rules in p->hits, as far as they come before the verdict: the rule
 * that decides. Global, as few packets come here. */
__noinline int visit_rules(struct pkt *p, __u32 verdict)
{
	__u32 visited = 0, rule;

	if (!USES(SL_F_COUNT) || !p)
		return 0;
	/* Bottom-tested: 6.1 takes no loop whose back edge falls through. */
	do {
		/* SETTLED: else clang keeps 4 pointers on the stack */
		rule = (__u32)FORGET(take_first(SETTLED(&p->hits)), UNKNOWN_ZERO(verdict));
		if (rule >= verdict)
			return (int)verdict;
		if (visit_one(p, rule))
			return (int)rule;
		visited++;
		asm volatile("" : "+r"(visited));
	} while (visited < SL_WALK_MAX);
	if (take_first(&p->hits) < verdict)
		counts_here()->event[SL_EVENT_WALK_LIMIT]++;
	return (int)verdict;
}

/* The rule that decides, if `rule` is visited before the verdict. A limit is
 * looked at here: alone, as most packets meet one. */
static __always_inline __u32 visit_alone(struct pkt *p, const struct sl_bank *b, __u32 index, __u32 verdict)
{
	const struct sl_rule *rule = &b->rule[IDX(index, SL_RULES_MAX - 1)];

	if (USES(SL_F_LIMIT) && rule->flags & SL_RULE_DECIDES)
		return is_over(p, b, index) ? index : verdict;
	return visit_one(p, index) ? index : verdict;
}

/* Out of an interface, or to a CPU: round by flow, so that none is torn. */
static __always_inline int steer(struct pkt *p, const struct sl_rule *rule, __u32 index)
{
	const struct sl_bank *bank = bank_of(p->turn);
	__u64 place;

	if (rule->action == SL_ACT_REDIRECT) {
		index = (p->turn & SL_RULES_MAX) + IDX(index, SL_RULES_MAX - 1);
		if (bpf_redirect_map(&devices, index, XDP_DROP) != XDP_REDIRECT)
			return -SL_NO_ROUTE;
	} else {
		place = rule->target + ((__u64)hash_flow(bank->hash_key, p) * rule->targets >> 32);
		if (bpf_redirect_map(&cpus, bank->cpu[IDX(place, SL_CPUS_MAX - 1)], XDP_PASS) != XDP_REDIRECT)
			return 0;	/* it is offline: this CPU does it */
	}
	p->sent = SEND_ELSEWHERE;
	return -SL_REDIRECTED;
}

static __always_inline int decide(struct pkt *p, const struct sl_bank *b, __u32 index)
{
	const struct sl_rule *rule = &b->rule[IDX(index, SL_RULES_MAX - 1)];

	p->rule = rule->counter + 1;
	note_sample(p, rule);
	if (USES(SL_F_STEER) && rule->action >= SL_ACT_REDIRECT) {
		p->accepted = (__u8)FORGET(SL_RULE, p->zero);
		return steer(p, rule, index);
	}
	if (rule->action == SL_ACT_DROP) {
		p->drop = DROP_RULED;
		return USES(SL_F_LIMIT) && rule->flags & SL_RULE_LIMIT ? -SL_RATE_LIMIT : -SL_RULE;
	}
	p->accepted = (__u8)FORGET(SL_RULE, p->zero);
	return 0;
}

/* The rule that decides, if these of one word are visited before the verdict. */
static __always_inline __u32 visit_word(struct pkt *p, const struct sl_bank *b, __u64 before, __u32 w, __u32 verdict)
{
	if (!before)
		return verdict;
	if (!(before & (before - 1)))
		return visit_alone(p, b, w * 64 + place(before), verdict);
	UNROLL
	WORDS_OF_RULES(i)
		p->hits.word[i] = i == w ? before : 0;
	return (__u32)visit_rules(p, verdict);
}

/* These rules of one word match, at least one: does one of them decide? */
static __always_inline int match_word(struct pkt *p, const struct sl_bank *b, __u64 hits, __u32 w)
{
	__u64 verdicts = hits, first;
	__u32 index = SL_RULES_MAX;

	if (USES(SL_F_COUNT))
		verdicts &= b->verdicts.word[w];
	first = verdicts & -verdicts;
	if (verdicts)
		index = w * 64 + place(first);
	if (USES(SL_F_COUNT)) {
		index = (__u32)FORGET(index, p->zero);
		index = visit_word(p, b, hits & ~verdicts & (first - 1), w, index);
		index = (__u32)FORGET(index, p->zero);
		if (index >= SL_RULES_MAX)
			return 0;
	}
	return decide(p, b, index);
}

/* The same for rules of any words. */
static __always_inline int match_words(struct pkt *p, const struct sl_bank *b)
{
	__u32 index;

	narrow_words(&p->hits, p, b);
	if (is_empty(&p->hits))
		return 0;
	index = (__u32)FORGET(first_verdict(&p->hits, b), p->zero);
	if (USES(SL_F_COUNT)) {
		UNROLL
		WORDS_OF_RULES(w)
			p->hits.word[w] &= ~b->verdicts.word[w];
		index = (__u32)FORGET(visit_rules(p, index), p->zero);
	}
	return index < SL_RULES_MAX ? decide(p, b, index) : 0;
}

static __always_inline int match_one_word(struct pkt *p, const struct sl_bank *b, __u64 hits, __u32 w)
{
	hits = narrow_word(hits, p, b, w);
	return hits ? match_word(p, b, hits, w) : 0;
}

/* More than 64 rules. Most addresses leave rules of one word, if any: then no
 * other is read. Which, is told by branches: they are guessed, and nothing waits. */
static __always_inline int match_many(struct pkt *p, const struct sl_bank *b)
{
	struct hits hits = *(const struct hits *)&b->rules;
	const __u64 *word = hits.word;
	__u64 low, high;
	__u32 w;

	if (USES(SL_F_FROM))
		hits = *(const struct hits *)&class_row(p->turn, p->from_class)->from;
	if (USES(SL_F_TO))
		narrow(&hits, &class_row(p->turn, p->to_class)->to);
	low = word[0] | word[1];
	high = word[2] | word[3];
	if (!(low | high))
		return 0;
	if ((low && high) || (word[0] && word[1]) || (word[2] && word[3])) {
		p->hits = hits;
		return match_words(p, b);
	}
	w = (low ? 0 : 2) + (word[0] | word[2] ? 0 : 1);
	w = (__u32)FORGET(w, p->zero);
	return match_one_word(p, b, low | high, IDX(w, SL_RULE_WORDS - 1));
}

/* Does a rule decide? Then p->rule is its counter + 1. */
static __always_inline int match_rules(struct pkt *p)
{
	const struct sl_bank *b;
	__u64 hits;

	if (!KNOB(rule_words))
		return 0;
	b = bank_of(p->turn);
	if (KNOB(rule_words) > 1)
		return match_many(p, b);
	hits = b->rules.word[0];
	if (USES(SL_F_FROM))
		hits = class_row(p->turn, p->from_class)->from.word[0];
	if (USES(SL_F_TO))
		hits &= class_row(p->turn, p->to_class)->to.word[0];
	return match_one_word(p, b, hits, 0);
}

/* ---- policy ---------------------------------------------------------------- */

static __always_inline int is_essential_icmp(const struct pkt *p)
{
	__u32 type = p->type & 0xff;

	if (p->family == 4)
		return type == 3 || type == 11 || type == 12;
	return (type >= 1 && type <= 4) || (type >= 130 && type <= 136) || type == 143;
}

static __always_inline int is_essential(const struct pkt *p)
{
	if (!bank_of(p->turn)->essential)
		return 0;
	if (has_header(p, p->family == 4 ? PROTO_ICMP : PROTO_ICMPV6))
		return is_essential_icmp(p);
	if (!has_header(p, PROTO_UDP))
		return 0;
	if (p->family == 4)
		return p->sport == BE16(67) && p->dport == BE16(68);
	return p->sport == BE16(547) && p->dport == BE16(546);
}

static __always_inline int is_reply(const struct pkt *p)
{
	if (!has_header(p, PROTO_UDP) || bpf_ntohs(p->dport) < 1024)
		return 0;
	return bank_of(p->turn)->port_flags[IDX(p->sport, 0xffff)] & SL_PORT_REPLY_UDP;
}

/* Why a closed policy lets it in; 0: it does not. */
static __always_inline __u32 spoken_for(const struct pkt *p)
{
	if (is_essential(p))
		return SL_ESSENTIAL;
	if (bank_of(p->turn)->established && has_header(p, PROTO_TCP) && p->type & (TCP_ACK | TCP_RST))
		return SL_ESTABLISHED;
	if (is_reply(p))
		return SL_REPLY;
	if (p->fragment == SL_FRAG_LATER && !bank_of(p->turn)->fragment_later_drop)
		return SL_FRAGMENT;
	return 0;
}

/* What no rule decided, when the policy is to drop. */
static __always_inline int match_policy(struct pkt *p)
{
	if (!USES(SL_F_POLICY))
		return 0;
	if (!bank_of(p->turn)->policy_drop)
		return 0;
	p->accepted = (__u8)FORGET(spoken_for(p), p->zero);
	return p->accepted ? 0 : -SL_POLICY;
}

static __always_inline int filter_ip(struct pkt *p)
{
	int err;

	if (!KNOB(rule_words) && !USES(SL_F_MANAGEMENT | SL_F_POLICY))
		return 0;
	if (is_management(p)) {
		p->accepted = SL_MANAGEMENT;
		return 0;
	}
	err = match_rules(p);
	if (err || p->accepted)
		return err;
	return match_policy(p);
}

static __always_inline int filter(struct pkt *p)
{
	int err = filter_ip(p);

	return err && is_spared(p, err) ? 0 : err;
}

#endif
