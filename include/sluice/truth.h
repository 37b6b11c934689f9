/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is kept in maps and touched by user space only: the elements of sets, and
 * the registry of names and numbers. No packet reads it.
 */
#ifndef SLUICE_TRUTH_H
#define SLUICE_TRUTH_H

#include <sluice/abi.h>

/*
 * members: two halves, each the truth behind the image of the same bank: all
 * prefixes of all lists in order, and the edits since, each true from its serial
 * on. So the store to `control` makes an edit true, as it does a whole bank.
 *
 *	struct sl_members | sl_member4[n4] | sl_member6[n6] | classes, __u16:
 *	for each class but 0, how many lists it has, and these
 */
enum { SL_MEMBER_EDITS = 16384 };

struct sl_member4 { __u32 address; __u16 list; __u8 length, gone; };
struct sl_member6 { __u64 high, low; __u16 list; __u8 length, gone, zero[4]; };

/* `gone`, and SL_MEMBER_VOID: it has ended, which needs no serial, as an element that
 * has ended is none already. In `family` of an edit: */
enum {
	SL_MEMBER_GONE = 0x80,	/* deleted, not added */
	SL_MEMBER_VOID = 0x40,	/* added, and ended since: as if it had not been made */
};

struct sl_member_edit {
	__u64 high, low;
	__u32 serial;
	__u16 list;		/* a set, index in the registry */
	__u8  length, family;
};

struct sl_members {
	__u64 next_expiry;	/* nothing expires before; 0: nothing does */
	__u64 timed;		/* bits: sets some elements of which expire, or did */
	__u32 shown;		/* serial that the image shows; another: build anew */
	__u32 edits;		/* those with a serial to come are void */
	__u32 n4, n6;
	__u32 image_used;	/* words */
	__u32 classes, class_words;
	__u32 made;		/* serial with which the half came; ~0: being written */
	__u32 swept;		/* goes on with each sweep; odd: one is under way */
	__u32 zero;
	__u32 generation[SL_SETS_MAX];	/* serial at which the set was filled anew */
	__u32 count[SL_SETS_MAX];	/* without the edits */
	__u8  lengths[2][136];		/* which occur, or did: IPv4, IPv6 */
	struct sl_member_edit edit[SL_MEMBER_EDITS];
};

/* expiry: hash, of elements that expire. Of another generation: void. */
struct sl_element_key {
	__u8  addr[16];		/* IPv4: first 4; host bits are zero */
	__u8  family;		/* 4 or 6 */
	__u8  length;
	__u16 set;		/* index in the registry */
};

struct sl_element {
	__u64 expires;		/* CLOCK_BOOTTIME ns */
	__u32 generation, zero;
};

/*
 * due: the same elements, the one that ends next first: a heap, by `expires`, then
 * key. An element may stand here more than once, too early, or be none: `expiry` says
 * what holds. In place of element 0 is the head.
 */
struct sl_due {
	__u64 expires;
	struct sl_element_key key;
	__u32 zero;
};

struct sl_due_head {
	__u32 n;		/* [1..n] */
	__u32 torn;		/* it, and counts of members, are being changed: make it anew */
	__u32 zero[6];
};

struct sl_registry_entry { char name[SL_NAME_LEN]; };	/* "": free */

/* Times are in the unit of struct sl_pool. */
struct sl_registry_pool {
	char  name[SL_NAME_LEN];
	__u32 slot_base, slots;
	__u64 made_of;		/* digest of what its slots were made of; 0: not known */
	__u32 since;		/* not all slots are stable; 0: all are */
	__u32 changed;		/* the last time that its slots changed hands */
	__u32 after, most;	/* settle_after, settle_max */
	__u8  udp;		/* some service of it has UDP ports */
	__u8  zero[7];
};

/* What a pool makes of a backend: by the configuration, and by its health. */
enum sl_standing {
	SL_STANDS_UP, SL_STANDS_DRAIN, SL_STANDS_DISABLED, SL_STANDS_DOWN,
	SL_STANDS_REMOVED,	/* it keeps its flows till its slots are stable */
	SL_STANDINGS
};

struct sl_registry_backend {
	__u16 pool;		/* index + 1; 0: free */
	__u8  family;
	__u8  standing;		/* enum sl_standing */
	__u8  down;		/* its health */
	__u8  dead;		/* none of its flows goes on */
	__u8  zero[2];
	__u32 since;		/* it stands so */
	__u8  addr[16];
};

/* registry: one. An id keeps its meaning while the object exists. */
struct sl_registry {
	__u32 abi;
	__u32 settled;		/* when it was last looked for slots that rest */
	__u64 netns;		/* inode of the network namespace it was used in */
	struct sl_registry_entry set[SL_SETS_MAX];
	struct sl_registry_entry rule[SL_RULES_MAX];
	struct sl_registry_entry service[SL_SERVICES_MAX];
	struct sl_registry_pool pool[SL_POOLS_MAX];
	struct sl_registry_backend backend[SL_BACKENDS_MAX];	/* [0] unused */
};

_Static_assert(sizeof(struct sl_member4) == 8, "member has holes");
_Static_assert(sizeof(struct sl_member6) == 24, "member has holes");
_Static_assert(sizeof(struct sl_member_edit) == 24, "edit has holes");
_Static_assert(sizeof(struct sl_members) % 8 == 0, "members follow");
_Static_assert(sizeof(struct sl_element_key) == 20, "map key has holes");
_Static_assert(sizeof(struct sl_element) == 16, "element has holes");
_Static_assert(sizeof(struct sl_due) == 32, "due has holes");
_Static_assert(sizeof(struct sl_due_head) == sizeof(struct sl_due), "the heap begins at 1");
_Static_assert(sizeof(struct sl_registry_pool) == 72, "entry has holes");
_Static_assert(sizeof(struct sl_registry_backend) == 28, "entry has holes");

#endif
