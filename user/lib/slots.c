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

static uint16_t owner_of(uint64_t words, int half)
{
	return (uint16_t)(words >> 32 * half) % SL_BACKENDS_MAX;
}

/* Both slots of a pair. */
static bool is_stable(uint64_t words)
{
	return !((words ^ words >> 16) & 0x0000ffff0000ffff);
}

/* By fours, as they lie; one by one where somebody waits. */
void slots_survey(const uint32_t *word, size_t n, struct slot_counts *add, struct slot_owners *owners)
{
	const uint64_t *pair = (const void *)word;

	for (size_t i = 0; i + 1 < n / 2; i += 2) {
		uint64_t a = __atomic_load_n(&pair[i], __ATOMIC_RELAXED);
		uint64_t b = __atomic_load_n(&pair[i + 1], __ATOMIC_RELAXED);

		owners->of[0][owner_of(a, 0)]++;
		owners->of[1][owner_of(a, 1)]++;
		owners->of[2][owner_of(b, 0)]++;
		owners->of[3][owner_of(b, 1)]++;
		if (is_stable(a) && is_stable(b)) {
			add->of[SLOT_STABLE] += 4;
			continue;
		}
		add->of[slot_state((uint32_t)a)]++;
		add->of[slot_state((uint32_t)(a >> 32))]++;
		add->of[slot_state((uint32_t)b)]++;
		add->of[slot_state((uint32_t)(b >> 32))]++;
	}
	for (size_t i = n / 4 * 4; i < n; i++) {
		owners->of[0][slot_current(word[i]) % SL_BACKENDS_MAX]++;
		add->of[slot_state(word[i])]++;
	}
}

uint32_t slots_owned(const struct slot_owners *owners, uint16_t id)
{
	return owners->of[0][id] + owners->of[1][id] + owners->of[2][id] + owners->of[3][id];
}
