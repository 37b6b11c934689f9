/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rates of rules become prices in ticks of the kernel's clock. */
#include <string.h>
#include <time.h>

#include <xxhash.h>

#include "limits.h"

/* An octet's price is a fraction of a tick's: as many bits as fit beside the
 * length of a frame. */
enum { PRICE_BITS = 45, SHIFT_MAX = 40 };

/* The coarse clock moves with each tick. */
uint32_t limits_hz(void)
{
	struct timespec tick = { 0 };

	if (clock_getres(CLOCK_MONOTONIC_COARSE, &tick) || tick.tv_nsec <= 0)
		return 100;
	return (uint32_t)((1000000000 + tick.tv_nsec / 2) / tick.tv_nsec);
}

uint32_t limits_sets(const struct sl_config *conf)
{
	uint32_t sets = SL_RULES_MAX;
	bool tells = false;

	for (size_t i = 0; i < conf->filter.n_rules; i++)
		tells |= conf->filter.rules[i].rate.given &&
			 conf->filter.rules[i].rate.per != SL_PER_RULE;
	while (tells && sets * 2ull * SL_BUCKET_WAYS <= conf->limits.buckets)
		sets *= 2;
	return sets;
}

/* The first `length` bits of 64; fewer than none are none. */
static uint64_t mask(int length)
{
	return length <= 0 ? 0 : length >= 64 ? ~0ull : ~0ull << (64 - length);
}

static uint64_t rounded(double units)
{
	return units < 1 ? 1 : (uint64_t)(units + 0.5);
}

static void set_prices(const struct sl_rate *rate, uint32_t hz, struct sl_limit *l)
{
	double unit = (double)(1u << SL_TICK_BITS) * hz / (double)rate->per_second;

	l->burst = rounded(unit * (double)rate->burst);
	if (!rate->bits) {
		l->price = rounded(unit);
		l->burst = l->price * rate->burst;
		return;
	}
	unit *= 8;
	while (l->shift < SHIFT_MAX && unit < (double)(1ull << PRICE_BITS) / 2) {
		unit *= 2;
		l->shift++;
	}
	l->octet_price = rounded(unit);
	l->flags |= SL_LIMIT_OCTETS;
}

static void set_masks(const struct sl_rate *rate, struct sl_limit *l)
{
	if (rate->per == SL_PER_RULE) {
		l->flags |= SL_LIMIT_RULE;
		return;
	}
	if (rate->per == SL_PER_DESTINATION)
		l->flags |= SL_LIMIT_DESTINATION;
	l->mask4 = mask(rate->length);
	l->mask6[0] = mask(rate->length6);
	l->mask6[1] = mask(rate->length6 - 64);
}

void limits_fill(const struct compile_input *in, struct sl_bank *bank,
		 __u64 *features)
{
	for (size_t i = 0; i < in->conf->filter.n_rules; i++) {
		const struct sl_rule_conf *r = &in->conf->filter.rules[i];
		struct sl_limit *l = &bank->limit[i];

		if (!r->rate.given)
			continue;
		*features |= SL_F_LIMIT;
		bank->rule[i].flags |= SL_RULE_LIMIT;
		if (bank->rule[i].action != SL_ACT_COUNT)
			bank->rule[i].flags |= SL_RULE_DECIDES;
		set_prices(&r->rate, in->hz, l);
		set_masks(&r->rate, l);
		l->name = XXH32(r->name, strlen(r->name), XXH32(l, sizeof(*l), 0));
		l->counter = bank->rule[i].counter;
	}
}

static bool goes_on(const struct sl_bank *old, const struct sl_limit *l)
{
	for (size_t i = 0; i < SL_RULES_MAX; i++)
		if (old->rule[i].flags & SL_RULE_LIMIT &&
		    old->limit[i].counter == l->counter && old->limit[i].name == l->name)
			return true;
	return false;
}

void limits_begin(const struct maps *m, const struct sl_bank *old, const struct sl_bank *new)
{
	uint32_t sets = maps_sizes(m).knobs.limit_mask + 1;
	uint64_t *shared = (uint64_t *)((struct sl_buckets *)map_at(m, MAP_BUCKETS, 0) + sets);

	for (size_t i = 0; i < SL_RULES_MAX; i++) {
		const struct sl_limit *l = &new->limit[i];

		if (l->flags & SL_LIMIT_RULE && !goes_on(old, l))
			__atomic_store_n(&shared[sets + l->counter], 0, __ATOMIC_RELAXED);
	}
}
