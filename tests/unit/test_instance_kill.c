/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The lock of an instance against the real kernel, and kills. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/lab.h"
#include "user/lib/registry.h"
#include "user/lib/slots.h"

static struct sl_error x;

static void the_holder_of_the_lock_is_named(void **state)
{
	struct sl_instance *inst = opened(SL_OPEN_CREATE), *second = NULL;
	char pid[32];

	(void)state;
	snprintf(pid, sizeof(pid), "process %d ", (int)getpid());
	assert_int_equal(sl_open(&second, NAME, SL_OPEN_CHANGE, &x), -EBUSY);
	assert_non_null(strstr(x.text, pid));
	sl_close(inst);
}

/* A backend gets another weight or health, in place; what rests, rests. */
static void change_pool(struct sl_instance *inst, struct sl_config *conf, const char *text)
{
	struct sl_config *next = parse(text);
	struct sl_settled done;

	if (conf->n_pools) {
		const struct sl_address *a = &conf->pools[0].backends[0].addr;

		next->pools[0].backends[0].weight = 50;
		next->pools[0].backends[1].addr.octet[3]++;
		sl_pools_apply(inst, next, 1, &x);
		sl_config_set(inst, next);
		sl_backend_health(inst, "web", a, false, &x);
		sl_backend_health(inst, "web", a, true, &x);
		sl_pool_settle(inst, NULL, &done, &x);
	}
	sl_config_set(inst, conf);
	conf_free(next);
}

static void change_for_ever(void)
{
	static const char *const texts[] = { balance, other, attached, generic, both, filter };
	static const struct sl_prefix p = { .addr = { 4, { 203, 0, 113 } }, .length = 24 };
	struct sl_instance *inst = NULL;
	size_t changed;

	for (unsigned i = (unsigned)getpid();; i++) {
		const char *text = texts[i % (sizeof(texts) / sizeof(*texts))];
		struct sl_config *conf = parse(text);

		if (sl_open(&inst, NAME, SL_OPEN_CREATE, &x))
			_exit(1);
		if (sl_apply(inst, conf, sl_digest(text, strlen(text)), &x))
			_exit(2);
		sl_config_set(inst, conf);
		sl_set_add(inst, "bans", &p, 1, 0, &changed, &x);
		sl_set_del(inst, "bans", &p, 1, &changed, &x);
		change_pool(inst, conf, text);
		sl_close(inst);
		conf_free(conf);
	}
}

static const struct sl_backend *backend(const struct sl_instance *inst, uint16_t id)
{
	const struct sl_backend *all = map_at(&inst->maps, MAP_BACKENDS, active(inst));

	assert_true(id < SL_BACKENDS_MAX && registry(inst)->backend[id].pool);
	return &all[id];
}

/* Each slot leads to backends that there are. */
static void check_slots(const struct sl_instance *inst)
{
	const struct sl_registry_pool *p = &registry(inst)->pool[registry_pool(registry(inst), "web")];
	const uint32_t *slot = (uint32_t *)map_at(&inst->maps, MAP_SLOTS, 0) + p->slot_base;

	for (uint32_t i = 0; i < p->slots; i++) {
		const struct sl_backend *b = backend(inst, slot_current(slot[i]));

		assert_true(b->flags & SL_BACKEND_ALIVE);
		if (slot_state(slot[i]) == SLOT_CHANGING)
			b = backend(inst, slot_previous(slot[i]));
		assert_true(b->flags & SL_BACKEND_ALIVE);
	}
}

static void a_kill_at_any_moment_is_repaired(void **state)
{
	struct sl_instance *inst;
	uint64_t seed = 1;

	(void)state;
	sl_close(applied(filter));
	for (int i = 0; i < 50; i++) {
		struct timespec moment = { 0 };
		int status = 0;
		pid_t child = fork();

		if (!child)
			change_for_ever();
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		moment.tv_nsec = (long)(seed >> 33) % 400000000;
		nanosleep(&moment, NULL);
		kill(child, SIGKILL);
		waitpid(child, &status, 0);
		if (!WIFSIGNALED(status))
			fail_msg("the child ended by itself: %d", WEXITSTATUS(status));
		assert_int_equal(verdict("198.51.100.1", "192.0.2.80"), XDP_DROP);
		inst = applied(i % 2 ? balance : attached);
		if (i % 2)
			check_slots(inst);
		sl_close(inst);
		assert_int_equal(verdict("198.51.100.1", "192.0.2.80"), XDP_DROP);
		assert_int_equal(verdict("203.0.114.1", "192.0.2.80"), i % 2 ? XDP_TX : XDP_PASS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_holder_of_the_lock_is_named),
		TEST(a_kill_at_any_moment_is_repaired),
	};

	return RUN_IN_LAB("instance_kill", tests);
}
