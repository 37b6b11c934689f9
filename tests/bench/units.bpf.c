// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What the benchmark measures with: the floor, and one lookup of a source
 * address in a hash and in an LPM trie. A lookup that finds nothing passes.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

enum { SOURCE_AT = 14 + 12 }; /* untagged IPv4 */

struct lpm_key {
	__u32 length, address;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1 << 20);
	__type(key, __u32);
	__type(value, __u64);
} by_hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1 << 20);
	__type(key, struct lpm_key);
	__type(value, __u64);
} by_prefix SEC(".maps");

static __always_inline int read_source(struct xdp_md *ctx, __u32 *source)
{
	void *frame = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;

	if (frame + SOURCE_AT + 4 > end)
		return -1;
	*source = *(__u32 *)(frame + SOURCE_AT);
	return 0;
}

SEC("xdp.frags")
int floor_drop(struct xdp_md *ctx __attribute__((unused)))
{
	return XDP_DROP;
}

SEC("xdp.frags")
int hash_lookup(struct xdp_md *ctx)
{
	__u32 key;

	if (read_source(ctx, &key))
		return XDP_ABORTED;
	return bpf_map_lookup_elem(&by_hash, &key) ? XDP_DROP : XDP_PASS;
}

SEC("xdp.frags")
int lpm_lookup(struct xdp_md *ctx)
{
	struct lpm_key key = { .length = 32 };

	if (read_source(ctx, &key.address))
		return XDP_ABORTED;
	return bpf_map_lookup_elem(&by_prefix, &key) ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
