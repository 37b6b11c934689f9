/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The filter: sanity, management, rules, and what a closed policy lets in.
 *
 * What it lets in is noted as `accepted` and travels on: it may still be for a
 * service. Rules are bits: each dimension in use yields the rules that the
 * packet satisfies there, and the AND of all is the rules that match, in order.
 */
#ifndef SLUICE_RULES_H
#define SLUICE_RULES_H

#include "csum.h"
#include "maps.h"

/* ---- sanity -------------------------------------------------------------- */

static __always_inline int check_non_ip(struct pkt *p)
{
	if (p->ethertype == BE16(ETH_ARP) && bank_of(p->turn)->policy_drop && bank_of(p->turn)->essential)
		return -SL_ESSENTIAL;
	p->drop = bank_of(p->turn)->non_ip_drop;
	return -SL_NON_IP;
}

static __always_inline int check_sum(struct xdp_md *ctx, const struct pkt *p)
{
	const __u8 *ip = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;

	if (!USES(SL_F_CHECKSUM))
		return 0;
	if (!bank_of(p->turn)->verify_checksum || p->family != 4)
		return 0;
	ip += IDX(p->l3, 0xff);
	return sum_is_wrong(ip, end, (__u32)p->l4 - p->l3) ? -SL_MALFORMED_L3 : 0;
}

/* Addresses are compared by what is computed of them, so that the verifier
 * learns nothing of the addresses themselves (parse.h says why). */
static __always_inline int is_zero(__u64 difference)
{
	return SETTLED(difference) == 0;
}

/* RFC 2131, 4.1: a client without an address sends from 0.0.0.0. */
static __always_inline int is_dhcp_request(const struct pkt *p)
{
	return p->proto == PROTO_UDP && is_zero(p->src[0] >> 32) &&
	       p->sport == BE16(68) && p->dport == BE16(67);
}

static __always_inline int is_martian_ipv4(const struct pkt *p)
{
	__u32 net = (__u32)SETTLED(p->src[0] >> 56);

	return (net == 0 && !is_dhcp_request(p)) || net == 127 || net >= 224;
}

static __always_inline int is_martian_ipv6(const struct pkt *p)
{
	return SETTLED(p->src[0] >> 56) == 0xff || is_zero(p->src[0] | (p->src[1] ^ 1));
}

static __always_inline int is_mapped(const __u64 address[2])
{
	return is_zero(address[0] | (address[1] >> 32 ^ 0xffff));
}

static __always_inline int check_martian(const struct pkt *p)
{
	if (!USES(SL_F_MARTIANS))
		return 0;
	if (!bank_of(p->turn)->martians_drop)
		return 0;
	if (is_zero((p->src[0] ^ p->dst[0]) | (p->src[1] ^ p->dst[1])))
		return -SL_MARTIAN;
	return (p->family == 4 ? is_martian_ipv4(p) : is_martian_ipv6(p)) ? -SL_MARTIAN : 0;
}

static __always_inline int check_options(const struct pkt *p)
{
	if (!p->traits || bank_of(p->turn)->ip_options == SL_OPTIONS_PASS)
		return 0;
	if (p->traits & TRAIT_SOURCE_ROUTE || bank_of(p->turn)->ip_options == SL_OPTIONS_DROP)
		return -SL_IP_OPTIONS;
	return 0;
}

static __always_inline int check_flags(const struct pkt *p)
{
	__u32 flags = p->type & 0x3f;

	if (!USES(SL_F_ANOMALIES))
		return 0;
	if (!bank_of(p->turn)->anomalies_drop || p->proto != PROTO_TCP || p->fragment == SL_FRAG_LATER)
		return 0;
	if (!flags || (flags & TCP_SYN && flags & (TCP_FIN | TCP_RST)))
		return -SL_TCP_ANOMALY;
	if (flags & (TCP_FIN | TCP_URG) && !(flags & TCP_ACK))
		return -SL_TCP_ANOMALY;
	return 0;
}

/* One test of the knobs for three checks that few ask for. */
static __always_inline int check_asked(struct xdp_md *ctx, const struct pkt *p)
{
	int err;

	if (!USES(SL_F_CHECKSUM | SL_F_MARTIANS | SL_F_ANOMALIES))
		return check_options(p);
	err = check_sum(ctx, p);
	if (!err)
		err = check_martian(p);
	if (!err)
		err = check_options(p);
	return err ? err : check_flags(p);
}

static __always_inline int check_sanity(struct xdp_md *ctx, struct pkt *p)
{
	if (!p->family)
		return check_non_ip(p);
	if (p->family == 6 && (is_mapped(p->src) || is_mapped(p->dst)))
		return -SL_MARTIAN;
	return check_asked(ctx, p);
}

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

static __always_inline void narrow(__u64 *hits, const struct sl_rule_set *row)
{
	UNROLL
	WORDS_OF_RULES(w)
		if (w < knobs.rule_words)
			hits[w] &= row->word[w];
}

static __always_inline void narrow_by_class(__u64 *hits, const struct pkt *p)
{
	if (USES(SL_F_FROM))
		narrow(hits, &class_row(p->turn, p->from_class)->from);
	if (USES(SL_F_TO))
		narrow(hits, &class_row(p->turn, p->to_class)->to);
}

static __always_inline __u32 kind_of(const struct pkt *p)
{
	return p->proto | (__u32)p->fragment << 8 | (__u32)(p->family == 6) << 10;
}

static __always_inline void narrow_by_header(__u64 *hits, const struct pkt *p)
{
	const struct sl_bank *b = bank_of(p->turn);

	if (USES(SL_F_KIND))
		narrow(hits, &b->kind[IDX(kind_of(p), SL_KIND_ROWS - 1)]);
	if (USES(SL_F_SPORT))
		narrow(hits, &b->sport[IDX(b->sport_row[IDX(p->sport, 0xffff)], SL_PORT_ROWS - 1)]);
	if (USES(SL_F_DPORT))
		narrow(hits, &b->dport[IDX(b->dport_row[IDX(p->dport, 0xffff)], SL_PORT_ROWS - 1)]);
	if (USES(SL_F_TYPE))
		narrow(hits, &b->type[IDX(p->type, SL_TYPE_ROWS - 1)]);
	if (USES(SL_F_VLAN))
		narrow(hits, &b->vlan[IDX(b->vlan_row[IDX(p->vlan, 4095)], SL_VLAN_ROWS - 1)]);
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

/* Index of the first matching rule with a verdict; SL_RULES_MAX: none. */
static __always_inline __u32 first_verdict(const __u64 *hits, const struct sl_bank *b)
{
	UNROLL
	WORDS_OF_RULES(w) {
		__u64 word = w < knobs.rule_words ? hits[w] & b->verdicts.word[w] : 0;

		if (word)
			return w * 64 + place(word & -word);
	}
	return SL_RULES_MAX;
}

struct hits { __u64 word[SL_RULE_WORDS]; };

/* The first rule of the set; SL_RULES_MAX: none. It is taken out. */
static __always_inline __u32 take_first(struct hits *set)
{
	struct hits *hits = SETTLED(set);	/* else clang keeps 4 pointers on the stack */

	UNROLL
	WORDS_OF_RULES(w) {
		__u64 bit = hits->word[w] & -hits->word[w];

		if (w >= knobs.rule_words || !bit)
			continue;
		hits->word[w] ^= bit;
		return w * 64 + place(bit);
	}
	return SL_RULES_MAX;
}

/* Counts what matches before the verdict. Global, as few packets come here. */
__noinline int visit_rules(struct hits *hits, __u32 turn, __u32 verdict, __u32 length)
{
	const struct sl_bank *bank = bank_of(turn);
	struct sl_counts *counts = counts_here();
	__u32 rule, visited = 0;

	if (!USES(SL_F_COUNT) || !hits)
		return 0;
	/* Bottom-tested: 6.1 takes no loop whose back edge falls through. */
	do {
		rule = FORGET(take_first(hits), UNKNOWN_ZERO(length));
		CHECKPOINT();
		if (rule >= verdict)
			return 0;
		if (visited == SL_WALK_MAX)
			break;
		count_rule(counts, bank->rule[IDX(rule, SL_RULES_MAX - 1)].counter, length);
		visited++;
		asm volatile("" : "+r"(visited));
	} while (visited <= SL_WALK_MAX);
	counts->event[SL_EVENT_WALK_LIMIT]++;
	return 0;
}

/* Is there anything to count before the verdict? */
static __always_inline int is_visited(const struct hits *hits, const struct sl_bank *b)
{
	__u64 counting = 0;

	UNROLL
	WORDS_OF_RULES(w)
		counting |= hits->word[w] & ~b->verdicts.word[w];
	return counting != 0;
}

/* Does a rule decide? Then p->rule is its counter + 1. */
static __always_inline int match_rules(struct pkt *p)
{
	const struct sl_rule *rule;
	struct hits hits;
	__u32 verdict;

	if (!knobs.rule_words)
		return 0;
	UNROLL
	WORDS_OF_RULES(w)
		hits.word[w] = w < knobs.rule_words ? bank_of(p->turn)->rules.word[w] : 0;
	narrow_by_class(hits.word, p);
	narrow_by_header(hits.word, p);
	if (!(hits.word[0] | hits.word[1] | hits.word[2] | hits.word[3]))
		return 0;
	verdict = first_verdict(hits.word, bank_of(p->turn));
	if (USES(SL_F_COUNT) && is_visited(&hits, bank_of(p->turn)))
		visit_rules(&hits, p->turn, verdict, p->length);
	if (verdict >= SL_RULES_MAX)
		return 0;
	rule = &bank_of(p->turn)->rule[IDX(verdict, SL_RULES_MAX - 1)];
	p->rule = rule->counter + 1;
	if (rule->action == SL_ACT_DROP) {
		p->drop = 1;
		return -SL_RULE;
	}
	p->accepted = SL_RULE;
	return 0;
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

/* What no rule decided, when the policy is to drop. */
static __always_inline int match_policy(struct pkt *p)
{
	if (!USES(SL_F_POLICY))
		return 0;
	if (!bank_of(p->turn)->policy_drop)
		return 0;
	if (is_essential(p))
		p->accepted = SL_ESSENTIAL;
	else if (bank_of(p->turn)->established && has_header(p, PROTO_TCP) && p->type & (TCP_ACK | TCP_RST))
		p->accepted = SL_ESTABLISHED;
	else if (is_reply(p))
		p->accepted = SL_REPLY;
	else if (p->fragment == SL_FRAG_LATER && !bank_of(p->turn)->fragment_later_drop)
		p->accepted = SL_FRAGMENT;
	else
		return -SL_POLICY;
	return 0;
}

static __always_inline int filter(struct pkt *p)
{
	int err;

	if (!knobs.rule_words && !USES(SL_F_MANAGEMENT | SL_F_POLICY))
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

#endif
