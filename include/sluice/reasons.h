/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Why a packet ended as it did. One list feeds the kernel's enum, the
 * command's names, the documentation and the checklist of the packet tests.
 * Extend at the end of a group, never rename (DESIGN 9).
 *
 * X(NAME, name, verdict, "when"): NAME makes SL_NAME, name is what users see;
 * the verdict is DROP, PASS, SENT (tx or redirect) or RULED (as configured).
 */
#ifndef SLUICE_REASONS_H
#define SLUICE_REASONS_H

#define SL_REASONS(X) \
	X(SHORT_FRAME, short_frame, DROP, "the frame ends inside the Ethernet header or a tag") \
	X(VLAN_DEPTH, vlan_depth, DROP, "more than 4 VLAN tags") \
	X(NON_IP, non_ip, RULED, "neither IPv4 nor IPv6") \
	X(MALFORMED_L3, malformed_l3, DROP, "an IP header is cut or lies about its length or version") \
	X(MALFORMED_L4, malformed_l4, DROP, "a transport header is cut or lies about its length") \
	X(EXTENSION_DEPTH, extension_depth, DROP, "more than 6 IPv6 extension headers") \
	X(FRAGMENT_BAD, fragment_bad, DROP, "a tiny, overlapping, over-long or headerless fragment") \
	X(MALFORMED_ND, malformed_nd, DROP, "neighbour discovery with a hop limit below 255") \
	X(MARTIAN, martian, DROP, "a source or destination that cannot be") \
	X(IP_OPTIONS, ip_options, DROP, "IP options, or a source route") \
	X(TCP_ANOMALY, tcp_anomaly, DROP, "TCP flags that no stack sends") \
	X(MANAGEMENT, management, PASS, "from a management prefix to a management port") \
	X(RULE, rule, RULED, "the first rule with a verdict") \
	X(RATE_LIMIT, rate_limit, DROP, "over the rate of a rule") \
	X(ESSENTIAL, essential, PASS, "needed by any host: ARP, neighbour discovery, path MTU, DHCP") \
	X(ESTABLISHED, established, PASS, "TCP with ACK or RST set") \
	X(REPLY, reply, PASS, "UDP from a port that replies come from") \
	X(FRAGMENT, fragment, PASS, "a later fragment") \
	X(POLICY, policy, DROP, "policy drop, and nothing spoke for it") \
	X(DECAPSULATED, decapsulated, PASS, "the inner packet goes to the stack") \
	X(DECAP_UNTRUSTED, decap_untrusted, DROP, "a tunnel packet from an outer source that is not trusted") \
	X(DECAP_NESTED, decap_nested, DROP, "a tunnel packet inside a tunnel packet") \
	X(MALFORMED_INNER, malformed_inner, DROP, "the inner packet is cut or lies about its length") \
	X(NOT_OUR_MAC, not_our_mac, PASS, "for a service or decap address, in a frame for somebody else") \
	X(TTL_ZERO, ttl_zero, DROP, "for a service, with TTL or hop limit 0") \
	X(VIP_FRAGMENT, vip_fragment, DROP, "a later fragment for a service, and its first one is not known") \
	X(ICMP_MISMATCH, icmp_mismatch, PASS, "an ICMP error about a flow that is not the service's") \
	X(NO_BACKEND, no_backend, DROP, "the service's pool has no backend to use") \
	X(NO_ROUTE, no_route, DROP, "no next hop leads to the backend, or a rule's interface is gone") \
	X(NO_HEADROOM, no_headroom, DROP, "the driver left no room for the outer header") \
	X(TOO_BIG, too_big, RULED, "with its outer header it does not fit the egress MTU") \
	X(ANSWERED, answered, SENT, "an echo to a service, answered here") \
	X(FORWARDED, forwarded, SENT, "sent to a backend") \
	X(REDIRECTED, redirected, SENT, "redirected by a rule") \
	X(PASS, pass, PASS, "nothing of the above")

/* Counted beside a reason. X(NAME, name, "when") */
#define SL_EVENTS(X) \
	X(RECORD_PRESSURE, record_pressure, "a full record set made a new flow wait") \
	X(RECORD_INSERT, record_insert, "a flow of a changing slot was recorded") \
	X(FOLLOWED_PREVIOUS, followed_previous, "a packet followed a slot's previous owner") \
	X(WALK_LIMIT, walk_limit, "more than 16 counting rules matched one packet") \
	X(ANSWER_LIMITED, answer_limited, "an answer was not sent, for their rate") \
	X(SAMPLE_LOST, sample_lost, "a sample found no room in the capture ring")

/* A stage returns 0 or -SL_<REASON>, so 0 is no reason. */
enum sl_reason {
	SL_NO_REASON,
#define X(name, ...) SL_##name,
	SL_REASONS(X)
#undef X
	SL_REASON_COUNT
};

enum sl_event {
#define X(name, ...) SL_EVENT_##name,
	SL_EVENTS(X)
#undef X
	SL_EVENT_COUNT
};

#endif
