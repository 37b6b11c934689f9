// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A rule's rate: {packets: 1000/s, burst: 200, per: source/24, per6: source/56}. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema.h"

/* "1000", "10k", "100M" and behind it `suffix`. */
static bool amount_read(const char *text, const char *suffix, uint64_t *amount)
{
	static const struct { const char *name; uint64_t times; } units[] = {
		{ "", 1 }, { "k", 1000 }, { "M", 1000000 }, { "G", 1000000000 },
	};
	size_t i, unit, n = strspn(text, "0123456789");
	uint64_t value = strtoull(text, NULL, 10);

	for (i = 0; i < 4; i++) {
		unit = strlen(units[i].name);
		if (!n || n > 9 || !value || strncmp(text + n, units[i].name, unit) ||
		    strcmp(text + n + unit, suffix))
			continue;
		*amount = value * units[i].times;
		return true;
	}
	return false;
}

static void read_speed(struct reader *r, const struct node *node,
		       const struct key *key, void *object)
{
	const char *text = read_text(r, node, key);
	bool bits = !strcmp(key->name, "bits");
	struct sl_rate *rate = object;

	if (!text)
		return;
	if (rate->given) {
		fault(r, node, "%s: expected packets or bits, not both",
		      key->name);
		return;
	}
	rate->given = true;
	rate->bits = bits;
	if (!amount_read(text, bits ? "bit/s" : "/s", &rate->per_second))
		fault(r, node, "%s %.64s: expected such as %s", key->name, text,
		      bits ? "100Mbit/s" : "1000/s");
}

static void write_speed(struct text *t, const struct key *key,
			const void *object)
{
	const struct sl_rate *rate = object;

	if (!rate->given || rate->bits != !strcmp(key->name, "bits"))
		return;
	text_add(t, "%llu%s/s", (unsigned long long)rate->per_second,
		 rate->bits ? "bit" : "");
}

static const struct type type_speed = { "a rate", read_speed, write_speed };

static void read_burst(struct reader *r, const struct node *node,
		       const struct key *key, void *object)
{
	const char *text = read_text(r, node, key);
	struct sl_rate *rate = object;

	if (text && !amount_read(text, rate->bits ? "bit" : "", &rate->burst))
		fault(r, node, "burst %.64s: expected such as %s", text,
		      rate->bits ? "10Mbit" : "200");
}

static void write_burst(struct text *t, const struct key *key,
			const void *object)
{
	const struct sl_rate *rate = object;

	(void)key;
	if (rate->burst)
		text_add(t, "%llu%s", (unsigned long long)rate->burst,
			 rate->bits ? "bit" : "");
}

static const struct type type_burst = { "a number", read_burst, write_burst };

static const char *const pers[] = { "source", "destination", "rule" };

/* "source/24"; `most` bits. */
static bool per_read(const char *text, uint8_t most, enum sl_rate_per *per,
		     uint8_t *length)
{
	size_t i, n = strcspn(text, "/");
	uint64_t number = most;

	for (i = 0; i < 3; i++)
		if (strlen(pers[i]) == n && !strncmp(pers[i], text, n))
			break;
	if (i == 3 || (text[n] && (i == SL_PER_RULE ||
				   !number_read(text + n + 1, 1, most, &number))))
		return false;
	*per = (enum sl_rate_per)i;
	*length = (uint8_t)number;
	return true;
}

static void read_per(struct reader *r, const struct node *node,
		     const struct key *key, void *object)
{
	const char *text = read_text(r, node, key);
	bool six = !strcmp(key->name, "per6");
	struct sl_rate *rate = object;
	enum sl_rate_per per;

	if (!text)
		return;
	if (!per_read(text, six ? 128 : 32, &per,
		      six ? &rate->length6 : &rate->length))
		fault(r, node, "%s %.64s: expected source/N, destination/N or rule",
		      key->name, text);
	else if (six && per != rate->per)
		fault(r, node, "per6 %.64s: expected %s, as per has", text,
		      pers[rate->per]);
	else
		rate->per = per;
}

static void write_per(struct text *t, const struct key *key, const void *object)
{
	bool six = !strcmp(key->name, "per6");
	const struct sl_rate *rate = object;
	uint8_t length = six ? rate->length6 : rate->length;

	text_add(t, "%s", pers[rate->per]);
	if (rate->per != SL_PER_RULE && length != (six ? 128 : 32))
		text_add(t, "/%u", length);
}

static const struct type type_per = { "source/N, destination/N or rule", read_per, write_per };

static const struct sl_rate rate_default = { .length = 32, .length6 = 128 };

static const void *rate_defaults(const void *object)
{
	(void)object;
	return &rate_default;
}

/* The clock of limits ticks every 10 ms at worst: what a tick brings must fit.
 * So must one packet, or a frame of usual length. */
enum { TICKS = 100, FRAME_BITS = 1514 * 8, MOST_SECONDS = 1000000 };

static uint64_t least_burst(const struct sl_rate *rate)
{
	uint64_t tick = (rate->per_second + TICKS - 1) / TICKS;
	uint64_t one = rate->bits ? FRAME_BITS : 1;

	return tick > one ? tick : one;
}

static void set_burst(struct reader *r, const struct node *node,
		      struct sl_rate *rate)
{
	const struct node *at = node_get(node, "burst");
	const char *unit = rate->bits ? "bit" : "";
	uint64_t least = least_burst(rate);

	if (!at)
		rate->burst = rate->per_second / 10;
	else if (rate->burst < least)
		caution(r, at, "burst %llu%s: raised to %llu%s: one tick of the clock, or one frame, may bring as much",
			(unsigned long long)rate->burst, unit,
			(unsigned long long)least, unit);
	if (rate->burst < least)
		rate->burst = least;
	if ((rate->burst - 1) / MOST_SECONDS >= rate->per_second)
		fault(r, at, "burst %llu%s: more than the rate brings in %d seconds",
		      (unsigned long long)rate->burst, unit, MOST_SECONDS);
}

static void finish_rate(struct reader *r, const struct node *node, void *object)
{
	struct sl_rate *rate = object;

	if (!rate->given)
		fault(r, node, "rate: expected packets or bits");
	else if (rate->per_second)
		set_burst(r, node, rate);
}

static const struct key keys[] = {
	{ "packets", .type = &type_speed, FIELD(struct sl_rate, per_second) },
	{ "bits", .type = &type_speed, FIELD(struct sl_rate, per_second) },
	{ "burst", .type = &type_burst, FIELD(struct sl_rate, burst) },
	{ "per", .type = &type_per, FIELD(struct sl_rate, per) },
	{ "per6", .type = &type_per, FIELD(struct sl_rate, length6) },
};

const struct schema schema_rate = {
	.noun = "rate", KEYS(keys), .size = sizeof(struct sl_rate),
	.defaults = rate_defaults, .finish = finish_rate,
};
