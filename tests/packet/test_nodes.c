/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Nodes agree: the backend of a flow follows from configuration and seed alone.
 */
#include <netinet/in.h>
#include <string.h>

#include "tests/packet/flows.h"
#include "tests/packet/harness.h"

#define B(address) "{address: 10.0.0." address "}"
#define POOL(seed, backends) \
	"sluice: 1\ninterfaces: {}\nseed: " seed "\n" \
	"pools:\n  web: {next_hop: \"02:00:00:00:00:aa\", backends: [" backends \
	"]}\n" \
	"services:\n  www: {addresses: [203.0.113.10], tcp: [80], pool: web}\n"
#define FOUR POOL("one", B("21") ", " B("22") ", " B("23") ", " B("24"))

enum { FLOWS = 4000 };

/* Who gets each of FLOWS flows under a configuration. */
static void owners(const char *config, uint8_t owner[FLOWS])
{
	struct flow f = { 4, IPPROTO_TCP, "203.0.113.10", 0, 0, 80 };
	uint64_t random = 5;

	rig_apply_again(config);
	for (int i = 0; i < FLOWS; i++) {
		f.source = next_random(&random);
		f.sport = 1024 + next_random(&random) % 60000;
		owner[i] = (uint8_t)backend_of(&f);
	}
}

static void the_order_of_backends_does_not_matter(void **state)
{
	static uint8_t a[FLOWS], b[FLOWS];

	(void)state;
	owners(FOUR, a);
	owners(POOL("one", B("23") ", " B("21") ", " B("24") ", " B("22")), b);
	expect_number((uint64_t) !!memcmp(a, b, FLOWS), 0);
}

static void history_does_not_matter(void **state)
{
	static uint8_t a[FLOWS], b[FLOWS];

	(void)state;
	owners(FOUR, a);
	owners(POOL("one", B("22") ", " B("77")), b);
	rig_apply_again(HEAD);
	owners(FOUR, b);
	expect_number((uint64_t) !!memcmp(a, b, FLOWS), 0);
}

static void another_seed_is_another_choice(void **state)
{
	static uint8_t a[FLOWS], b[FLOWS];
	unsigned differ = 0;

	(void)state;
	owners(FOUR, a);
	owners(POOL("two", B("21") ", " B("22") ", " B("23") ", " B("24")), b);
	for (int i = 0; i < FLOWS; i++)
		differ += a[i] != b[i];
	expect_within(differ, FLOWS * .75, .05);
}

static void a_removed_backend_moves_its_flows_and_few_others(void **state)
{
	static uint8_t a[FLOWS], b[FLOWS];
	unsigned others = 0, its = 0;

	(void)state;
	owners(FOUR, a);
	owners(POOL("one", B("21") ", " B("22") ", " B("24")), b);
	for (int i = 0; i < FLOWS; i++) {
		its += a[i] == 23;
		others += a[i] != 23 && a[i] != b[i];
		assert_int_not_equal(b[i], 23);
	}
	expect_within(its, FLOWS * .25, .1);
	expect_number(others < FLOWS / 10, 1);
}

static void a_backend_that_returns_gets_its_flows_back(void **state)
{
	static uint8_t a[FLOWS], b[FLOWS];

	(void)state;
	owners(FOUR, a);
	owners(POOL("one",
		    B("21") ", " B("22") ", {address: 10.0.0.23, state: disabled}, " B(
			    "24")),
	       b);
	expect_number((uint64_t) !!memchr(b, 23, FLOWS), 0);
	owners(FOUR, b);
	expect_number((uint64_t) !!memcmp(a, b, FLOWS), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_order_of_backends_does_not_matter),
		cmocka_unit_test(history_does_not_matter),
		cmocka_unit_test(another_seed_is_another_choice),
		cmocka_unit_test(
			a_removed_backend_moves_its_flows_and_few_others),
		cmocka_unit_test(a_backend_that_returns_gets_its_flows_back),
	};

	return rig_main(NULL, 0, tests, sizeof(tests) / sizeof(tests[0]));
}
