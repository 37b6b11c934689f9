/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Rules become bit vectors: for each value of each dimension, the rules that
 * it satisfies. The AND over the dimensions has a bit for each rule that
 * matches, in order.
 */
#ifndef SL_RULES_H
#define SL_RULES_H

#include "lists.h"

/* Fills the bank's rules and their dimensions but the addresses. *features
 * gains what they use. -EINVAL: more than can be told apart. */
int rules_fill(const struct compile_input *in, struct sl_bank *bank, __u64 *features, struct sl_error *x);

/* Writes the row of every class from `first` on; rows has classes_count(classes)
 * or more. */
int rows_fill(const struct lists *l, const struct classes *classes, uint32_t first, struct sl_class *rows);

static inline void rule_set(struct sl_rule_set *s, size_t rule)
{
	s->word[rule / 64] |= 1ULL << rule % 64;
}

static inline void rule_clear(struct sl_rule_set *s, size_t rule)
{
	s->word[rule / 64] &= ~(1ULL << rule % 64);
}

static inline bool rule_has(const struct sl_rule_set *s, size_t rule)
{
	return s->word[rule / 64] >> rule % 64 & 1;
}

#endif
