/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The two generations of a slot. */
#include "slots.h"

enum slot_state slot_state(uint32_t word)
{
	if (slot_current(word) == slot_previous(word))
		return SLOT_STABLE;
	return slot_previous(word) == SL_SETTLING ? SLOT_SETTLING : SLOT_CHANGING;
}

/* Who has the flows without a record. */
static uint16_t base_of(uint32_t word)
{
	return slot_state(word) == SLOT_CHANGING ? slot_previous(word) :
						   slot_current(word);
}

uint32_t slot_change(uint32_t word, uint16_t owner, const bool dead[SL_BACKENDS_MAX])
{
	uint16_t base = base_of(word);

	if (!base || base >= SL_BACKENDS_MAX || dead[base])
		base = owner;
	if (base != owner)
		return SL_SLOT(owner, base);
	return SL_SLOT(owner, slot_state(word) == SLOT_STABLE ? owner : SL_SETTLING);
}

/* Packets write times too, and may be a little ahead. */
static bool is_over(uint32_t now, uint32_t since, uint32_t wait)
{
	int64_t age = (int32_t)(now - since);

	return age >= (int64_t)wait;
}

bool slot_is_due(const struct slot_clock *clock, uint32_t followed)
{
	if (clock->udp && !is_over(clock->now, clock->udp_until, 0))
		return false;
	return is_over(clock->now, followed, clock->after) ||
	       is_over(clock->now, clock->changed, clock->most);
}

void slots_count(const uint32_t *word, size_t n, struct slot_counts *add)
{
	for (size_t i = 0; i < n; i++)
		add->of[slot_state(__atomic_load_n(&word[i], __ATOMIC_RELAXED))]++;
}
