/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A packet's way: it enters at the top of sluice() and leaves at its bottom. */
#include "parse.h"
#include "sanity.h"
#include "classify.h"
#include "rules.h"
#include "decap.h"
#include "balance.h"
#include "encap.h"
#include "emit.h"
#include "settle.h"

char _license[] SEC("license") = "Dual BSD/GPL";

/* Whatever is not on the straight line. Global: verified once, by itself. */
__noinline int parse_any(struct xdp_md *ctx, struct pkt *p)
{
	struct cursor c;

	if (!p)
		return -SL_SHORT_FRAME;
	p->length = c.limit = (__u32)bpf_xdp_get_buff_len(ctx);
	c.start = (void *)(long)ctx->data;
	c.end = (void *)(long)ctx->data_end;
	c.off = 0;
	return parse_frame(&c, p);
}

static __always_inline int parse(struct xdp_md *ctx, struct pkt *p)
{
	struct cursor c = {
		.start = (void *)(long)ctx->data,
		.end = (void *)(long)ctx->data_end,
	};

	if (!parse_straight(&c, p))
		return 0;
	/* Kernel 6.1 wants every octet of it written before it is handed on. */
	__builtin_memset(p, 0, sizeof(*p));
	return parse_any(ctx, p);
}

/* What stays the same for as long as the packet is here. */
static __always_inline void arrive(struct xdp_md *ctx, struct pkt *p)
{
	p->rule = p->service = p->backend = p->from_class = 0;
	p->vip = p->flags = p->accepted = p->drop = p->sent = 0;
	p->to_class = p->sampled = 0;
	p->interface = (__u8)interface_index(ctx->ingress_ifindex);
	p->turn = current_turn();
}

static __always_inline int carry(struct xdp_md *ctx, struct pkt *p)
{
	int err = parse(ctx, p);

	arrive(ctx, p);
	if (!err)
		err = check_sanity(ctx, p);
	if (err)
		is_spared(p, err);	/* then settle() lets it go to the stack */
	if (!err)
		err = classify(p);
	if (!err)
		err = filter(p);
	if (!err)
		err = check_mac(ctx, p);
	if (!err)
		err = decap(ctx, p);
	if (!err)
		err = balance(ctx, p);
	if (!err)
		err = route(ctx, p);
	if (!err)
		err = encap(ctx, p);
	return err ? err : emit(ctx, p);
}

SEC("xdp.frags")
int sluice(struct xdp_md *ctx)
{
	struct pkt p;
	int err = carry(ctx, &p);

	return settle(ctx, &p, err);
}
