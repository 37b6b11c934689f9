/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The two generations of a slot, and how one follows from the other: DESIGN 4.
 * Pure: words in, words out. Who writes the maps is pools.c.
 */
#ifndef SL_SLOTS_H
#define SL_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sluice/abi.h>

enum slot_state { SLOT_STABLE, SLOT_CHANGING, SLOT_SETTLING, SLOT_STATES };

struct slot_counts { uint32_t of[SLOT_STATES]; };

static inline uint16_t slot_current(uint32_t word)
{
	return (uint16_t)word;
}

static inline uint16_t slot_previous(uint32_t word)
{
	return (uint16_t)(word >> 16);
}

enum slot_state slot_state(uint32_t word);

/* What a slot becomes when its pool changes: `owner` is its backend in the new
 * ring, 0 none; `dead` tells by id. The same change once more changes nothing. */
uint32_t slot_change(uint32_t word, uint16_t owner, const bool dead[SL_BACKENDS_MAX]);

/* The word that slot i of a ring of `size` descends from, in one of `before`
 * slots that has the same hash. Shrinking keeps one of several. */
static inline size_t slot_ancestor(size_t i, size_t size, size_t before)
{
	return before <= size ? i / (size / before) : i * (before / size);
}

/* When slots rest. Times are in units of struct sl_pool, `now` among them. */
struct slot_clock {
	uint32_t now;
	uint32_t changed;	/* the pool's last change */
	uint32_t after, most;	/* settle_after, settle_max */
	uint32_t udp_until;	/* slots of a pool that serves UDP change till then */
	bool udp;
};

/* Does a changing slot settle, whose previous owner was last followed then? */
bool slot_is_due(const struct slot_clock *clock, uint32_t followed);

void slots_count(const uint32_t *word, size_t n, struct slot_counts *add);

/* The same, and who owns how many now. There are tens of millions: four counters of
 * an owner, so that no addition waits for the one before; slots_owned has the sum. */
struct slot_owners { uint32_t of[4][SL_BACKENDS_MAX]; };

void slots_survey(const uint32_t *word, size_t n, struct slot_counts *add, struct slot_owners *owners);
uint32_t slots_owned(const struct slot_owners *owners, uint16_t id);

#endif
