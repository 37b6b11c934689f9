/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is said of a device that takes no XDP program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "user/lib/device.h"

static struct sl_error x;

static void says(uint32_t mtu, bool lro, enum sl_mode mode, int err, const char *what)
{
	struct device d = { .name = "eth0", .mtu = mtu, .lro = lro };

	assert_int_equal(device_refused(&d, mode, err, &x), -err);
	assert_string_equal(x.text, what);
}

static void a_large_mtu_is_named(void **state)
{
	static const char what[] = "eth0: the driver refuses XDP at an MTU of 9000: lower the MTU, or use --mode generic";

	(void)state;
	says(9000, false, SL_MODE_NATIVE, EINVAL, what);
	says(9000, false, SL_MODE_NATIVE, ERANGE, what);
	says(9000, true, SL_MODE_NATIVE, ERANGE, what);
	says(9000, false, SL_MODE_NATIVE, EOPNOTSUPP, "eth0: its driver has no native XDP, or none at an MTU of 9000: lower the MTU, or use --mode generic (slower)");
}

static void lro_is_named(void **state)
{
	static const char what[] = "eth0: the driver refuses XDP while LRO is on: ethtool -K eth0 lro off, or use --mode generic";

	(void)state;
	says(1500, true, SL_MODE_NATIVE, EINVAL, what);
	says(1500, true, SL_MODE_NATIVE, EOPNOTSUPP, what);
	says(9000, true, SL_MODE_NATIVE, EINVAL, "eth0: the driver refuses XDP while LRO is on, and perhaps at so large an MTU: ethtool -K eth0 lro off, or use --mode generic");
}

static void neither_is_named_where_neither_is_at_fault(void **state)
{
	(void)state;
	says(1500, false, SL_MODE_NATIVE, EINVAL, "eth0: the driver refuses XDP as the device is set up now (queues, headroom): use --mode generic");
	says(1500, false, SL_MODE_NATIVE, EOPNOTSUPP, "eth0: its driver has no native XDP as the device is set up: use --mode generic (slower)");
	says(9000, true, SL_MODE_NATIVE, ENOMEM, "eth0: attaching: Cannot allocate memory");
	says(9000, true, SL_MODE_GENERIC, EINVAL, "eth0: attaching: Invalid argument");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_large_mtu_is_named),
		cmocka_unit_test(lro_is_named),
		cmocka_unit_test(neither_is_named_where_neither_is_at_fault),
	};

	return cmocka_run_group_tests_name("refusal", tests, NULL, NULL);
}
