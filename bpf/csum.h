/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The internet checksum (RFC 1071) over 16-bit words in host order. Pure. */
#ifndef SLUICE_CSUM_H
#define SLUICE_CSUM_H

#include "packet.h"

/* To 16 bits, by one multiplication: bits 16 to 31 of the product are the sum of
 * both halves, bits 32 to 47 are so too, with the carry of those below. */
static __always_inline __u32 sum_fold(__u32 sum)
{
	return sum * 0x100010001ULL >> 32 & 0xffff;
}

/* Both words of an address as it stands in a header. */
static __always_inline __u32 sum_address(__be32 address)
{
	__u32 host = bpf_ntohl(address);

	return (host >> 16) + (host & 0xffff);
}

/* RFC 1624, equation 3: the checksum after one word of the header changed. */
static __always_inline __be16 sum_update(__be16 check, __u16 was, __u16 is)
{
	__u32 sum = (__u16)~bpf_ntohs(check) + (__u32)(__u16)~was + is;

	return BE16((__u16)~sum_fold(sum));
}

/* Is the sum of an IPv4 header wrong, or does it not lie before `end`? */
static __always_inline int sum_is_wrong(const __u8 *ip, const __u8 *end, __u32 header)
{
	const __u8 *at;
	__u32 sum = 0;

	for (__u32 i = 0; i < 60; i += 2) {
		if (i >= header)
			break;
		at = ip + IDX(i, 63);
		if (at + 2 > end)
			return 1;
		sum += bpf_ntohs(load16(at));
	}
	return sum_fold(sum) != 0xffff;
}

#endif
