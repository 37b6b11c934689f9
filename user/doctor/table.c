/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The checks: what runs them, the command's words and doc/doctor.md read these rows. */
#include "exam.h"

#define WHY_MAPS "without root"
#define NO_TELLING "the driver does not tell"
#define OTHER_NAMESPACE "in a network namespace that does not show it"

const struct doctor_check doctor_checks[] = {
	/* ---- the kernel */
	{ "kernel", "the kernel's version", "sluice loads its program on 6.1 and later; what later ones do better is named",
	  { "6.1 or later", NULL, "before 6.1", "its version cannot be read" }, look_kernel, false },
	{ "btf", "the kernel's type information", "libbpf places the program's maps by it",
	  { "there", NULL, "not there", NULL }, look_btf, false },
	{ "jit", "net.core.bpf_jit_enable", "without the compiler each packet is interpreted, many times slower",
	  { "1", "2: it prints programs to the log", "0", OTHER_NAMESPACE }, look_jit, false },
	{ "jit-harden", "net.core.bpf_jit_harden", "hardening for all programs blinds every constant of them: longer code for each packet; those who may load sluice may do anything anyway",
	  { "0 or 1", "2", NULL, "without root, or " OTHER_NAMESPACE }, look_jit_harden, false },
	{ "bpffs", "the BPF filesystem at /sys/fs/bpf", "programs and maps are pinned there to outlive the command; `ip netns exec` hides it, nsenter --net= does not",
	  { "mounted", "not mounted", NULL, "/proc/mounts cannot be read" }, look_bpffs, false },
	{ "memory", "memory.max of the control groups that the command is in", "maps are charged to them, not to RLIMIT_MEMLOCK; a change makes new maps while the old are there",
	  { "no limit, or enough left", "less left than what runs takes, or than 64 MiB", NULL, "control groups of version 1" }, look_memory, false },

	/* ---- what runs */
	{ "instance", "does the instance run, and where", "checks of interfaces, pools and rules depend on what is configured",
	  { "it runs on interfaces, or not at all", "it runs, attached nowhere", "an interface that it was on is gone", WHY_MAPS }, look_instance, false },
	{ "backends", "the way to each backend, and its health", "packets for a backend without a way are dropped as no_route; without any backend as no_backend",
	  { "all can be sent to", "one is down by its check", "no route, an unknown neighbour, or none of a pool can be sent to", WHY_MAPS }, look_backends, false },
	{ "pool-mtu", "packets that fit the way to a pool's backends, with their outer header", "larger ones are answered with too-big, or dropped where DF is not set; some networks lose the answers",
	  { "what clients send, 1500 at most, fits", "less fits", "less than 1280, the least of IPv6", WHY_MAPS }, look_pool_mtu, false },

	/* ---- the driver */
	{ "xdp-driver", "XDP in the driver: as the kernel tells (6.3), else by a table of drivers", "generic XDP runs after the kernel made its own packet of each frame: several times slower",
	  { "native", "generic, as configured", "not native, as the device is set up", "an unknown driver on a kernel that does not tell" }, look_xdp_driver, true },
	{ "xdp-program", "XDP programs on the interface", "an interface has one XDP program: sluice is refused where another's is",
	  { "none, or ours", NULL, "another's, or none where ours is configured", WHY_MAPS }, look_xdp_program, true },
	{ "xdp-send", "can XDP's packets leave by it (with pools, or rules that redirect)", "the driver drops what it cannot send, unseen by everybody",
	  { "they can", "those of other interfaces cannot", "veth whose other end has no program", "before 6.3" }, look_xdp_send, true },
	{ "xdp-queues", "queues for what XDP sends (virtio_net, with pools)", "with fewer free queues than CPUs, they share one under a lock",
	  { "one for each CPU", "fewer", NULL, NULL }, look_xdp_queues, true },
	{ "tc-programs", "BPF programs at tc's ingress (for tcx: bpftool net)", "they see what sluice passes, but not what it sends to backends",
	  { "none, or no pools", "some, with pools", NULL, "the kernel refuses the question" }, look_tc_programs, true },
	{ "vlan-offload", "rx-vlan-offload against rules with vlan", "the device takes the tag off before the program sees the frame: rules with vlan never match",
	  { "off, or no rule looks at VLANs", NULL, "on, and a rule does", NO_TELLING }, look_vlan_offload, true },
	{ "lro", "large receive offload, and GRO in hardware", "merged packets are no frames that came: drivers refuse XDP with it, or switch it off; what is forwarded may be too big",
	  { "off", "on", NULL, NO_TELLING }, look_lro, true },
	{ "gro", "generic receive offload", "it comes after XDP: what is passed goes through the stack in larger pieces",
	  { "on", "off", NULL, NO_TELLING }, look_gro, true },

	/* ---- how packets spread */
	{ "queues", "receive queues against CPUs", "a queue's packets are worked on by one CPU: with fewer queues the others do nothing in an attack",
	  { "one for each CPU", "fewer", NULL, NO_TELLING }, look_queues, true },
	{ "rss", "the indirection table", "queues that it leaves out get no packets; uneven ones fill one CPU first",
	  { "all queues, evenly", "some get none, or twice as much", NULL, NO_TELLING }, look_rss, true },
	{ "rss-udp", "what RSS hashes of UDP (with services of UDP)", "by addresses alone all of one client, or of one resolver, meet on one queue",
	  { "addresses and ports", "addresses", NULL, NO_TELLING }, look_rss_udp, true },
	{ "irqs", "CPUs that take the interrupts of receive queues", "queues whose interrupts share a CPU share its time",
	  { "as many as queues, or all", "fewer", NULL, "no interrupt of it is found" }, look_irqs, true },
	{ "irqbalance", "does irqbalance run", "it moves interrupts while packets come: reordering, cold caches, and affinities that somebody set are lost",
	  { "no, or no interface has several queues", "yes, with several queues", NULL, NULL }, look_irqbalance, false },
	{ "numa", "interrupts against the memory node of the device", "a CPU of another node reads each packet through the link between them",
	  { "one node, or all at the device's", "some at another", NULL, "the device's node or its interrupts are not known" }, look_numa, true },
	{ "iommu", "the IOMMU's way with the device", "strict mappings flush its cache for each buffer that goes to or from the stack or another device",
	  { "none, identity, or DMA-FQ", "DMA (strict)", NULL, "/sys shows another network namespace" }, look_iommu, true },
	{ "coalescing", "interrupt coalescing on receive", "an interrupt for each packet takes the CPU from packets; a long wait adds to each answer",
	  { "adaptive, or 1 to 200 us", "none, or more than 200 us", NULL, NO_TELLING }, look_coalescing, true },
	{ "ring", "the receive ring", "a burst that does not fit while the CPU is busy is lost, counted by the device alone",
	  { "1024 or more, or all that it has", "less", NULL, NO_TELLING }, look_ring, true },
	{ "rps", "RPS: receive packet steering", "with one queue it spreads over CPUs what sluice passes; with a queue for each CPU it only moves packets between them",
	  { "on with few queues, off with many", "off with one queue, or on with a queue for each CPU", NULL, NULL }, look_rps, true },
	{ "rfs", "RFS: receive flow steering", "it takes both a table and each queue's share of it",
	  { "both, or neither", "one of the two", NULL, OTHER_NAMESPACE }, look_rfs, true },

	/* ---- behind the driver */
	{ "softnet", "softnet_stat: what each CPU dropped, and rounds it cut short", "dropped packets came through XDP and were lost before the stack; rounds cut short leave packets in the ring",
	  { "nothing", "a round a second cut short; with --quick, drops since the start", "drops while it looked", "it cannot be read" }, look_softnet, false },
	{ "budget", "net.core.netdev_budget, netdev_budget_usecs", "what a CPU may do before it lets others run; below the kernel's own numbers queues fill",
	  { "300 and 2000, or more", "less", NULL, OTHER_NAMESPACE }, look_budget, false },
	{ "backlog", "net.core.netdev_max_backlog", "the queue of RPS, of generic XDP and of veth; a full one drops",
	  { "1000 or more", "less", NULL, OTHER_NAMESPACE }, look_backlog, false },
	{ "busy-poll", "net.core.busy_poll, busy_read", "every socket that waits turns the CPU that packets need",
	  { "0", "more", NULL, OTHER_NAMESPACE }, look_busy_poll, false },
	{ "somaxconn", "net.core.somaxconn", "the longest queue of connections that a server did not take yet; new ones are dropped when it is full",
	  { "1024 or more", "less", NULL, "it cannot be read" }, look_somaxconn, false },

	/* ---- the host's IP */
	{ "rp-filter", "net.ipv4.conf.*.rp_filter (with decap)", "clients' packets that sluice took out come in by this interface; strict filtering drops those whose answer leaves by another",
	  { "0 or 2", "1", NULL, "it cannot be read" }, look_rp_filter, true },
	{ "tunnels", "rp_filter of the kernel's tunnel devices (ipip, ip6tnl)", "what they take out of packets comes in by them, and its answers never leave by them",
	  { "0 or 2", NULL, "1", NULL }, look_tunnels, false },
	{ "forwarding", "forwarding, where the program asks the kernel for routes (next_hop: fib)", "the kernel tells no next hop to an interface that does not forward: no_route",
	  { "on, or not needed", NULL, "off, and needed", "it cannot be read" }, look_forwarding, true },
	{ "arp", "arp_ignore and arp_announce (with decap)", "a backend in the network of the service's address answers for it, and takes the balancer's clients",
	  { "1 and 2, or more", "less", NULL, "it cannot be read" }, look_arp, true },
	{ "conntrack", "connection tracking: how full, and what it does not see", "a full table drops new connections; what sluice sends bypasses it, so that answers look invalid to rules by state",
	  { "not there, or less than 80 % full", "80 %, or with pools on a host that forwards", "95 %", "it cannot be read" }, look_conntrack, false },
};

const size_t n_doctor_checks = sizeof(doctor_checks) / sizeof(doctor_checks[0]);
