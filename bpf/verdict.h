/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a reason means: dropped, sent or neither; and the dry run. */
#ifndef SLUICE_VERDICT_H
#define SLUICE_VERDICT_H

#include "maps.h"

/* By what it differs from XDP_PASS: what nobody named passes. */
enum {
	VERDICT_PASS = 0,
	VERDICT_DROP = XDP_DROP ^ XDP_PASS,
	VERDICT_SENT = XDP_TX ^ XDP_PASS,	/* however it is sent */
	VERDICT_RULED = 7,
};

#define VERDICT_OF(name, text, verdict, when) [SL_##name] = VERDICT_##verdict,
static const __u8 verdicts[SL_REASON_ROOM] = { SL_REASONS(VERDICT_OF) };

/* XDP_PASS, XDP_DROP or XDP_TX. */
static __always_inline __u32 verdict_of(const struct pkt *p, __u32 reason)
{
	__u32 verdict = verdicts[reason];

	if (verdict == VERDICT_RULED && p->drop & DROP_ANSWERED)
		return XDP_TX;
	if (verdict == VERDICT_RULED)
		return XDP_PASS - (p->drop & DROP_RULED);	/* the number before: XDP_DROP */
	return verdict ^ XDP_PASS;
}

/* In a dry run what would be dropped is noted, and goes on. */
static __always_inline int is_spared(struct pkt *p, int err)
{
	if (!USES(SL_F_DRY_RUN))
		return 0;
	if (!bank_of(p->turn)->dry_run)
		return 0;
	if (verdict_of(p, IDX((__u32)-err, SL_REASON_ROOM - 1)) != XDP_DROP)
		return 0;
	p->accepted = (__u8)-err;
	p->drop = DROP_SPARED;
	return 1;
}

#endif
