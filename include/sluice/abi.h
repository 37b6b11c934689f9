/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What crosses the kernel line: the maps' keys and values, and the knobs.
 *
 * Two banks hold everything that decides a verdict except the slots. Packets
 * read the bank that `control` names; the library fills the other one, then
 * turns with a single store, and fills a bank again only after a grace
 * period. A table is the one element of an array map; if it is one of those of
 * the banks, it has a half for each. Integers are in host order unless their
 * type says __be.
 */
#ifndef SLUICE_ABI_H
#define SLUICE_ABI_H

#include <linux/types.h>

#include <sluice/image.h>

#define SL_ABI 12	/* pinned in the registry; another number: refuse */

enum {
	SL_NAME_LEN = 32,	/* with its NUL; names have 1 to 31 characters */
	SL_BANKS = 2,
	SL_RULES_MAX = 256,
	SL_RULE_WORDS = SL_RULES_MAX / 64,
	SL_WALK_MAX = 16,	/* rules visited per packet before the verdict */
	SL_CPUS_MAX = 1024,	/* in the lists of all rules that choose a CPU */
	SL_SETS_MAX = 64,
	SL_CLASSES_MAX = 65536,
	SL_POOLS_MAX = 1024,
	SL_SERVICES_MAX = 1024,
	SL_BACKENDS_MAX = 8192,	/* ids, 0 is none; those that leave have theirs for a while */
	SL_INTERFACES_MAX = 64,
	SL_INTERFACE_PROBES = 4,
	SL_MACS_MAX = 8,	/* the interface's own and 7 more */
	SL_VLAN_TAGS_MAX = 4,
	SL_EXTENSIONS_MAX = 6,
};

/* ---- control: struct sl_control --------------------------------------- */

struct sl_control {
	__u64 turn;	/* serial << 1 | bank that packets read; one store */
	__u64 limit_key[7];	/* of the buckets' tags: random, of the instance */
	__u64 record_key[4];	/* of the records' fingerprints: sl_sip_key() of the same */
};

/* SipHash's state from its key, as far as no message is in it: v0 to v3, v0 and v1
 * with the half of the first round that is theirs alone. */
static inline __attribute__((always_inline)) void
sl_sip_key(const __u64 secret[2], __u64 key[4])
{
	__u64 v0 = secret[0] ^ 0x736f6d6570736575ULL, v1 = secret[1] ^ 0x646f72616e646f6dULL;

	v0 += v1;
	key[0] = v0 << 32 | v0 >> 32;
	key[1] = (v1 << 13 | v1 >> 51) ^ v0;
	key[2] = secret[0] ^ 0x6c7967656e657261ULL;
	key[3] = secret[1] ^ 0x7465646279746573ULL;
}

/* ---- banks: struct sl_bank[2] ------------------------------------------ */

/* How the values of one dimension are told apart: value -> row -> rules. */
enum {
	SL_KIND_ROWS = 2048,	/* proto | fragment << 8 | ipv6 << 10 */
	SL_PORT_ROWS = 1024,	/* row 0 of an unused dimension: all ones */
	SL_VLAN_ROWS = 512,
	SL_TYPE_ROWS = 512,	/* TCP flags, or 256 + ICMP type */
	SL_LENGTH_ROWS = 512,
	SL_TTL_ROWS = 256,	/* by TTL or hop limit itself */
};

enum sl_fragment { SL_FRAG_NO, SL_FRAG_FIRST, SL_FRAG_LATER };

struct sl_rule_set { __u64 word[SL_RULE_WORDS]; };	/* bit i: rule i */

enum sl_action {
	SL_ACT_PASS, SL_ACT_DROP, SL_ACT_COUNT, SL_ACT_REDIRECT, SL_ACT_CPU
};

enum sl_ip_options {
	SL_OPTIONS_PASS, SL_OPTIONS_DROP_SOURCE_ROUTE, SL_OPTIONS_DROP
};

/* bits of sl_bank.port_flags[] */
enum { SL_PORT_MANAGEMENT_TCP = 1, SL_PORT_MANAGEMENT_UDP = 2, SL_PORT_REPLY_UDP = 4 };

/* bits of sl_rule.flags */
enum {
	SL_RULE_VISITED = 1,	/* no verdict, or none without looking */
	SL_RULE_LIMIT = 2,	/* it acts on what is over its limit only */
	SL_RULE_DECIDES = 4,	/* ... and that with a verdict */
};

struct sl_rule {
	__u8  action;		/* enum sl_action */
	__u8  flags;
	__u16 counter;		/* index in sl_counts.rule: follows the name */
	__u32 sample;		/* sampled if a random number is below; 0: never */
	__u32 target;		/* REDIRECT: ifindex; CPU: first of sl_bank.cpu */
	__u32 targets;		/* CPU: so many */
};

/*
 * Limits. A bucket holds the time up to which what came is paid for (tat), in
 * ticks of the kernel's clock << SL_TICK_BITS. A packet moves it on by its price,
 * unless it would then be more than `burst` ahead of now: that is over the limit.
 */
enum { SL_TICK_BITS = 24 };
/* bits of sl_limit.flags; none: packets of a source */
enum { SL_LIMIT_DESTINATION = 1, SL_LIMIT_RULE = 2, SL_LIMIT_OCTETS = 4 };

struct sl_limit {		/* 64 bytes, one line */
	__u64 price;		/* of a packet */
	__u64 octet_price;	/* of an octet of the frame, << shift */
	__u64 burst;
	__u64 mask4;		/* what of an address tells buckets apart */
	__u64 mask6[2];
	__u32 name;		/* of its rule, and its rate, hashed: buckets follow both */
	__u16 counter;
	__u8  flags, shift, zero[8];
};

struct sl_bank {
	__u8  policy_drop, non_ip_drop, martians_drop, ip_options;
	__u8  anomalies_drop, verify_checksum, essential, established;
	__u8  fragment_later_drop, dry_run, zero[6];
	__u64 answer_price;	/* of an answer, as sl_limit.price */
	__u64 digest;		/* of the configuration text, XXH3 (user space only) */
	__u64 hash_key[12];	/* flow hash, derived from the seed; the last is odd */
	struct sl_rule_set verdicts;	/* rules with an unconditional verdict */
	struct sl_rule_set rules;	/* rules that exist */
	struct sl_rule rule[SL_RULES_MAX];
	struct sl_limit limit[SL_RULES_MAX];
	__u16 cpu[SL_CPUS_MAX];
	__u16 service_pool[SL_SERVICES_MAX];	/* index in `pools` */
	struct sl_rule_set kind[SL_KIND_ROWS];
	struct sl_rule_set sport[SL_PORT_ROWS];
	struct sl_rule_set dport[SL_PORT_ROWS];
	struct sl_rule_set vlan[SL_VLAN_ROWS];
	struct sl_rule_set type[SL_TYPE_ROWS];
	struct sl_rule_set length[SL_LENGTH_ROWS];
	struct sl_rule_set ttl[SL_TTL_ROWS];
	__u16 length_row[65536];	/* by length of the IP packet; longer: the last */
	__u16 vlan_row[4096];		/* 0: untagged or priority-tagged */
	__u16 sport_row[65536];		/* by port in network order */
	__u16 dport_row[65536];
	__u8  port_flags[65536];	/* by port in network order too */
};

/* ---- classes: two halves, struct sl_class[class_mask + 1] -------------- */

/* bits of sl_class.flags */
enum {
	SL_CLASS_MANAGEMENT = 1,	/* as a source */
	SL_CLASS_TRUSTED = 2,		/* as the outer source of a tunnel packet */
	SL_CLASS_DECAP = 4,		/* as a destination: tunnel packets end here */
};

struct sl_class {
	struct sl_rule_set from;	/* rules there are that such a source satisfies */
	struct sl_rule_set to;
	__u32 vip;			/* number of the service address, 0 none */
	__u32 flags;
};

/* ---- frontends: two halves, struct sl_frontend[4 * (bucket_mask + 1)] -- */

/* key: vip:32 << 24 | proto:8 << 16 | port:16 (host order), vip not 0; 0: empty.
 * bucket: sl_frontend_hash(key) & bucket_mask, 4 frontends side by side. */
enum { SL_FRONTEND_WAYS = 4 };
enum {				/* flags */
	SL_FRONTEND_HASH_SOURCE = 1,	/* hash by source alone */
	SL_FRONTEND_TRACK = 2,		/* stable slots have records as well */
	SL_FRONTEND_QUIC = 4,		/* its pool has server_id_bytes */
};

struct sl_frontend {
	__u64 key;
	__u32 slot_base;	/* first slot of the pool's ring */
	__u16 service;		/* index in service_counts */
	__u8  shift;		/* slot = hash >> shift; 32 - log2(slots) */
	__u8  flags;
};

static inline __attribute__((always_inline)) __u64
sl_frontend_key(__u32 vip, __u8 proto, __u16 port)
{
	return (__u64)vip << 24 | (__u64)proto << 16 | port;
}

/* Each service address has one more frontend, without a service: who is asked
 * whether an address is one looks for it. Left aligned, in host order. */
static inline __attribute__((always_inline)) __u64
sl_service_key(__u64 high, __u64 low)
{
	high *= 0x9e3779b97f4a7c15ULL;
	high = ((high ^ high >> 32) + low) * 0xd6e8feb86659fd93ULL;
	return 3ULL << 62 | high >> 2;
}

static inline __attribute__((always_inline)) __u32
sl_frontend_hash(__u64 key)
{
	key *= 0x9e3779b97f4a7c15ULL;
	return (__u32)(key >> 32);
}

/* The key of a service address all of whose frontends of a protocol lead to one pool
 * that hashes by source: for fragments that tell no port. */
#define sl_address_key(vip, proto) (1ULL << 61 | sl_frontend_key(vip, proto, 0))

/*
 * Servers that QUIC's connection ids name lie in the same table: `service` is the
 * backend, and no region of slots begins at SL_SERVER_SLOTS. The server id is the
 * last octets of the backend's address; here it is left aligned, the rest zero.
 * Clients choose ids: the pool stands by itself, so that none leads into another.
 */
#define SL_SERVER_SLOTS 0xffffffffu

static inline __attribute__((always_inline)) __u64
sl_server_key(__u32 pool, __u64 high, __u64 low)
{
	__u64 key = high * 0x9e3779b97f4a7c15ULL;

	key = (key ^ key >> 32 ^ low) * 0xd6e8feb86659fd93ULL;
	key = (key ^ key >> 32) * 0xd6e8feb86659fd93ULL;
	return 1ULL << 62 | (__u64)pool << 52 | key >> 12;
}

/* ---- slots: __u32[slot_mask + 1] --------------------------------------- */

/* current:16 | previous:16 << 16, backend ids; stable: both are the same. One
 * store changes it. The rules are those of DESIGN 4. */
#define SL_SLOT(current, previous) ((__u32)(previous) << 16 | (__u32)(current))
#define SL_SETTLING 0xffffu

/* ---- pools: struct sl_pool[SL_POOLS_MAX], by index in the registry ------- */

/* The unit of time here: 2^knobs.tick_shift ticks of the kernel's clock, about a
 * second; 32 bits of it, and the last 16 in records. */
struct sl_pool {
	__u32 udp_until;	/* flows of UDP without a record keep to `previous` until then */
	__u16 lasts;		/* a confirmed record that no packet refreshes; below 0xff00 */
	__u16 longest;		/* `lasts` of the pool that has most of it */
	__u8  server_id_bytes;	/* of QUIC's connection ids; 0: not looked at */
	__u8  zero[7];
};

/* ---- followed: __u32[backend_mask + 1] ---------------------------------- */

/* By backend id: when a packet last followed it as `previous`, without a record.
 * Packets and the library write it; a store each, nothing is atomic. */

/* ---- records: struct sl_records[record_mask + 1] ------------------------- */

enum { SL_RECORD_WAYS = 8 };

/* Who writes one claims it: SL_RECORD_BUSY by compare-and-swap, then `is`, then
 * `tag`. Who reads takes `tag`, `is`, and `tag` again. Who refreshes one swaps
 * `is`, who erases one swaps `tag` for 0: both only against what they read.
 *
 * Between a reader's two looks at a tag the way may have been another flow's, and
 * this one's again. What that one's `is` said would be taken for this one's, but for
 * the veil: pool and hash as they are in the table are another flow's nonsense. */
#define SL_RECORD_BUSY 1ull
enum {				/* units of time */
	SL_RECORD_UNCONFIRMED = 60,	/* so long lasts one that only SYNs came for */
	SL_RECORD_HANDSHAKE = 2,	/* one that is older may go when a set is full */
};

struct sl_record {
	__u64 tag;		/* fingerprint:63 << 1 | confirmed; 0: free */
	__u64 is;		/* from the low end: backend:16, pool:10, hash:22, time:16 */
};
struct sl_records { struct sl_record way[SL_RECORD_WAYS]; };	/* two lines */

#define SL_RECORD(backend, pool, hash, time)				\
	((__u64)(__u16)(backend) | ((__u64)(pool) & 0x3ff) << 16 |	\
	 (__u64)((hash) >> 10) << 26 | (__u64)(__u16)(time) << 48)
#define SL_RECORD_BACKEND(is)	((__u16)(is))
#define SL_RECORD_POOL(is)	((__u32)((is) >> 16) & 0x3ff)
#define SL_RECORD_HASH(is)	((__u32)((is) >> 26) << 10)	/* highest 22 bits */
#define SL_RECORD_TIME(is)	((__u16)((is) >> 48))
/* `is` in the table is what it says ^ this. */
#define SL_RECORD_VEIL(tag)	((__u64)(tag) >> 32 << 16)
/* The set, by its lowest bits: so a larger table has a place for each record. */
#define SL_RECORD_SET(tag)	((__u32)((tag) >> 1))

/* Another CPU's `now` may be a little ahead: that is no age. */
static inline __attribute__((always_inline)) __u32
sl_record_age(__u64 is, __u32 now)
{
	__u32 age = (__u16)(now - SL_RECORD_TIME(is));

	return age & (age - 0xff00) >> 16;
}

/* Of a record that is there: `lasts` as its pool says, once it is confirmed. */
static inline __attribute__((always_inline)) int
sl_record_is_live(__u64 tag, __u64 is, __u32 now, __u32 lasts)
{
	return sl_record_age(is, now) < (tag & 1 ? lasts : SL_RECORD_UNCONFIRMED);
}

/* ---- fragments: struct sl_records[SL_FRAGMENT_SETS] ---------------------- */

/* Of datagrams, for SL_RECORD_UNCONFIRMED; never confirmed. The pool's place has
 * the service's index. */
enum { SL_FRAGMENT_SETS = 1024 };

/* ---- backends: two halves, struct sl_backend[backend_mask + 1] --------- */

enum { SL_BACKEND_IPV4 = 4, SL_BACKEND_IPV6 = 6 };	/* sl_backend.family */
enum {				/* sl_backend.flags; without GUE or L2: IPIP */
	SL_BACKEND_ALIVE = 1,	/* else slots and records that name it name nobody */
	SL_BACKEND_GUE = 2,
	SL_BACKEND_L2 = 4,
};
enum { SL_GUE_PORT = 6080 };
enum {
	SL_HOP_NONE,	/* no next hop known: drop as no_route */
	SL_HOP_FIB,	/* ask bpf_fib_lookup */
	SL_HOP_BACK,	/* out of the ingress interface, to dst_mac, tags kept */
	SL_HOP_OUT,	/* out of `ifindex`, with both MACs, untagged */
};

struct sl_backend {		/* 64 bytes, one line */
	__u8   family;		/* of its address; 0: no such backend */
	__u8   hop;
	__u16  mtu;		/* of the egress interface */
	__u32  ifindex;
	__u8   dst_mac[6];
	__u8   src_mac[6];
	__u16  sum;		/* IPv4: the addresses' part of the outer header's sum, see encap.h */
	__u16  vlan;		/* kept for tagged egress; 0 */
	__u8   flags;
	__u8   outer;		/* octets that encapsulation adds */
	__be16 gue_port;
	__be32 fill;		/* host bits of `src` that the flow hash fills (last word) */
	__be32 src[4];		/* outer addresses; IPv4 in the last word, rest zero */
	__be32 dst[4];
};

/* ---- buckets: struct sl_buckets[limit_mask + 1], then the times of
 * as many overflow buckets, then those of the rules that have one each (by
 * counter; so limit_mask >= SL_RULES_MAX - 1), then that of the answers ------ */

enum { SL_BUCKET_WAYS = 4 };
enum { SL_BUCKETS_TAIL = 64 };	/* octets behind: all answers share one bucket */
enum { SL_ANSWERS = 1000, SL_ANSWERS_BURST = 100 };	/* a second; at once */

/*
 * One set of buckets. One whose time has passed is free; no other is taken from
 * its owner: who finds none free shares the set's overflow bucket with the
 * others who did not.
 */
struct sl_bucket { __u64 tag, tat; };
struct sl_buckets { struct sl_bucket way[SL_BUCKET_WAYS]; };
enum { SL_BUCKETS_BYTES = SL_BUCKET_WAYS * 16 + 8 + 8 };	/* of all three */

/* ---- capture: a ring buffer of struct sl_sample ------------------------- */

enum { SL_SAMPLE_OCTETS = 192, SL_CAPTURE_BYTES = 1 << 19 };

struct sl_sample {
	__u64 time;		/* CLOCK_BOOTTIME, ns */
	__u32 length;		/* of the frame, as it came in */
	__u32 ifindex;		/* where it came in */
	__u32 queue;
	__u16 octets;		/* of `head` */
	__u16 rule;		/* counter of the rule that samples */
	__u8  reason;		/* enum sl_reason */
	__u8  action;		/* XDP_* */
	__u8  zero[6];
	__u8  head[SL_SAMPLE_OCTETS];	/* of the frame as it leaves */
};

/* ---- interfaces: struct sl_interface[SL_INTERFACES_MAX] ---------------- */

/* Found at (ifindex + 0..SL_INTERFACE_PROBES-1) & (MAX - 1). An interface
 * that is not listed counts as the last one; any unicast MAC is its own. */
struct sl_interface {
	__u32 ifindex;		/* 0: free, and a search ends here; ~0: was used */
	__u32 macs;
	__u64 mac[SL_MACS_MAX];	/* 6 octets as in the frame, then two zero */
};

/* ---- counts: struct sl_counts[cpu_mask + 1] ----------------------------- */

/* Rows of reasons: those of `interfaces`, one for interfaces that are not listed,
 * and one that keeps what was counted by interfaces that are gone. */
enum { SL_ROW_GONE = SL_INTERFACES_MAX + 1, SL_REASON_ROWS, SL_REASON_ROOM = 64 };

struct sl_reason_count { __u64 packets, bytes, dropped; };
struct sl_rule_count { __u64 packets, bytes; };
/* flows: opened; records: packets that a record led; previous: that followed the
 * slot's previous owner without one. Both: of what was sent. */
struct sl_traffic { __u64 packets, bytes, flows, records, previous; };

/* What one CPU counts: only it writes, so nothing is atomic. Every packet is in
 * one element of `reason`; either sum is a sum over the other. */
struct sl_counts {
	struct sl_reason_count reason[SL_REASON_ROWS][SL_REASON_ROOM];
	struct sl_traffic service[SL_SERVICES_MAX];
	struct sl_traffic backend[SL_BACKENDS_MAX];
	struct sl_rule_count rule[SL_RULES_MAX];
	__u64 event[8];
};

/* ---- knobs: what the configuration uses ------------------------------- */

/* A knob may only remove work whose result would be neutral (DESIGN 2). */
enum sl_feature {
	SL_F_CLASS4 = 1 << 0,	/* some list has IPv4 prefixes */
	SL_F_CLASS6 = 1 << 1,
	SL_F_FROM = 1 << 2,	/* rule dimensions in use */
	SL_F_TO = 1 << 3,
	SL_F_KIND = 1 << 4,
	SL_F_SPORT = 1 << 5,
	SL_F_DPORT = 1 << 6,
	SL_F_TYPE = 1 << 7,
	SL_F_VLAN = 1 << 8,
	SL_F_COUNT = 1 << 9,	/* some rule is visited: counts and goes on, or has a rate */
	SL_F_MARTIANS = 1 << 10,
	SL_F_ANOMALIES = 1 << 11,
	SL_F_CHECKSUM = 1 << 12,
	SL_F_MANAGEMENT = 1 << 13,
	SL_F_POLICY = 1 << 14,	/* policy drop and what belongs to it */
	SL_F_DECAP = 1 << 15,
	SL_F_BALANCE = 1 << 16,
	SL_F_OUTER4 = 1 << 17,	/* some backend has an IPv4 address */
	SL_F_OUTER6 = 1 << 18,
	SL_F_FILL = 1 << 19,	/* some pool has a source prefix */
	SL_F_FIB = 1 << 20,	/* some backend needs bpf_fib_lookup */
	SL_F_REDIRECT = 1 << 21,	/* some backend has hop OUT or FIB */
	SL_F_LENGTH = 1 << 22,
	SL_F_TTL = 1 << 23,
	SL_F_LIMIT = 1 << 24,	/* some rule has a rate */
	SL_F_SAMPLE = 1 << 25,
	SL_F_STEER = 1 << 26,	/* some rule redirects, or chooses a CPU */
	SL_F_DRY_RUN = 1 << 27,	/* what the filter drops passes */
	SL_F_TRACK = 1 << 28,	/* some pool keeps two generations of slots */
	SL_F_GUE = 1 << 29,
	SL_F_L2 = 1 << 30,
	SL_F_QUIC = 1ull << 31,	/* some pool has server_id_bytes */
	SL_F_ALL = (SL_F_QUIC << 1) - 1,
};

struct sl_knobs {
	__u64 features;
	__u32 rule_words;	/* 0 to SL_RULE_WORDS; rules beyond do not exist */
	__u32 image_mask;	/* words - 1; all masks: a power of two - 1 */
	__u32 class_mask;
	__u32 bucket_mask;
	__u32 slot_mask;
	__u32 backend_mask;
	__u32 cpu_mask;
	__u32 limit_mask;	/* sets of buckets - 1 */
	__u32 record_mask;	/* sets of records - 1 */
	__u32 tick_shift;	/* of struct sl_pool's unit of time */
	__u32 zero;
	__u64 object;		/* digest of the object file (user space only) */
};

/*
 * How the program asks for a knob: a constant of 64 bits with one of these in
 * its upper half. The library puts the answer in its place before it loads the
 * program; nobody answered: the kernel refuses it, or all features are on.
 */
enum sl_ask {
	SL_ASK_FEATURES = 0x51ce0001,	/* lower half: enum sl_feature; 1 if any is on */
	SL_ASK_WORD = 0x51ce0002,	/* lower half: offset in struct sl_knobs */
};

_Static_assert(sizeof(struct sl_class) == 72, "class row has holes");
_Static_assert(sizeof(struct sl_pool) == 16, "pool has holes");
_Static_assert(sizeof(struct sl_records) == 128, "a set is two lines");
_Static_assert(sizeof(struct sl_frontend) == 16, "4 frontends make a line");
_Static_assert(sizeof(struct sl_counts) % 64 == 0, "CPUs share a line");
_Static_assert(sizeof(struct sl_backend) == 64, "a backend is one line");
_Static_assert(sizeof(struct sl_rule) == 16, "rule has holes");
_Static_assert(sizeof(struct sl_limit) == 64, "a limit is one line");
_Static_assert(sizeof(struct sl_buckets) == 64, "a set is one line");
_Static_assert(__builtin_offsetof(struct sl_bank, limit) % 64 == 0, "a limit begins a line");
_Static_assert(sizeof(struct sl_bank) % 64 == 0, "a bank begins a line");
_Static_assert(sizeof(struct sl_sample) == 32 + SL_SAMPLE_OCTETS, "sample has holes");
_Static_assert(sizeof(struct sl_interface) == 72, "interface has holes");

#endif
