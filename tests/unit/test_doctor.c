/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Each check of the doctor, on a host that is made for each of its outcomes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/doctor_rig.h"

enum { OK = DOCTOR_OK, WARN = DOCTOR_WARN, BAD = DOCTOR_BAD, UNKNOWN = DOCTOR_UNKNOWN };

#define ON_ETH0 "interfaces: {eth0: {}}, "
#define POOL ON_ETH0 "pools: {web: {backends: [{address: 10.0.0.1}]}}"
#define FIB ON_ETH0 "pools: {web: {next_hop: fib, backends: [{address: 10.0.0.1}]}}"
#define FIB6 ON_ETH0 "pools: {web: {next_hop: fib, backends: [{address: \"2001:db8::1\"}]}}"
#define DNS POOL ", services: {dns: {addresses: [192.0.2.53], udp: 53, pool: web}}"
#define TAGGED ON_ETH0 "filter: {rules: [{name: tagged, vlan: 7, action: drop}]}"
#define DECAP ON_ETH0 "decap: {addresses: [10.0.0.2], from: [10.0.0.100]}"
#define GENERIC "interfaces: {eth0: {mode: generic}}"

#define CORE "proc/sys/net/core/"
#define CONF4 "proc/sys/net/ipv4/conf/"
#define DEVICE "sys/class/net/eth0/device/"
#define RX0 "sys/class/net/eth0/queues/rx-0/"

static struct sl_link_status link0 = { .interface = "eth0", .ifindex = 2, .prog_id = 7 };
static struct sl_link_status link_gone = { .interface = "eth0" };
static const struct sl_status on_eth0 = { .links = &link0, .n_links = 1, .map_bytes = 300 << 20 };
static const struct sl_status on_gone = { .links = &link_gone, .n_links = 1 };
static const struct sl_status on_none = { .prog_id = 7 };

#define AT_1 { .family = 4, .octet = { 10, 0, 0, 1 } }
#define BACKEND(...) { .n_backends = 1, .backends = (struct sl_named_backend[]){ { .pool = "web", .addr = AT_1, __VA_ARGS__ } } }

static const struct sl_stats backend_up = BACKEND(.hop = SL_HOP_OUT, .slots = 9);
static const struct sl_stats backend_down = BACKEND(.hop = SL_HOP_OUT, .slots = 9, .standing = SL_STANDS_DOWN, .stands_ms = 7000);
static const struct sl_stats backend_dead = BACKEND(.hop = SL_HOP_OUT, .standing = SL_STANDS_DOWN, .dead = true);
static const struct sl_stats backend_away = BACKEND(.hop = SL_HOP_NONE, .slots = 9);
static const struct sl_stats backend_asked = BACKEND(.hop = SL_HOP_FIB, .slots = 9);
static const struct doctor_way no_route = { .addr = AT_1, .err = ENETUNREACH };
static const struct doctor_way no_neighbour = { .addr = AT_1, .via = { .family = 4, .octet = { 10, 0, 0, 254 } } };
static const struct doctor_way known = { .addr = AT_1, .via = AT_1, .is_known = true };
static const struct sl_pool_mss fits_1500 = { "web", SL_ENCAP_IPIP, 1500, 1460, 1440 };
static const struct sl_pool_mss fits_1480 = { "web", SL_ENCAP_IPIP, 1480, 1440, 1420 };
static const struct sl_pool_mss fits_1270 = { "web", SL_ENCAP_GUE, 1270, 1230, 1210 };

#define INTERRUPTS                                   \
	"proc/interrupts="                           \
	"     CPU0 CPU1\n"                           \
	" 40:    1    0  PCI-MSI 1-edge  ice-misc\n" \
	" 41:    1    0  PCI-MSI 2-edge  eth0-TxRx-0\n" \
	" 42:    1    0  PCI-MSI 3-edge  eth0-TxRx-1\n" \
	" 43:    1    0  PCI-MSI 4-edge  nvme0q1\n" \
	"NMI:    0    0  Non-maskable\n"
#define THREE_IRQS INTERRUPTS, DEVICE "msi_irqs/40=x", DEVICE "msi_irqs/41=x", DEVICE "msi_irqs/42=x"
#define IRQ(n, cpu) "proc/irq/" n "/effective_affinity_list=" cpu "\n"

/* what a virtio device agreed on: guest_csum, then ctrl_guest_offloads too */
#define VIRTIO .name = "eth0", .driver = "virtio_net", .ifindex = 2, .mtu = 1500, .hardware = true, .in_sys = true

#define SOFTNET(dropped, squeezed) "0000ffff " dropped " " squeezed " 0 0 0 0 0 0 0 0 0 00000003 0 0\n"
static uint32_t even[] = { 0, 1, 0, 1 }, uneven[] = { 0, 0, 0, 1 }, lone[] = { 0, 0, 0, 0 };

static const struct ill ills[] = {
	{ "kernel", OK, "6.18.0", NULL, .files = { "proc/sys/kernel/osrelease=6.18.0\n" } },
	{ "kernel", OK, "6.1.0-25; 6.3 lists what", NULL, .files = { "proc/sys/kernel/osrelease=6.1.0-25\n" } },
	{ "kernel", BAD, "5.10.0: 6.1 or later", "# install a kernel", .files = { "proc/sys/kernel/osrelease=5.10.0\n" } },
	{ "kernel", UNKNOWN, "does not say", .mend = NULL },
	{ "btf", OK, "is there", NULL, .files = { "sys/kernel/btf/vmlinux=x" } },
	{ "btf", BAD, "is not", .mend = "CONFIG_DEBUG_INFO_BTF" },
	{ "jit", OK, "on", NULL, .files = { CORE "bpf_jit_enable=1\n" } },
	{ "jit", WARN, "prints each program", "sysctl -w net.core.bpf_jit_enable=1\n", .files = { CORE "bpf_jit_enable=2\n" } },
	{ "jit", BAD, "off", "sysctl -w net.core.bpf_jit_enable=1\n", .files = { CORE "bpf_jit_enable=0\n" } },
	{ "jit", UNKNOWN, "namespace", .mend = NULL },
	{ "jit-harden", OK, "unprivileged", NULL, .files = { CORE "bpf_jit_harden=1\n" } },
	{ "jit-harden", WARN, "all programs", "sysctl -w net.core.bpf_jit_harden=1\n", .files = { CORE "bpf_jit_harden=2\n" } },
	{ "jit-harden", UNKNOWN, "namespace", .mend = NULL },
	{ "bpffs", OK, "mounted", NULL, .files = { "proc/mounts=proc /proc proc rw 0 0\nbpf /sys/fs/bpf bpf rw 0 0\n" } },
	{ "bpffs", WARN, "not mounted", "mount -t bpf bpf /sys/fs/bpf\n", .files = { "proc/mounts=proc /proc proc rw 0 0\n" } },
	{ "bpffs", UNKNOWN, "/proc/mounts", .mend = NULL },
	{ "memory", OK, "no limit", NULL, .files = { "proc/self/cgroup=0::/a\n", "sys/fs/cgroup/a/memory.max=max\n" } },
	{ "memory", OK, "no limit", NULL, .files = { "proc/self/cgroup=" } },
	{ "memory", OK, "100 MiB are left to control group /a", NULL, .files = { "proc/self/cgroup=0::/a\n", "sys/fs/cgroup/a/memory.max=209715200\n", "sys/fs/cgroup/a/memory.current=104857600\n" } },
	{ "memory", WARN, "100 MiB are left to control group /a, of 301", "# echo max >/sys/fs/cgroup/a/memory.max\n", .status = &on_eth0, .files = { "proc/self/cgroup=0::/a/b\n", "sys/fs/cgroup/a/memory.max=209715200\n", "sys/fs/cgroup/a/memory.current=104857600\n" } },
	{ "memory", WARN, "0 MiB are left to control group /a, of 64", "memory.max", .files = { "proc/self/cgroup=0::/a\n", "sys/fs/cgroup/a/memory.max=1\n", "sys/fs/cgroup/a/memory.current=2\n" } },
	{ "memory", UNKNOWN, "version 1", NULL, .files = { "proc/self/cgroup=4:memory:/a\n0::/a\n" } },

	{ "instance", OK, "default does not run", .mend = NULL },
	{ "instance", OK, "default runs on eth0", NULL, .conf = ON_ETH0, .status = &on_eth0 },
	{ "instance", WARN, "attached nowhere", "# sluice -I default attach", .conf = "", .status = &on_none },
	{ "instance", BAD, "1 of its interfaces are gone", "# sluice -I default status", .conf = ON_ETH0, .status = &on_gone },
	{ "instance", UNKNOWN, "denied", NULL, .absent = "denied" },
	{ "instance", UNKNOWN, "no maps", NULL, .conf = ON_ETH0, .closed = "no maps" },
	{ "backends", NOTHING, .conf = ON_ETH0 },
	{ "backends", OK, "1 can be sent to", NULL, .conf = POOL, .stats = &backend_up },
	{ "backends", OK, "1 can be sent to", NULL, .conf = FIB, .stats = &backend_asked, .way = &known },
	{ "backends", WARN, "pool web: 10.0.0.1: down by its check for 7 s", NULL, .conf = POOL, .stats = &backend_down },
	{ "backends", BAD, "pool web: 10.0.0.1: no next hop", "# apply", .conf = POOL, .stats = &backend_away },
	{ "backends", BAD, "pool web: 10.0.0.1: no route: Network is unreachable", "# ip route add 10.0.0.1 via", .conf = POOL, .stats = &backend_asked, .way = &no_route },
	{ "backends", BAD, "pool web: 10.0.0.1: the neighbour 10.0.0.254 is not known", "ping 10.0.0.1", .conf = POOL, .stats = &backend_asked, .way = &no_neighbour },
	{ "backends", WARN, "down", NULL, .conf = POOL, .stats = &backend_dead },
	{ "backends", UNKNOWN, "no maps", NULL, .conf = POOL, .closed = "no maps" },
	{ "pool-mtu", NOTHING, .conf = ON_ETH0 },
	{ "pool-mtu", OK, "packets of 1500", NULL, .nic = { CARD }, .conf = POOL, .mss = &fits_1500 },
	{ "pool-mtu", OK, "packets of 1400", NULL, .nic = { .name = "eth0", .mtu = 1400 }, .conf = POOL, .mss = &fits_1480 },
	{ "pool-mtu", WARN, "pool web: packets of 1480 fit the way to its backends (ipip), clients send 1500", "mtu 20 more", .nic = { CARD }, .conf = POOL, .mss = &fits_1480 },
	{ "pool-mtu", BAD, "packets of 1270 fit the way to its backends (gue)", "advmss 1230", .nic = { CARD }, .conf = POOL, .mss = &fits_1270 },
	{ "pool-mtu", UNKNOWN, "no maps", NULL, .conf = POOL, .closed = "no maps" },

	{ "xdp-driver", OK, "ice: native XDP", NULL, .nic = { CARD, .can.features = 3 } },
	{ "xdp-driver", OK, "ice: native XDP since 5.5", NULL, .nic = { CARD, .can.err = ENOENT }, .files = { "proc/sys/kernel/osrelease=6.1.0\n" } },
	{ "xdp-driver", BAD, "vmxnet3: native XDP comes with kernel 6.6", "# sluice attach eth0 --mode generic", .nic = { .name = "eth0", .driver = "vmxnet3", .can.err = ENOENT }, .files = { "proc/sys/kernel/osrelease=6.1.0\n" } },
	{ "xdp-driver", UNKNOWN, "e1000e: this kernel does not tell", NULL, .nic = { .name = "eth0", .driver = "e1000e", .can.err = ENOENT }, .files = { "proc/sys/kernel/osrelease=6.1.0\n" } },
	{ "xdp-driver", BAD, "e1000e: the driver has none", "--mode generic", .nic = { .name = "eth0", .driver = "e1000e" } },
	{ "xdp-driver", WARN, "the driver has none; generic, as configured", NULL, .nic = { .name = "eth0", .driver = "e1000e" }, .conf = GENERIC },
	{ "xdp-driver", WARN, "native XDP is there, generic is configured", "--mode native", .nic = { CARD, .can.features = 3 }, .conf = GENERIC },
	{ "xdp-driver", BAD, "a VLAN device has none", "--mode generic", .nic = { .name = "eth0.7", .kind = "vlan", .can.features = 3 } },
	{ "xdp-driver", BAD, "a bond hands packets on", "--mode generic", .nic = { .name = "bond0", .kind = "bond", .driver = "bonding", .can.features = 3 } },
	{ "xdp-driver", BAD, "virtio_net: the hypervisor merges packets", "guest_csum=off", .nic = { VIRTIO, .can.features = 3 }, .files = { DEVICE "features=0100000000000000\n" } },
	{ "xdp-driver", BAD, "virtio_net: the hypervisor merges packets", "guest_csum=off", .nic = { VIRTIO, .can.features = 3 }, .files = { DEVICE "features=0000000100000000\n" } },
	{ "xdp-driver", OK, "virtio_net: native XDP", NULL, .nic = { VIRTIO, .can.features = 3 }, .files = { DEVICE "features=0110000100000000\n" } },
	{ "xdp-program", OK, "none", NULL, .nic = { CARD } },
	{ "xdp-program", OK, "program 7, of instance default", NULL, .nic = { CARD, .xdp.prog_id = 7 }, .conf = ON_ETH0, .status = &on_eth0 },
	{ "xdp-program", BAD, "none, but it is configured", "# sluice -I default attach eth0", .nic = { CARD }, .conf = ON_ETH0, .status = &on_none },
	{ "xdp-program", BAD, "program 9, of somebody else", "# bpftool prog show id 9", .nic = { CARD, .xdp.prog_id = 9 } },
	{ "xdp-program", UNKNOWN, "program 9; whose", NULL, .nic = { CARD, .xdp.prog_id = 9 }, .absent = "denied" },
	{ "xdp-send", NOTHING, .nic = { CARD, .xdp.prog_id = 7 }, .conf = ON_ETH0 },
	{ "xdp-send", OK, "leave by it", NULL, .nic = { CARD, .xdp.prog_id = 7, .can.features = 7 }, .conf = POOL },
	{ "xdp-send", WARN, "cannot leave by it", "# let backends", .nic = { CARD, .xdp.prog_id = 7, .can.features = 3 }, .conf = POOL },
	{ "xdp-send", BAD, "its other end has no program", "# at the other end: sluice -I other attach", .nic = { VETH, .xdp.prog_id = 7, .can.features = 3 }, .conf = POOL },
	{ "xdp-send", UNKNOWN, "6.3", NULL, .nic = { CARD, .xdp.prog_id = 7, .can.err = ENOENT }, .conf = POOL },
	{ "xdp-queues", NOTHING, .nic = { CARD, .queues = { 0, 4, 4 } }, .conf = POOL },
	{ "xdp-queues", OK, "4 of 8 queues are free, for 4 CPUs", NULL, .nic = { VIRTIO, .queues = { 0, 4, 8 } }, .conf = POOL, .files = { "sys/devices/system/cpu/possible=0-3\n" } },
	{ "xdp-queues", WARN, "1 of 6 queues are free, for 4 CPUs", "ethtool -L eth0 combined 2\n", .nic = { VIRTIO, .queues = { 0, 5, 6 } }, .conf = POOL, .files = { "sys/devices/system/cpu/possible=0-3\n" } },
	{ "xdp-queues", WARN, "0 of 4 queues are free", "# to the hypervisor: 8 queues", .nic = { VIRTIO, .queues = { 0, 4, 4 } }, .conf = POOL, .files = { "sys/devices/system/cpu/possible=0-3\n" } },
	{ "tc-programs", OK, "none", NULL, .nic = { CARD } },
	{ "tc-programs", OK, "bpf_host: sees what sluice passes", NULL, .nic = { CARD, .filters = { 0, 1, "bpf_host" } } },
	{ "tc-programs", WARN, "bpf_host: does not see", NULL, .nic = { CARD, .filters = { 0, 1, "bpf_host" } }, .conf = POOL },
	{ "tc-programs", UNKNOWN, "not permitted", NULL, .nic = { CARD, .filters = { .err = EPERM } } },
	{ "vlan-offload", OK, "on; no rule looks at VLANs", NULL, .nic = { CARD, .offload.untags = true }, .conf = ON_ETH0 },
	{ "vlan-offload", OK, "off", NULL, .nic = { CARD }, .conf = TAGGED },
	{ "vlan-offload", BAD, "rule tagged does not see", "ethtool -K eth0 rxvlan off\n", .nic = { CARD, .offload.untags = true }, .conf = TAGGED },
	{ "vlan-offload", BAD, "rule tagged does not see", "# the driver cannot", .nic = { CARD, .offload = { .untags = true, .untags_fixed = true } }, .conf = TAGGED },
	{ "vlan-offload", UNKNOWN, "not supported", NULL, .nic = { CARD, .offload.err = EOPNOTSUPP } },
	{ "lro", NOTHING, .nic = { VETH } },
	{ "lro", OK, "off", NULL, .nic = { CARD } },
	{ "lro", OK, "off", NULL, .nic = { VIRTIO, .offload.merges = true } },
	{ "lro", WARN, "LRO on", "ethtool -K eth0 lro off\n", .nic = { CARD, .offload.lro = true } },
	{ "lro", WARN, "GRO in hardware on", "ethtool -K eth0 rx-gro-hw off\n", .nic = { CARD, .offload.merges = true } },
	{ "lro", UNKNOWN, "not supported", NULL, .nic = { CARD, .offload.err = EOPNOTSUPP } },
	{ "gro", NOTHING, .nic = { VETH } },
	{ "gro", OK, "on", NULL, .nic = { CARD, .offload.gro = true } },
	{ "gro", WARN, "off", "ethtool -K eth0 gro on\n", .nic = { CARD } },
	{ "gro", UNKNOWN, "not supported", NULL, .nic = { CARD, .offload.err = EOPNOTSUPP } },

	{ "queues", NOTHING, .nic = { VETH, .queues = { 0, 1, 1 } } },
	{ "queues", OK, "4, of 8 that it has, for 4 CPUs", NULL, .nic = { CARD, .queues = { 0, 4, 8 } } },
	{ "queues", OK, "5, of 5 that it has, for 4 CPUs", NULL, .nic = { CARD, .queues = { 0, 5, 5 } } },
	{ "queues", WARN, "2, of 8 that it has, for 4 CPUs", "ethtool -L eth0 combined 4\n", .nic = { CARD, .queues = { 0, 2, 8 } } },
	{ "queues", WARN, "2, of 3 that it has", "ethtool -L eth0 combined 3\n", .nic = { CARD, .queues = { 0, 2, 3 } } },
	{ "queues", WARN, "1, of 1 that it has", "# a rule with", .nic = { CARD, .queues = { 0, 1, 1 } } },
	{ "queues", WARN, "1, of 1 that it has", "# a rule with", .nic = { CARD, .queues.err = EOPNOTSUPP }, .files = { RX0 "rps_cpus=0" } },
	{ "queues", UNKNOWN, "does not tell", NULL, .nic = { CARD, .queues.err = EOPNOTSUPP } },
	{ "rss", NOTHING, .nic = { CARD, .queues = { 0, 1, 1 } } },
	{ "rss", OK, "all 2 queues, evenly", NULL, .nic = { CARD, .queues = { 0, 2, 2 }, .rss = { 0, even, 4 } } },
	{ "rss", WARN, "1 of 2 queues get packets", "ethtool -X eth0 equal 2\n", .nic = { CARD, .queues = { 0, 2, 2 }, .rss = { 0, lone, 4 } } },
	{ "rss", WARN, "one queue gets 3 parts of 4, another 1", "ethtool -X eth0 equal 2\n", .nic = { CARD, .queues = { 0, 2, 2 }, .rss = { 0, uneven, 4 } } },
	{ "rss", UNKNOWN, "does not show", NULL, .nic = { CARD, .queues = { 0, 2, 2 }, .rss.err = EOPNOTSUPP } },
	{ "rss-udp", NOTHING, .nic = { CARD, .queues = { 0, 2, 2 } }, .conf = POOL },
	{ "rss-udp", OK, "addresses and ports", NULL, .nic = { CARD, .queues = { 0, 2, 2 }, .udp_hash.by_ports = true }, .conf = DNS },
	{ "rss-udp", WARN, "addresses alone", "ethtool -N eth0 rx-flow-hash udp4 sdfn\n", .nic = { CARD, .queues = { 0, 2, 2 } }, .conf = DNS },
	{ "rss-udp", UNKNOWN, "does not tell", NULL, .nic = { CARD, .queues = { 0, 2, 2 }, .udp_hash.err = EOPNOTSUPP }, .conf = DNS },
	{ "irqs", NOTHING, .nic = { VETH } },
	{ "irqs", OK, "2 for receiving, on 2 of 4 CPUs", NULL, .nic = { CARD }, .files = { THREE_IRQS, IRQ("41", "0"), IRQ("42", "2") } },
	{ "irqs", WARN, "2 for receiving, on 1 of 4 CPUs", "echo 0 >/proc/irq/41/smp_affinity_list\necho 1 >/proc/irq/42/smp_affinity_list\n", .nic = { CARD }, .files = { THREE_IRQS, IRQ("41", "2"), IRQ("42", "2") } },
	{ "irqs", WARN, "on 1 of 4 CPUs", "echo 3 >/proc/irq/42/smp_affinity_list\n", .nic = { CARD }, .files = { THREE_IRQS, "proc/irq/41/smp_affinity_list=2", IRQ("42", "2"), DEVICE "local_cpulist=2-3" } },
	{ "irqs", UNKNOWN, "none of its interrupts", NULL, .nic = { CARD }, .files = { INTERRUPTS } },
	{ "irqbalance", OK, "does not run", NULL, .files = { "proc/7/comm=sh\n" } },
	{ "irqbalance", OK, "no interface has several", NULL, .nic = { CARD, .queues = { 0, 1, 1 } }, .files = { "proc/7/comm=irqbalance\n" } },
	{ "irqbalance", WARN, "runs", "# systemctl disable", .nic = { CARD, .queues = { 0, 2, 2 } }, .files = { "proc/7/comm=irqbalance\n" } },
	{ "numa", NOTHING, .nic = { VETH } },
	{ "numa", OK, "one node", NULL, .nic = { CARD }, .files = { "sys/devices/system/node/online=0\n" } },
	{ "numa", OK, "at node 1; 0 of its 2", NULL, .nic = { CARD }, .files = { "sys/devices/system/node/online=0-1\n", "sys/devices/system/node/node1/cpulist=2-3\n", DEVICE "numa_node=1\n", THREE_IRQS, IRQ("41", "3"), IRQ("42", "2") } },
	{ "numa", WARN, "at node 1; 1 of its 2", "echo 3 >/proc/irq/42/smp_affinity_list\n", .nic = { CARD }, .files = { "sys/devices/system/node/online=0-1\n", "sys/devices/system/node/node1/cpulist=2-3\n", DEVICE "numa_node=1\n", DEVICE "local_cpulist=2-3\n", THREE_IRQS, IRQ("41", "3"), IRQ("42", "0") } },
	{ "numa", UNKNOWN, "at node 1; none of its", NULL, .nic = { CARD }, .files = { "sys/devices/system/node/online=0-1\n", DEVICE "numa_node=1\n" } },
	{ "numa", UNKNOWN, "does not say", NULL, .nic = { CARD }, .files = { "sys/devices/system/node/online=0-1\n", DEVICE "numa_node=-1\n" } },
	{ "iommu", NOTHING, .nic = { VETH } },
	{ "iommu", OK, "none before it", NULL, .nic = { CARD } },
	{ "iommu", OK, "identity", NULL, .nic = { CARD }, .files = { DEVICE "iommu_group/type=identity\n" } },
	{ "iommu", OK, "DMA-FQ", NULL, .nic = { CARD }, .files = { DEVICE "iommu_group/type=DMA-FQ\n" } },
	{ "iommu", WARN, "DMA: ", "echo DMA-FQ >/sys/class/net/eth0/device/iommu_group/type\n", .nic = { CARD }, .files = { DEVICE "iommu_group/type=DMA\n" } },
	{ "iommu", UNKNOWN, "another network namespace", NULL, .nic = { .name = "eth0", .hardware = true } },
	{ "coalescing", NOTHING, .nic = { VIRTIO, .coalesce.frames = 1 } },
	{ "coalescing", OK, "adaptive", NULL, .nic = { CARD, .coalesce.adaptive = true } },
	{ "coalescing", OK, "50 us, 0 frames", NULL, .nic = { CARD, .coalesce.usecs = 50 } },
	{ "coalescing", WARN, "0 us, 1 frames", "ethtool -C eth0 adaptive-rx on\n", .nic = { CARD, .coalesce.frames = 1 } },
	{ "coalescing", WARN, "201 us", "ethtool -C eth0 adaptive-rx on\n", .nic = { CARD, .coalesce.usecs = 201 } },
	{ "coalescing", UNKNOWN, "does not tell", NULL, .nic = { CARD, .coalesce.err = EOPNOTSUPP } },
	{ "ring", NOTHING, .nic = { VETH } },
	{ "ring", OK, "1024 of 4096", NULL, .nic = { CARD, .ring = { 0, 1024, 4096 } } },
	{ "ring", OK, "256 of 256", NULL, .nic = { CARD, .ring = { 0, 256, 256 } } },
	{ "ring", WARN, "512 of 4096", "ethtool -G eth0 rx 2048\n", .nic = { CARD, .ring = { 0, 512, 4096 } } },
	{ "ring", WARN, "256 of 512", "ethtool -G eth0 rx 512\n", .nic = { CARD, .ring = { 0, 256, 512 } } },
	{ "ring", UNKNOWN, "does not tell", NULL, .nic = { CARD, .ring.err = EOPNOTSUPP } },
	{ "rps", NOTHING, .nic = { CARD, .queues = { 0, 1, 1 } }, .files = { "sys/devices/system/cpu/online=0" } },
	{ "rps", OK, "on for 1 of 1 queues", NULL, .nic = { CARD, .queues = { 0, 1, 1 } }, .files = { RX0 "rps_cpus=f" } },
	{ "rps", OK, "off", NULL, .nic = { CARD, .queues = { 0, 4, 4 } }, .files = { RX0 "rps_cpus=0" } },
	{ "rps", WARN, "off, with one queue for 4 CPUs", "echo f >/sys/class/net/eth0/queues/rx-0/rps_cpus\n", .nic = { CARD, .queues = { 0, 1, 1 } }, .files = { RX0 "rps_cpus=0" } },
	{ "rps", WARN, "off, with one queue for 40 CPUs", "echo ff,ffffffff >", .nic = { CARD, .queues = { 0, 1, 1 } }, .files = { RX0 "rps_cpus=00,00000000", "sys/devices/system/cpu/online=0-39" } },
	{ "rps", WARN, "on for 1 queues", "echo 0 >", .nic = { CARD, .queues = { 0, 4, 4 } }, .files = { RX0 "rps_cpus=00000000,0000000f" } },
	{ "rfs", NOTHING, .nic = { VETH } },
	{ "rfs", OK, "off", NULL, .nic = { CARD, .queues = { 0, 1, 1 } }, .files = { CORE "rps_sock_flow_entries=0\n" } },
	{ "rfs", OK, "on, 4096 entries", NULL, .nic = { CARD, .queues = { 0, 1, 1 } }, .files = { CORE "rps_sock_flow_entries=4096\n", RX0 "rps_flow_cnt=4096\n" } },
	{ "rfs", WARN, "no queue uses them", "echo 2048 >", .nic = { CARD, .queues = { 0, 2, 2 } }, .files = { CORE "rps_sock_flow_entries=4096\n", RX0 "rps_flow_cnt=0\n" } },
	{ "rfs", WARN, "the table has no entries", "sysctl -w net.core.rps_sock_flow_entries=32768\n", .nic = { CARD, .queues = { 0, 1, 1 } }, .files = { CORE "rps_sock_flow_entries=0\n", RX0 "rps_flow_cnt=9\n" } },
	{ "rfs", UNKNOWN, "namespace", NULL, .nic = { CARD, .queues = { 0, 1, 1 } } },

	{ "softnet", OK, "1 CPUs dropped nothing for 2.0 s", NULL, .files = { "proc/net/softnet_stat=" SOFTNET("1", "2") }, .softnet = SOFTNET("1", "1") },
	{ "softnet", OK, "since the host started", NULL, .files = { "proc/net/softnet_stat=" SOFTNET("0", "9") } },
	{ "softnet", WARN, "CPU 3: 0.0 packets a second dropped, 8.0 rounds", "sysctl -w net.core.netdev_budget=600\nsysctl -w net.core.netdev_budget_usecs=4000\n", .files = { "proc/net/softnet_stat=" SOFTNET("1", "20"), CORE "netdev_budget=300", CORE "netdev_budget_usecs=2000" }, .softnet = SOFTNET("1", "10") },
	{ "softnet", BAD, "CPU 3: 1.5 packets a second dropped", "sysctl -w net.core.netdev_max_backlog=4000\n", .files = { "proc/net/softnet_stat=" SOFTNET("4", "0"), CORE "netdev_max_backlog=1000" }, .softnet = SOFTNET("1", "0") },
	{ "softnet", WARN, "CPU 3: 18 packets dropped since the host started", "# are they more", .files = { "proc/net/softnet_stat=" SOFTNET("12", "0") } },
	{ "softnet", UNKNOWN, "is not to be read", .mend = NULL },
	{ "budget", OK, "300 packets, 8000 us", NULL, .files = { CORE "netdev_budget=300\n", CORE "netdev_budget_usecs=8000\n" } },
	{ "budget", WARN, "100 packets", "sysctl -w net.core.netdev_budget=300\n", .files = { CORE "netdev_budget=100\n", CORE "netdev_budget_usecs=8000\n" } },
	{ "budget", WARN, "500 us", "sysctl -w net.core.netdev_budget_usecs=8000\n", .files = { CORE "netdev_budget=300\n", CORE "netdev_budget_usecs=500\n" } },
	{ "budget", UNKNOWN, "namespace", .mend = NULL },
	{ "backlog", OK, "1000 packets", NULL, .files = { CORE "netdev_max_backlog=1000\n" } },
	{ "backlog", WARN, "300 packets", "sysctl -w net.core.netdev_max_backlog=1000\n", .files = { CORE "netdev_max_backlog=300\n" } },
	{ "backlog", UNKNOWN, "namespace", .mend = NULL },
	{ "busy-poll", OK, "off", NULL, .files = { CORE "busy_poll=0\n", CORE "busy_read=0\n" } },
	{ "busy-poll", WARN, "read for 50 us", "sysctl -w net.core.busy_read=0\n", .files = { CORE "busy_poll=0\n", CORE "busy_read=50\n" } },
	{ "busy-poll", UNKNOWN, "namespace", .mend = NULL },
	{ "somaxconn", OK, "4096", NULL, .files = { CORE "somaxconn=4096\n" } },
	{ "somaxconn", WARN, "128", "sysctl -w net.core.somaxconn=4096\n", .files = { CORE "somaxconn=128\n" } },
	{ "somaxconn", UNKNOWN, "somaxconn", .mend = NULL },

	{ "rp-filter", NOTHING, .nic = { CARD }, .conf = ON_ETH0 },
	{ "rp-filter", OK, "2", NULL, .nic = { CARD }, .conf = DECAP, .files = { CONF4 "all/rp_filter=1\n", CONF4 "eth0/rp_filter=2\n" } },
	{ "rp-filter", WARN, "1: ", "sysctl -w net/ipv4/conf/eth0/rp_filter=2\n", .nic = { CARD }, .conf = DECAP, .files = { CONF4 "all/rp_filter=1\n", CONF4 "eth0/rp_filter=0\n" } },
	{ "rp-filter", UNKNOWN, "net.ipv4.conf", NULL, .nic = { CARD }, .conf = DECAP },
	{ "tunnels", NOTHING, .mend = NULL },
	{ "tunnels", OK, "1, none filters", NULL, .tunnel = "tunl0", .files = { CONF4 "all/rp_filter=0\n", CONF4 "tunl0/rp_filter=0\n" } },
	{ "tunnels", BAD, "tunl0: rp_filter is 1", "sysctl -w net/ipv4/conf/tunl0/rp_filter=2\n", .tunnel = "tunl0", .files = { CONF4 "all/rp_filter=0\n", CONF4 "tunl0/rp_filter=1\n" } },
	{ "forwarding", NOTHING, .nic = { CARD } },
	{ "forwarding", OK, "not needed", NULL, .nic = { CARD }, .conf = POOL },
	{ "forwarding", OK, "on", NULL, .nic = { CARD }, .conf = FIB, .files = { CONF4 "eth0/forwarding=1\n" } },
	{ "forwarding", BAD, "IPv4: off", "sysctl -w net/ipv4/conf/eth0/forwarding=1\n", .nic = { CARD }, .conf = FIB, .files = { CONF4 "eth0/forwarding=0\n" } },
	{ "forwarding", BAD, "IPv6: off", "sysctl -w net/ipv6/conf/eth0/forwarding=1\n", .nic = { CARD }, .conf = FIB6, .files = { "proc/sys/net/ipv6/conf/eth0/forwarding=0\n" } },
	{ "forwarding", UNKNOWN, "net.ipv4.conf", NULL, .nic = { CARD }, .conf = FIB },
	{ "arp", NOTHING, .nic = { CARD }, .conf = POOL },
	{ "arp", OK, "arp_ignore 1, arp_announce 2", NULL, .nic = { CARD }, .conf = DECAP, .files = { CONF4 "all/arp_ignore=1\n", CONF4 "eth0/arp_ignore=0\n", CONF4 "all/arp_announce=0\n", CONF4 "eth0/arp_announce=2\n" } },
	{ "arp", WARN, "arp_ignore 0, arp_announce 1", "sysctl -w net/ipv4/conf/eth0/arp_ignore=1\nsysctl -w net/ipv4/conf/eth0/arp_announce=2\n", .nic = { CARD }, .conf = DECAP, .files = { CONF4 "all/arp_ignore=0\n", CONF4 "eth0/arp_ignore=0\n", CONF4 "all/arp_announce=0\n", CONF4 "eth0/arp_announce=1\n" } },
	{ "arp", UNKNOWN, "net.ipv4.conf", NULL, .nic = { CARD }, .conf = DECAP },
	{ "conntrack", OK, "not there", .mend = NULL },
	{ "conntrack", OK, "79 of 100", NULL, .files = { "proc/sys/net/netfilter/nf_conntrack_count=79\n", "proc/sys/net/netfilter/nf_conntrack_max=100\n", "proc/sys/net/ipv4/ip_forward=1\n" } },
	{ "conntrack", WARN, "80 of 100", "sysctl -w net.netfilter.nf_conntrack_max=200\n", .files = { "proc/sys/net/netfilter/nf_conntrack_count=80\n", "proc/sys/net/netfilter/nf_conntrack_max=100\n" } },
	{ "conntrack", WARN, "look invalid", "notrack", .conf = POOL, .files = { "proc/sys/net/netfilter/nf_conntrack_count=1\n", "proc/sys/net/netfilter/nf_conntrack_max=100\n", "proc/sys/net/ipv4/ip_forward=1\n" } },
	{ "conntrack", BAD, "95 of 100", "nf_conntrack_max=200", .files = { "proc/sys/net/netfilter/nf_conntrack_count=95\n", "proc/sys/net/netfilter/nf_conntrack_max=100\n" } },
	{ "conntrack", UNKNOWN, "nf_conntrack_max", NULL, .files = { "proc/sys/net/netfilter/nf_conntrack_count=1\n" } },
};

enum { N_ILLS = sizeof(ills) / sizeof(ills[0]) };

/* ---- what they say ----------------------------------------------------- */

static const struct doctor_finding *finding_of(const struct doctor_report *report, const char *check)
{
	for (size_t i = 0; i < report->n; i++)
		if (!strcmp(report->finding[i].check->name, check))
			return &report->finding[i];
	return NULL;
}

static void says(size_t at, const struct ill *ill, const struct doctor_finding *f)
{
	if (ill->state == NOTHING && f)
		fail_msg("row %zu: %s: does not apply, but says: %s", at, ill->check, f->seen);
	if (ill->state == NOTHING)
		return;
	if (!f)
		fail_msg("row %zu: %s: says nothing", at, ill->check);
	if ((int)f->state != ill->state || !strstr(f->seen, ill->seen))
		fail_msg("row %zu: %s: says %s: %s", at, ill->check, doctor_state_name(f->state), f->seen);
	if (ill->mend ? !f->mend || !strstr(f->mend, ill->mend) : ill->state == OK && f->mend)
		fail_msg("row %zu: %s: mends by: %s", at, ill->check, f->mend);
}

static void every_outcome_is_found_on_a_host_that_has_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ILLS; i++) {
		struct doctor_report report = { 0 };

		doctor_rig_examine(&ills[i], &report);
		says(i, &ills[i], finding_of(&report, ills[i].check));
		doctor_report_clear(&report);
	}
}

static bool is_tried(const char *check, int state)
{
	for (size_t i = 0; i < N_ILLS; i++)
		if (!strcmp(ills[i].check, check) && ills[i].state == state)
			return true;
	return false;
}

static void the_table_says_what_checks_can_say(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_doctor_checks; i++)
		for (int outcome = OK; outcome < DOCTOR_STATES; outcome++)
			if (is_tried(doctor_checks[i].name, outcome) != !!doctor_checks[i].says[outcome])
				fail_msg("%s: %s: in the table or among the rows here, not in both", doctor_checks[i].name, doctor_state_name((enum doctor_state)outcome));
}

static void what_is_wrong_first_does_not_hide_the_rest(void **state)
{
	struct ill ill = { .nic = { CARD }, .conf = POOL, .stats = &backend_dead };
	struct doctor_report report = { 0 };
	size_t n = 0;

	(void)state;
	doctor_rig_examine(&ill, &report);
	for (size_t i = 0; i < report.n; i++)
		n += strstr(report.finding[i].seen, "none of 1 backends can be sent to") && report.finding[i].state == DOCTOR_BAD;
	doctor_report_clear(&report);
	assert_int_equal(n, 1);
}

/* ---- the script ---------------------------------------------------------- */

static void write_script(const char *text, char path[32])
{
	FILE *out;
	int fd;

	strcpy(path, "/tmp/sluice-script-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	out = fdopen(fd, "w");
	fputs(text, out);
	fclose(out);
}

static char *script_of(const struct ill *ill)
{
	struct doctor_report report = { 0 };
	char *text;

	doctor_rig_examine(ill, &report);
	text = doctor_script(&report);
	assert_non_null(text);
	doctor_report_clear(&report);
	return text;
}

static void shellcheck_finds_nothing_in_any_script(void **state)
{
	char path[32], command[96];

	(void)state;
	if (system("command -v shellcheck >/dev/null"))
		skip();
	for (size_t i = 0; i < N_ILLS; i++) {
		char *text;

		if (!ills[i].mend)
			continue;
		text = script_of(&ills[i]);
		write_script(text, path);
		snprintf(command, sizeof(command), "shellcheck %s", path);
		if (system(command))
			fail_msg("row %zu: %s", i, text);
		unlink(path);
		free(text);
	}
}

static void a_name_is_a_word_in_the_script(void **state)
{
	struct ill ill = { .nic = { CARD, .ring = { 0, 256, 512 }, .filters = { 0, 1, "x\ntouch /tmp/y" } }, .conf = POOL };
	char *text;

	(void)state;
	strcpy(ill.nic.name, "a;b'$c d");
	text = script_of(&ill);
	assert_non_null(strstr(text, "\nethtool -G 'a;b'\\''$c d' rx 512\n"));
	assert_null(strstr(text, "\ntouch"));
	free(text);
}

static void a_host_that_is_well_has_an_empty_script(void **state)
{
	struct doctor_report report = { 0 };
	char *text = doctor_script(&report);

	(void)state;
	assert_non_null(strstr(text, "# nothing is to be mended\n"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_outcome_is_found_on_a_host_that_has_it),
		cmocka_unit_test(the_table_says_what_checks_can_say),
		cmocka_unit_test(what_is_wrong_first_does_not_hide_the_rest),
		cmocka_unit_test(shellcheck_finds_nothing_in_any_script),
		cmocka_unit_test(a_name_is_a_word_in_the_script),
		cmocka_unit_test(a_host_that_is_well_has_an_empty_script),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
