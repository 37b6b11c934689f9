/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Slots and records written by hand, under a program that tracks flows: what a
 * pool that changes would have made of them.
 */
#ifndef TESTS_PACKET_GENERATIONS_H
#define TESTS_PACKET_GENERATIONS_H

#include <stdbool.h>
#include <stdint.h>

#include <sluice/abi.h>

/* Applies it with these features beside its own; pool 0 is what follows is about. */
void generations_apply(const char *config, uint64_t features);

struct sl_backend *generations_backend(uint32_t id); /* as packets read it */
uint32_t generations_id(uint8_t last); /* of 10.0.0.LAST; fails if none */
struct sl_pool *generations_pool(void);
uint32_t *generations_followed(uint32_t id);
void generations_slots(uint32_t current, uint32_t previous); /* all of the pool */
void generations_frontend_flags(uint8_t flags);              /* all frontends */

uint32_t generations_now(void); /* in the unit of struct sl_pool */

void generations_forget(void);  /* all records */
void generations_crowd(bool confirmed, uint32_t age); /* by others, all ways */
/* The only record; fails if there are more. NULL: there is none. */
struct sl_record *generations_record(void);
void generations_age(struct sl_record *r, uint32_t units);

#endif
