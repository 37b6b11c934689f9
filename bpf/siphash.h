/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * SipHash-1-3 of a few words, for what attackers can address: they learn nothing
 * from what collides. Pure.
 */
#ifndef SLUICE_SIPHASH_H
#define SLUICE_SIPHASH_H

#include "packet.h"

struct sip { __u64 v0, v1, v2, v3; };

#define ROTATE(x, n) ((x) << (n) | (x) >> (64 - (n)))

/* A round in two parts. The first one is done ahead, so that it is a constant's in
 * the first round, and is not done behind the last. */
static __always_inline void sip_ahead(struct sip *s)
{
	s->v0 += s->v1;
	s->v1 = ROTATE(s->v1, 13) ^ s->v0;
	s->v0 = ROTATE(s->v0, 32);
}

static __always_inline void sip_rest(struct sip *s)
{
	s->v2 += s->v3;
	s->v3 = ROTATE(s->v3, 16) ^ s->v2;
	s->v2 += s->v1;
	s->v0 += s->v3;
	s->v1 = ROTATE(s->v1, 17) ^ s->v2;
	s->v3 = ROTATE(s->v3, 21) ^ s->v0;
	s->v2 = ROTATE(s->v2, 32);
}

/* `key`: of sl_sip_key(). */
static __always_inline void sip_begin(struct sip *s, const __u64 key[4])
{
	s->v0 = key[0];
	s->v1 = key[1];
	s->v2 = key[2];
	s->v3 = key[3];
}

static __always_inline void sip_word(struct sip *s, __u64 word)
{
	s->v3 ^= word;
	sip_rest(s);
	s->v0 ^= word;
	sip_ahead(s);
}

/* `last`: the octets that fill no word, and their whole number << 56. */
static __always_inline void sip_end(struct sip *s, __u64 last)
{
	sip_word(s, last);
	s->v2 ^= 0xff;
	sip_rest(s);
	sip_ahead(s);
	sip_rest(s);
	sip_ahead(s);
	sip_rest(s);
}

static __always_inline __u64 sip_sum(const struct sip *s)
{
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

#endif
