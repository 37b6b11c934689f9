/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The control library: an instance of sluice, as a program handles it.
 *
 * Functions return 0 or -errno and, on failure, leave a sentence in `x` and
 * every out-parameter untouched. The library never prints. -EBUSY: somebody
 * holds the lock; -ENOENT of sl_open: no such instance; -EINVAL: what was asked
 * cannot be; -EOPNOTSUPP: the kernel cannot.
 */
#ifndef SLUICE_SLUICE_H
#define SLUICE_SLUICE_H

#include <sluice/abi.h>
#include <sluice/config.h>
#include <sluice/reasons.h>
#include <sluice/truth.h>

struct sl_error { char text[512]; };

/* Store a sentence, return -err (err may have either sign). The second saves
 * errno first, appends ": " and its text, and returns -errno. x may be NULL. */
int sl_fail(struct sl_error *x, int err, const char *format, ...) __attribute__((format(printf, 3, 4)));
int sl_fail_errno(struct sl_error *x, const char *format, ...) __attribute__((format(printf, 2, 3)));

struct sl_instance;		/* one instance, opened */

enum sl_open {
	SL_OPEN_READ,		/* no lock; the instance must exist */
	SL_OPEN_CHANGE,		/* locked until sl_close; the instance must exist */
	SL_OPEN_TRY,		/* the same, but -EAGAIN at once while it is locked */
	SL_OPEN_CREATE,		/* locked; made (empty maps, no program) if absent */
	SL_OPEN_REMOVE,		/* locked; in whatever state, for what removes */
};

/* ---- the kernel ------------------------------------------------------- */

/* What this kernel lacks of what sluice needs (6.1, BTF, JIT, capabilities,
 * bpffs mounted: mounts it if it may). -EOPNOTSUPP and a sentence, or 0. */
int sl_kernel_check(struct sl_error *x);

/* For a process that will drop its capabilities: asks the kernel, once, for what it
 * tells only those who have them. Without them an instance can be read, and all be
 * changed that takes no new map, program or link (else -EPERM). */
void sl_prepare(void);

/* The process that a process is the child of; 0: none, or none that is seen. */
int sl_parent_of(int pid);

const char *sl_libbpf_version(void);	/* "1.1" */

/* ---- an instance ------------------------------------------------------ */

/* Waits up to 5 s for the lock; then -EBUSY, naming the holder (pid, command). */
int sl_open(struct sl_instance **inst, const char *name, enum sl_open how, struct sl_error *x);
void sl_close(struct sl_instance *inst);	/* NULL is fine */

/* The claim of one daemon to the instance, kept while the descriptor is open:
 * its number, or -EBUSY, naming the process that has it. */
int sl_daemon_claim(const char *name, struct sl_error *x);
bool sl_daemon_runs(const char *name);	/* somebody has it */
void sl_daemon_leave(const char *name, int claim);

const char *sl_run_dir(const struct sl_instance *inst);	/* /run/sluice/NAME */

/* Digest of the configuration text that the active bank was made of, 0 none. */
uint64_t sl_running_digest(const struct sl_instance *inst);
/* One more with each turn of the banks, and each edit of a set. */
uint32_t sl_running_serial(const struct sl_instance *inst);
uint64_t sl_digest(const char *text, size_t length);	/* never 0 */

/* For SL_OPEN_REMOVE too. Takes the program off every interface. */
int sl_detach(struct sl_instance *inst, struct sl_error *x);
/* Removes links, pins, maps and the run directory. Closes nothing. */
int sl_purge(struct sl_instance *inst, struct sl_error *x);

/* ---- applying --------------------------------------------------------- */

struct sl_plan_pool {
	char name[SL_NAME_LEN];
	uint32_t slots, moved, least;	/* least: what had to move by the weights */
};

struct sl_plan_set {
	char name[SL_NAME_LEN];
	uint64_t added, removed, kept;
	bool live_lost;			/* live edits of a file's set are undone */
};

/* All flows of a service go to other backends, whatever its slots do. */
struct sl_plan_service {
	char name[SL_NAME_LEN];
	const char *why;		/* "another pool" */
};

/* What an apply would change beside what the two texts say. */
struct sl_plan {
	struct sl_plan_pool *pools;	/* only those that change */
	size_t n_pools;
	struct sl_plan_set *sets;	/* only those that change */
	size_t n_sets;
	struct sl_plan_service *services;	/* only those, and if sl_config_set was called */
	size_t n_services;
	bool program;			/* another specialisation is loaded */
	bool interfaces;		/* something is attached or detached */
	bool tables;			/* a rule, a service, a next hop ... differs */
	bool repair;			/* a killed command left something */
};

int sl_plan_make(struct sl_instance *inst, const struct sl_config *conf, struct sl_plan **plan, struct sl_error *x);
bool sl_plan_empty(const struct sl_plan *plan);
void sl_plan_free(struct sl_plan *plan);

/* What runs, for changes that are not an apply: call it once before sl_set_add,
 * _del or _load. `conf` stays the caller's and must outlive those calls. */
void sl_config_set(struct sl_instance *inst, const struct sl_config *conf);

/* Makes the kernel agree with `conf`, whose text has `digest`. Idempotent, so
 * it also repairs. Nothing is changed when it fails, or it is undone; if it is
 * killed, call it again. Elements of LIVE and unread sets stay, unless a LIVE
 * set brings prefixes. */
int sl_apply(struct sl_instance *inst, const struct sl_config *conf, uint64_t digest, struct sl_error *x);

/* The same for a conf that differs from what runs (sl_config_set) in the backends of
 * its pools alone: if it can be, without a turn, so that nobody waits. */
int sl_pools_apply(struct sl_instance *inst, const struct sl_config *conf, uint64_t digest, struct sl_error *x);

/* ---- pools ------------------------------------------------------------ */

/* What came to rest, and what still waits. */
struct sl_settled {
	uint32_t settling, stable;	/* slots that went on to this */
	uint32_t waiting;		/* that are not stable */
	uint32_t freed;			/* removed backends that nothing led to any more */
};

/* Does what is due for the slots of this pool (NULL: of all): sl_apply and the edits
 * of sets do it, too. Idempotent. -ENOENT. */
int sl_pool_settle(struct sl_instance *inst, const char *pool, struct sl_settled *done, struct sl_error *x);
/* The same for all pools, some at a time: as many as have `most` slots to look at, one
 * at least. *from is 0 at first, and again when that were the last; `done` is of these. */
int sl_pools_settle(struct sl_instance *inst, uint32_t *from, uint64_t most, struct sl_settled *done, struct sl_error *x);

/* Health: says whether a backend of what runs (sl_config_set) is up; on_down and panic
 * of its pool say what becomes of it. Kept until it is told otherwise, whatever is
 * applied meanwhile. -ENOENT: no such pool, or backend. */
int sl_backend_health(struct sl_instance *inst, const char *pool, const struct sl_address *addr, bool up, struct sl_error *x);

struct sl_health {
	char pool[SL_NAME_LEN];
	struct sl_address addr;
	bool up;
};

/* The same of many, each pool's slots written once; those that are not there are left
 * out. About 15 ms for 131072 slots. */
int sl_backends_health(struct sl_instance *inst, const struct sl_health *states, size_t n, struct sl_error *x);

/* Is a pool below its panic threshold, so that health is ignored? down[n_backends]. */
bool sl_pool_panics(const struct sl_pool_conf *pool, const bool *down);

/* ---- time ------------------------------------------------------------- */

#define SL_NEVER UINT64_MAX

/* What waits for time to pass; ms from now, 0: is due, or SL_NEVER. */
struct sl_clock {
	uint64_t expires;	/* an element of a set: sl_sets_expire */
	uint64_t settles;	/* slots that wait may be looked at again: sl_pool_settle */
};

/* Reads that without opening the instance, in microseconds: for whoever asks twice a
 * second. -ENOENT: no such instance. */
int sl_clock_look(const char *instance, struct sl_clock *out, struct sl_error *x);

/* A record's time has 16 bits: one that nobody refreshes must go before it looks young
 * again, after some hours. Looks at records from *from on, for about so many ms; *from
 * is where to go on, 0: that was the last one. */
int sl_records_age(struct sl_instance *inst, uint32_t *from, uint64_t most_ms, struct sl_error *x);

/* ---- next hops -------------------------------------------------------- */

/* What a next hop depends on beside its route. */
struct sl_neighbour {
	struct sl_address addr;
	uint32_t ifindex;
	uint8_t mac[6];
	bool is_known;			/* the kernel knows its MAC, this one */
	bool is_held;			/* and keeps it fresh by itself */
};

struct sl_hops {
	struct sl_neighbour *neighbour;	/* of the backends of what runs; the caller's to free */
	size_t n;
	uint32_t changed;		/* backends that are reached another way from here on */
	uint32_t unreached;		/* that have no way now */
	uint32_t waiting;		/* that keep the old one till a new neighbour is known */
	uint32_t beyond;		/* whose way takes another program: sl_apply */
	char refused[256];		/* why XDP cannot take the way to one; "": it can */
};

/* Routes and neighbours of the backends of `conf`, looked up some at a time, and before
 * the instance is opened and locked: each takes some 20 us. True: all of them are; else
 * it took most_ms, call it again with the same `conf`. */
struct sl_ways;
struct sl_ways *sl_ways_new(void);	/* NULL: no memory */
bool sl_ways_look(struct sl_ways *ways, const struct sl_config *conf, uint64_t most_ms);
void sl_ways_free(struct sl_ways *ways);

/* Takes routes, devices and neighbours as `ways` has them, and looks at those that are
 * not in it (NULL: at all); stores what is different now for what runs (sl_config_set):
 * ways to backends, their MTU, the interfaces' own MACs. Nobody is asked, nobody waits: a
 * neighbour that is not known leaves things as they are as long as it may be. Needs no
 * capability. */
int sl_hops_refresh(struct sl_instance *inst, struct sl_ways *ways, struct sl_hops *out, struct sl_error *x);

/* Has the kernel keep the neighbours on the ways to backends fresh, and no others that
 * it was told to, also in the future: packets that XDP sends do not. sl_apply does so,
 * too. Needs CAP_NET_ADMIN; what fails is left out. */
int sl_hops_hold(struct sl_instance *inst, struct sl_error *x);

/* ---- probes ------------------------------------------------------------ */

/* Of what runs: the mark (SO_MARK) by which a probe that is sent to a backend's own
 * address goes to the service's instead, as clients' packets do (check: via: encap);
 * 0: there is no such way, it goes directly. */
uint32_t sl_probe_mark(const struct sl_instance *inst, const char *pool, const struct sl_address *addr);

/* ---- interfaces ------------------------------------------------------- */

/* sl_apply attaches and detaches what conf->interfaces says; this looks. */
struct sl_link_status {
	char interface[16];
	uint32_t ifindex;		/* 0: the device is gone */
	enum sl_mode mode;
	uint32_t mtu, prog_id;
};

/* The list is the caller's to free(). */
int sl_links_read(struct sl_instance *inst, struct sl_link_status **list, size_t *n, struct sl_error *x);

/* Is there something of another's on this interface? 0, or -EBUSY naming it;
 * -EOPNOTSUPP when the driver has no native mode and `mode` asks for it. */
int sl_interface_check(const char *ifname, enum sl_mode mode, struct sl_error *x);

/* Does the device take VLAN tags off before the program sees a frame? False also
 * where it does not say. */
bool sl_interface_untags(const char *ifname);

/* ---- sets (the elements are truth in the kernel) ---------------------- */

struct sl_element_info {
	struct sl_prefix prefix;
	uint64_t expires_in_ms;		/* 0: never */
};

/* `for_ms` 0: for ever; at most 100 years. All are made or none; each packet sees an
 * element or not, a few by single stores, many with a turn. Present: expiry is refreshed.
 * What has expired in any set goes with it. changed: how many were added (not refreshed) or deleted. */
int sl_set_add(struct sl_instance *inst, const char *set, const struct sl_prefix *p, size_t n, uint64_t for_ms, size_t *changed, struct sl_error *x);
int sl_set_del(struct sl_instance *inst, const char *set, const struct sl_prefix *p, size_t n, size_t *changed, struct sl_error *x);
/* Replaces the whole set, with no gap. n = 0: flush. */
int sl_set_load(struct sl_instance *inst, const char *set, const struct sl_prefix *p, size_t n, struct sl_error *x);
/* The longest element that covers `p` whole: 1 and *found, 0 none, or -errno. */
int sl_set_test(struct sl_instance *inst, const char *set, const struct sl_prefix *p, struct sl_element_info *found, struct sl_error *x);
/* Calls each() for every element, in order of family, address, length, or for those
 * `within` a prefix (may be NULL) and those that cover it; stops at non-zero. Takes
 * no more memory for many. */
int sl_set_list(struct sl_instance *inst, const char *set, const struct sl_prefix *within, int (*each)(void *arg, const struct sl_element_info *e), void *arg, struct sl_error *x);
/* Of n sets at once. */
int sl_set_count(struct sl_instance *inst, const char *const *set, size_t n, uint64_t *count, struct sl_error *x);

/* What has expired goes, one after another, for at most so many ms (0: all). Where one
 * cannot go so, all of them go with a turn of the banks, which may take longer. */
struct sl_expired {
	uint32_t removed;		/* one after another */
	bool more;			/* time was up: call again, and let others in before */
};

int sl_sets_expire(struct sl_instance *inst, uint64_t most_ms, struct sl_expired *done, struct sl_error *x);

/* What packets read, against what the elements would make if built anew. */
struct sl_verify {
	uint64_t elements, compared, wrong;	/* of all sets; addresses */
	uint64_t wrong_rows;			/* classes that the rules should see otherwise */
	struct sl_address first;		/* that is wrong */
};

int sl_set_verify(struct sl_instance *inst, struct sl_verify *out, struct sl_error *x);

/* ---- looking ---------------------------------------------------------- */

struct sl_named_rule { char name[SL_NAME_LEN]; struct sl_rule_count count; };
struct sl_named_service { char name[SL_NAME_LEN]; struct sl_traffic count; };
struct sl_named_backend {
	char pool[SL_NAME_LEN];
	struct sl_address addr;
	struct sl_traffic count;
	uint32_t slots;			/* of its pool that it owns now */
	uint8_t standing;		/* enum sl_standing */
	bool dead;			/* none of its flows goes on */
	uint64_t stands_ms;		/* so long */
	uint8_t hop;			/* SL_HOP_* as resolved */
	uint32_t ifindex;
};
struct sl_named_pool {
	char name[SL_NAME_LEN];
	uint32_t slots, stable, changing, settling;
	uint64_t waits_ms;		/* so long not all of them were stable; 0: they are */
};
struct sl_interface_count { uint64_t packets, bytes, dropped, sent; };
struct sl_named_interface { char name[16]; uint32_t ifindex; struct sl_interface_count count; };

struct sl_stats {
	struct sl_reason_count reasons[SL_REASON_COUNT];
	uint64_t events[SL_EVENT_COUNT];
	struct sl_named_rule *rules;		/* in the order of the rules */
	struct sl_named_service *services;
	struct sl_named_pool *pools;
	struct sl_named_backend *backends;
	struct sl_named_interface *interfaces;
	size_t n_rules, n_services, n_pools, n_backends, n_interfaces;
};

/* For who reads counters often: what sl_stats_read() keeps of pools whose slots stay as
 * they are, which it does not read again. It stays the caller's; NULL: no memory. */
struct sl_survey;
struct sl_survey *sl_survey_new(void);
void sl_survey_free(struct sl_survey *survey);
void sl_survey_set(struct sl_instance *inst, struct sl_survey *survey);

int sl_cpus(void);			/* possible CPUs */
/* cpu -1: the sum. */
int sl_stats_read(struct sl_instance *inst, int cpu, struct sl_stats **stats, struct sl_error *x);
void sl_stats_free(struct sl_stats *stats);
int sl_stats_reset(struct sl_instance *inst, struct sl_error *x);

/* A record of a flow: which one, only its fingerprint could tell. */
struct sl_flow {
	char pool[SL_NAME_LEN];
	struct sl_address backend;
	uint64_t age_ms;		/* since its last packet, about */
	bool confirmed;			/* another packet than a SYN has come */
};

/* Calls each() for every live record, in no order; stops at non-zero. */
void sl_flows_list(struct sl_instance *inst, int (*each)(void *arg, const struct sl_flow *flow), void *arg);

struct sl_status {
	uint32_t prog_id, serial;
	uint64_t features;
	uint32_t instructions;		/* verified, of the running program */
	uint64_t map_bytes, elements;
	uint32_t waiting_pools;		/* with slots that are not stable */
	uint64_t waits_ms;		/* the one that waits longest */
	uint64_t records, record_room;	/* live ones; as many as fit */
	uint64_t record_pressure;	/* new flows that found no room */
	struct sl_link_status *links;
	size_t n_links;
};

/* The largest packets and segments that fit the way to each backend of a pool, with
 * their outer header: the MSS that the service's hosts may announce. */
struct sl_pool_mss {
	char name[SL_NAME_LEN];
	enum sl_encap encap;
	uint32_t fits;			/* octets of the IP packet */
	uint32_t mss4, mss6;		/* of a segment in it, without options */
};

/* Of the pools that have backends; the list is the caller's to free(). */
int sl_mss_read(struct sl_instance *inst, struct sl_pool_mss **list, size_t *n, struct sl_error *x);

int sl_status_read(struct sl_instance *inst, struct sl_status **status, struct sl_error *x);
void sl_status_free(struct sl_status *status);
/* On how many interfaces the program is. */
int sl_attached(struct sl_instance *inst, size_t *n, struct sl_error *x);

const char *sl_reason_name(int reason);		/* "pass"; NULL beyond the last */
const char *sl_event_name(int event);
const char *sl_feature_name(int bit);		/* "class4" for bit 0; NULL beyond */

#endif
