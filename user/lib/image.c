/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Builds the classifier's image: a trie with nodes as wide as is filled. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include <sluice/scope.h>

#include "builder.h"

enum {
	FAN_MIN = 4,		/* fewer bits a step: more than SL_STEPS_MAX */
	SKIP_MIN = 4,
	FAN_FILL = 4,		/* one word of so many leads somewhere */
	NARROW_MAX = 16,	/* bits of a FAN that is not the root of many */
	ROOT4_MORE = 3,		/* bits more for IPv4's root: most walks end there */
	ROOT4_MANY = 17,	/* bits, or more: what is left fits buckets, */
	ROOT4_EACH = 10,	/* of about so many prefixes each */
	ROOT_WORDS = NODE_WORDS,	/* the roots, and what is built apart */
	SPARE = 4,		/* this share more, for edits */
	WORDS_MAX = 1 << (SL_NODE_BITS + 2),
};

static unsigned shared_bits(const struct image_item *a,
			    const struct image_item *b)
{
	if (a->hi != b->hi)
		return (unsigned)__builtin_clzll(a->hi ^ b->hi);
	if (a->lo != b->lo)
		return 64 + (unsigned)__builtin_clzll(a->lo ^ b->lo);
	return 128;
}

/* Pages that nobody has written are zero, and none. */
static uint32_t *image_new(uint32_t words)
{
	void *word = mmap(NULL, words * sizeof(uint32_t), PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return word == MAP_FAILED ? NULL : word;
}

void image_free(uint32_t *word, uint32_t words)
{
	if (word)
		munmap(word, words * sizeof(*word));
}

static int full(struct builder *b)
{
	if (b->fixed)
		return -ENOSPC;
	return sl_fail(b->x, EINVAL,
		       "sets: the prefixes need more than %u MiB: fewer prefixes, or fewer nested ones",
		       WORDS_MAX / (1 << 18));
}

static int grow(struct builder *b, uint32_t least)
{
	uint32_t room = b->room, *word;

	while (room < least)
		room *= 2;
	if (b->fixed || room > WORDS_MAX)
		return full(b);
	word = mremap(b->word, b->room * sizeof(*word), room * sizeof(*word), MREMAP_MAYMOVE);
	if (word == MAP_FAILED)
		return -ENOMEM;
	b->word = word;
	b->room = room;
	return 0;
}

int builder_node(struct builder *b, uint32_t n, uint32_t align, uint32_t *at)
{
	uint32_t from = (b->used + align - 1) / align * align;
	uint32_t end = from + (n + NODE_WORDS - 1) / NODE_WORDS * NODE_WORDS;
	int err = end > b->room ? grow(b, end) : 0;

	if (err)
		return err;
	*at = from;
	b->used = end;
	return 0;
}

int builder_class(struct builder *b, uint16_t *class, uint16_t list)
{
	int result = classes_add(b->classes, *class, list);

	if (result == -ENOSPC)
		return sl_fail(b->x, EINVAL,
			       "sets: more than %u classes of addresses: raise limits: classes (at most %u), or let fewer lists overlap",
			       classes_count(b->classes) - 1, SL_CLASSES_MAX - 1);
	if (result < 0)
		return result;
	*class = (uint16_t)result;
	return 0;
}

/* Items that cover the whole region come first; they go into its class. */
static int take_covering(struct builder *b, struct region *r)
{
	int err = 0;

	while (!err && r->first < r->end && b->item[r->first].length <= r->pos)
		err = builder_class(b, &r->class, b->item[r->first++].list);
	return err;
}

/* Bits that are the same for all that lies in the region. */
static unsigned common_bits(const struct builder *b, const struct region *r)
{
	const struct image_item *first = &b->item[r->first];
	unsigned n = shared_bits(first, &b->item[r->end - 1]);

	return n < first->length ? n : first->length;
}

/* Writes a SKIP over the common bits into word `at`; `at` is then `inside`. */
static int put_skip(struct builder *b, struct region *r, unsigned length,
		    uint32_t *at)
{
	const struct image_item *i = &b->item[r->first];
	uint64_t hi_mask = length >= 64 ? ~0ULL : ~(~0ULL >> length);
	uint64_t lo_mask = length == 128 ? ~0ULL :
			   length > 64	 ? ~(~0ULL >> (length - 64)) :
					   0;
	struct sl_skip skip = {
		.hi = i->hi & hi_mask,
		.lo = i->lo & lo_mask,
		.length = length,
		.outside = leaf(r->class),
	};
	uint32_t node;
	int err = builder_node(b, sizeof(skip) / sizeof(uint32_t), NODE_WORDS, &node);

	if (err)
		return err;
	memcpy(b->word + node, &skip, sizeof(skip));
	b->word[*at] = (uint32_t)SL_SKIP << 28 | node / 4;
	*at = node + offsetof(struct sl_skip, inside) / sizeof(uint32_t);
	r->pos = length;
	r->steps++;
	return 0;
}

static unsigned log2_floor(size_t n)
{
	return 63 - (unsigned)__builtin_clzll(n);
}

/* How many words lead somewhere if there are 1, 2 ... bits. */
static void fill_of(const struct builder *b, const struct region *r,
		    size_t filled[SL_FAN_BITS_MAX + 1])
{
	memset(filled, 0, (SL_FAN_BITS_MAX + 1) * sizeof(*filled));
	filled[0] = 1;
	for (size_t i = r->first + 1; i < r->end; i++)
		if (b->common[i] < r->pos + SL_FAN_BITS_MAX)
			filled[b->common[i] - r->pos + 1]++;
	for (unsigned k = 1; k <= SL_FAN_BITS_MAX; k++)
		filled[k] += filled[k - 1];
}

/* The root of IPv4 is where most walks end, and leaves buckets to the others. */
static unsigned root4_bits(size_t n, const size_t *filled, unsigned least)
{
	unsigned k = log2_floor(n) + ROOT4_MORE;

	if (k <= NARROW_MAX)
		return k > least ? k : least;
	for (k = ROOT4_MANY; k < SL_FAN_BITS_MAX; k++)
		if (n <= filled[k] * ROOT4_EACH)
			break;
	return k;
}

/* As many bits as leave one word of FAN_FILL in use; not many more words than
 * items where a few of these end a walk as well as one. */
static unsigned fan_bits(const struct builder *b, const struct region *r)
{
	unsigned k, best = FAN_MIN, left = r->width - r->pos, most = NARROW_MAX;
	size_t filled[SL_FAN_BITS_MAX + 1], n = r->end - r->first;

	fill_of(b, r, filled);
	if (r->width == 128 && n > 256)
		most = log2_floor(n) < SL_FAN_BITS_MAX ? log2_floor(n) :
							 SL_FAN_BITS_MAX;
	for (k = FAN_MIN + 1; k <= most; k++)
		if (FAN_FILL * filled[k] >= 1u << k)
			best = k;
	if (r->width == 32 && !r->pos)
		best = root4_bits(n, filled, best);
	return best < left ? best : left;
}

/* Writes a FAN into word `at` whose words are all the region's class. */
static int put_fan(struct builder *b, struct region *r, unsigned k,
		   uint32_t at, uint32_t *node)
{
	int err = builder_node(b, 1u << k, 1u << k < 16 ? NODE_WORDS : 16, node);

	if (err)
		return err;
	for (uint32_t i = 0; i < 1u << k; i++)
		b->word[*node + i] = leaf(r->class);
	b->word[at] = (uint32_t)SL_FAN << 28 | k << 23 | *node / 4;
	r->steps++;
	return 0;
}

/* Adds the item's list to the n words of a FAN that it covers. */
static int paint(struct builder *b, const struct image_item *i, uint32_t at,
		 uint32_t n)
{
	for (uint32_t end = at + n; at < end; at++) {
		uint16_t class = (uint16_t)b->word[at];
		int err = builder_class(b, &class, i->list);

		if (err)
			return err;
		b->word[at] = leaf(class);
	}
	return 0;
}

/* Takes the first item's word's items off the region. */
static struct region split(const struct builder *b, struct region *r,
			   unsigned pos, uint32_t at)
{
	struct region child = *r;

	child.pos = pos;
	child.class = (uint16_t)b->word[at];
	child.end = r->first + 1;
	while (child.end < r->end && b->common[child.end] >= pos)
		child.end++;
	r->first = child.end;
	return child;
}

static int build(struct builder *b, struct region r, uint32_t at);

/* As an item sorts before what it covers, a word of a FAN has its whole class
 * before anything is built below it. */
static int build_fan(struct builder *b, struct region r, uint32_t at)
{
	unsigned k = fan_bits(b, &r);
	uint32_t node;
	int err = put_fan(b, &r, k, at, &node);

	while (!err && r.first < r.end) {
		const struct image_item *i = &b->item[r.first];
		uint32_t word = node + bits(i->hi, i->lo, r.pos, k);

		if (i->length <= r.pos + k) {
			err = paint(b, i, word, 1u << (r.pos + k - i->length));
			r.first++;
		} else {
			err = build(b, split(b, &r, r.pos + k, word), word);
		}
	}
	return err;
}

/* Fills word `at` for a region. */
static int build(struct builder *b, struct region r, uint32_t at)
{
	int err = take_covering(b, &r), ended;
	unsigned common;
	uint32_t word;

	if (err)
		return err;
	b->word[at] = leaf(r.class);
	if (r.first == r.end)
		return 0;
	if (r.steps + 2 > SL_STEPS_MAX)
		return sl_fail(b->x, EINVAL,
			       "sets: prefixes are nested too deep: at most %u steps",
			       SL_STEPS_MAX);
	ended = builder_end(b, &r, &word);
	if (ended < 0)
		return ended;
	if (ended) {
		b->word[at] = word;
		return 0;
	}
	common = common_bits(b, &r);
	if (common < r.pos + SKIP_MIN)
		return build_fan(b, r, at);
	err = put_skip(b, &r, common, &at);
	return err ? err : build(b, r, at);
}

int image_order(const void *left, const void *right)
{
	const struct image_item *a = left, *b = right;

	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	if (a->hi != b->hi)
		return a->hi < b->hi ? -1 : 1;
	if (a->lo != b->lo)
		return a->lo < b->lo ? -1 : 1;
	if (a->length != b->length)
		return a->length < b->length ? -1 : 1;
	return (a->list > b->list) - (a->list < b->list);
}

static void image_sort(struct image_item *item, size_t n)
{
	size_t i = 1;

	while (i < n && image_order(&item[i - 1], &item[i]) <= 0)
		i++;
	if (i < n)
		qsort(item, n, sizeof(*item), image_order);
}

static int build_families(struct builder *b, size_t n)
{
	struct region v4 = { .width = 32 }, v6 = { .width = 128, .end = n };
	int err;

	while (v4.end < n && b->item[v4.end].family == 4)
		v4.end++;
	v6.first = v4.end;
	err = build(b, v4, 0);
	return err ? err : build(b, v6, 1);
}

int image_build(struct image_item *item, size_t n, struct classes *classes,
		struct image *out, struct sl_error *x)
{
	struct builder b = { .item = item, .classes = classes, .x = x };
	autofree uint8_t *common = NULL;
	int err;

	image_sort(item, n);
	common = calloc(n + 1, 1);
	b.common = common;
	b.used = ROOT_WORDS;
	b.room = IMAGE_WORDS_MIN;
	b.word = image_new(b.room);
	if (!common || !b.word) {
		image_free(b.word, b.room);
		return -ENOMEM;
	}
	for (size_t i = 1; i < n; i++)
		common[i] = (uint8_t)shared_bits(&item[i - 1], &item[i]);
	err = build_families(&b, n);
	if (!err && b.used + b.used / SPARE > b.room)
		err = grow(&b, b.used + b.used / SPARE);
	if (err) {
		image_free(b.word, b.room);
		return err;
	}
	*out = (struct image){ .word = b.word, .words = b.room, .used = b.used };
	return 0;
}

int image_render(struct image *image, const struct image_part *part,
		 struct classes *classes, uint32_t *word, struct sl_error *x)
{
	struct builder b = {
		.item = part->item,
		.classes = classes,
		.word = image->word,
		.used = image->used,
		.room = image->words,
		.fixed = true,
		.x = x,
	};
	const struct region r = {
		.end = part->n,
		.pos = part->pos,
		.width = part->width,
		.steps = part->steps,
	};
	autofree uint8_t *common = calloc(part->n + 1, 1);
	int err;

	if (!common)
		return -ENOMEM;
	b.common = common;
	for (size_t i = 1; i < part->n; i++)
		common[i] = (uint8_t)shared_bits(&part->item[i - 1], &part->item[i]);
	err = build(&b, r, IMAGE_APART);
	if (err)
		return err;
	*word = image->word[IMAGE_APART];
	image->word[IMAGE_APART] = 0;
	image->used = b.used;
	return 0;
}
