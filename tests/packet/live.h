/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* For tests that edit what runs and look at the counters after each packet. */
#ifndef TESTS_PACKET_LIVE_H
#define TESTS_PACKET_LIVE_H

#include <sluice/sluice.h>

#include "tests/packet/model.h"

void live_stay(void);	/* on this CPU, so that one CPU's counters tell all */

/* What this CPU counts, until something else is applied, loaded or edited. The
 * program may be another one then, and its maps larger: opened again. */
const struct sl_counts *live_counts(void);

struct sl_prefix live_prefix(const struct m_prefix *p);

#endif
