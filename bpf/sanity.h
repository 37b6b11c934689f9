/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sanity: what no honest sender sends, as far as the configuration minds. */
#ifndef SLUICE_SANITY_H
#define SLUICE_SANITY_H

#include "csum.h"
#include "maps.h"

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

static __always_inline int is_mapped(const struct pkt *p, const __u64 address[2])
{
	if (FORGET(address[0], p->zero))
		return 0;
	return is_zero(address[1] >> 32 ^ 0xffff);
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
	if (p->family == 6 && (is_mapped(p, p->src) || is_mapped(p, p->dst)))
		return -SL_MARTIAN;
	return check_asked(ctx, p);
}

#endif
