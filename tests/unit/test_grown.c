/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An array that doubles its room whenever it is full. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sluice/grow.h>

/* Asked for too much, the sanitizer's allocator ends the test, but for this. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static void room_doubles_and_what_was_there_stays(void **state)
{
	static const size_t want[] = { 3, 3, 3, 6, 6, 6, 12 };
	size_t room = 0, *items = NULL;

	(void)state;
	for (size_t n = 0; n < sizeof(want) / sizeof(*want); n++) {
		items = sl_grown(items, n, &room, sizeof(*items), 3);
		assert_non_null(items);
		assert_int_equal(room, want[n]);
		items[n] = n;
	}
	for (size_t n = 0; n < sizeof(want) / sizeof(*want); n++)
		assert_int_equal(items[n], n);
	free(items);
}

static void without_memory_no_room_is_counted(void **state)
{
	volatile size_t half = SIZE_MAX / 2;	/* the compiler would warn of it */
	size_t room = 0;

	(void)state;
	assert_null(sl_grown(NULL, 0, &room, half, 3));
	assert_int_equal(room, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(room_doubles_and_what_was_there_stays),
		cmocka_unit_test(without_memory_no_room_is_counted),
	};

	return cmocka_run_group_tests_name("grown", tests, NULL, NULL);
}
