/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Makes packets of flows and reads where they went. */
#include <netinet/in.h>
#include <stdio.h>

#include "tests/packet/flows.h"
#include "tests/packet/harness.h"

static void flow_build(const struct flow *f, struct frame *out)
{
	char src[48];

	if (f->family == 4) {
		snprintf(src, sizeof(src), "10.%u.%u.%u", f->source >> 16 & 255,
			 f->source >> 8 & 255, f->source & 255);
		if (f->proto == IPPROTO_TCP)
			frame_build(out,
				    PACKET(ETH(),
					   IP4(.src = src, .dst = f->vip),
					   TCP(.sport = f->sport,
					       .dport = f->dport)),
				    NULL);
		else
			frame_build(out,
				    PACKET(ETH(),
					   IP4(.src = src, .dst = f->vip),
					   UDP(.sport = f->sport,
					       .dport = f->dport)),
				    NULL);
		return;
	}
	snprintf(src, sizeof(src), "2001:db8:5::%x:%x",
		 f->source >> 16 & 0xffff, f->source & 0xffff);
	if (f->proto == IPPROTO_TCP)
		frame_build(out,
			    PACKET(ETH(), IP6(.src = src, .dst = f->vip),
				   TCP(.sport = f->sport, .dport = f->dport)),
			    NULL);
	else
		frame_build(out,
			    PACKET(ETH(), IP6(.src = src, .dst = f->vip),
				   UDP(.sport = f->sport, .dport = f->dport)),
			    NULL);
}

unsigned backend_of(const struct flow *f)
{
	static struct frame in, out;

	flow_build(f, &in);
	if (rig_run(&in, &out) != XDP_TX)
		fail_msg("the packet was not sent");
	return out.byte[12] == 0x08 ? out.byte[14 + 19] : out.byte[14 + 39];
}

uint32_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(*state >> 32);
}
