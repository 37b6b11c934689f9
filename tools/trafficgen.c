/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sends packets for the demo and the tests, and counts them.
 *
 * A flood never has more packets under way than a veth ring holds: it watches
 * the receivers' own interface counters. So whatever is missing at the end
 * was lost by what stands between, not by a full ring.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	FLOWS = 64,		/* source ports that a flood comes from */
	BURST = 32,		/* packets of one system call */
	RECEIVERS_MAX = 16,
	PAYLOAD_MAX = 9000,
	FRAME_MAX = 9216,
	STALL_MS = 2000,	/* no progress for so long: what is out is lost */
};

struct receiver {
	int file;		/* /proc/net/dev of its namespace */
	const char *ifname;
};

struct flood {
	struct receiver receiver[RECEIVERS_MAX];
	size_t n_receivers;
	int sock[FLOWS];
	struct sockaddr_storage to;
	socklen_t to_length;
	uint64_t count;		/* at least; then until told to stop */
	uint64_t window, sent, seen, base;
	size_t payload;
	bool until_told;
};

static volatile sig_atomic_t told;

static void stop(int sig)
{
	(void)sig;
	told = 1;
}

static int die(const char *what)
{
	fprintf(stderr, "trafficgen: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* "NAMESPACE:IFACE" */
static void receiver_open(struct receiver *r, char *spec)
{
	char path[128], *colon = strchr(spec, ':');
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), there;

	if (!colon) {
		errno = EINVAL;
		die(spec);
	}
	*colon = 0;
	r->ifname = colon + 1;
	snprintf(path, sizeof(path), "/run/netns/%s", spec);
	there = open(path, O_RDONLY | O_CLOEXEC);
	if (home < 0 || there < 0 || setns(there, CLONE_NEWNET))
		die(path);
	r->file = open("/proc/thread-self/net/dev", O_RDONLY | O_CLOEXEC);
	if (r->file < 0 || setns(home, CLONE_NEWNET))
		die(path);
	close(there);
	close(home);
}

/* Packets that the interface has received. */
static uint64_t receiver_count(const struct receiver *r)
{
	static char text[16384];
	ssize_t n, length = 0;
	uint64_t packets;
	char *line;

	if (lseek(r->file, 0, SEEK_SET))
		die("/proc/net/dev");
	while ((n = read(r->file, text + length,
			 sizeof(text) - 1 - (size_t)length)) > 0)
		length += n;
	text[length] = 0;
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		char *name = line + strspn(line, " "), *end = strchr(name, ':');

		if (!end)
			continue;
		*end = 0;
		if (!strcmp(name, r->ifname) &&
		    sscanf(end + 1, "%*u %lu", &packets) == 1)
			return packets;
	}
	errno = ENODEV;
	die(r->ifname);
	return 0;
}

static uint64_t arrived(const struct flood *f)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < f->n_receivers; i++)
		sum += receiver_count(&f->receiver[i]);
	return sum;
}

/* Waits until at most `limit` packets are under way. */
static void settle_to(struct flood *f, uint64_t limit)
{
	uint64_t last = now_ms();

	while (f->n_receivers) {
		uint64_t seen = arrived(f);

		if (f->sent <= seen - f->base + limit)
			return;
		if (seen != f->seen)
			last = now_ms();
		f->seen = seen;
		if (now_ms() - last > STALL_MS) {
			f->base = seen - f->sent;
			return;
		}
		sched_yield();
	}
}

/* Waits until none is. What others sent was counted too: begin anew. */
static void settle(struct flood *f)
{
	uint64_t seen;

	settle_to(f, 0);
	do {
		seen = arrived(f);
		sched_yield();
	} while (arrived(f) != seen);
	if (seen - f->base > f->sent)
		f->base = seen - f->sent;
}

static void flood_open(struct flood *f, const char *address, const char *port)
{
	struct sockaddr_in6 *in6 = (void *)&f->to;
	struct sockaddr_in *in = (void *)&f->to;

	if (inet_pton(AF_INET, address, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons((uint16_t)atoi(port));
		f->to_length = sizeof(*in);
	} else if (inet_pton(AF_INET6, address, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons((uint16_t)atoi(port));
		f->to_length = sizeof(*in6);
	} else {
		errno = EINVAL;
		die(address);
	}
	for (size_t i = 0; i < FLOWS; i++) {
		f->sock[i] = socket(f->to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (f->sock[i] < 0)
			die("socket");
	}
}

/* One burst of numbered packets. */
static void flood_burst(struct flood *f, int sock)
{
	static uint8_t payload[BURST][PAYLOAD_MAX];
	struct mmsghdr message[BURST] = { 0 };
	struct iovec part[BURST];
	unsigned int n = BURST, done = 0;

	if (!f->until_told && f->count - f->sent < n)
		n = (unsigned int)(f->count - f->sent);
	for (unsigned int i = 0; i < n; i++) {
		uint64_t number = f->sent + i;

		memcpy(payload[i], &number, sizeof(number));
		part[i].iov_base = payload[i];
		part[i].iov_len = f->payload;
		message[i].msg_hdr.msg_name = &f->to;
		message[i].msg_hdr.msg_namelen = f->to_length;
		message[i].msg_hdr.msg_iov = &part[i];
		message[i].msg_hdr.msg_iovlen = 1;
	}
	while (done < n) {
		int sent = sendmmsg(sock, message + done, n - done, 0);

		if (sent < 0 && errno != EINTR && errno != ENOBUFS)
			die("sendmmsg");
		if (sent > 0)
			done += (unsigned int)sent;
	}
	f->sent += n;
}

static int flood(struct flood *f)
{
	size_t flow = 0;

	f->seen = f->base = arrived(f);
	while (f->sent < f->count || (f->until_told && !told)) {
		if (told && !f->until_told)
			break;
		settle_to(f, f->window - BURST);
		flood_burst(f, f->sock[flow++ % FLOWS]);
		if (flow % FLOWS == 0)
			settle(f);
	}
	settle(f);
	printf("%lu\n", f->sent);
	return 0;
}

static size_t unhex(const char *text, uint8_t *out, size_t room)
{
	size_t n = 0;
	unsigned int octet;
	int used;

	while (n < room && sscanf(text, "%2x%n", &octet, &used) == 1) {
		out[n++] = (uint8_t)octet;
		text += used;
	}
	if (*text) {
		errno = EINVAL;
		die(text);
	}
	return n;
}

/* Sends a frame as it stands, `count` times. */
static int frames(const char *ifname, const char *hex, uint64_t count)
{
	uint8_t frame[FRAME_MAX];
	size_t length = unhex(hex, frame, sizeof(frame));
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_ifindex = (int)if_nametoindex(ifname),
		.sll_halen = ETH_ALEN,
	};
	int sock = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));

	if (!to.sll_ifindex || sock < 0)
		die(ifname);
	for (uint64_t i = 0; i < count; i++)
		if (sendto(sock, frame, length, 0, (struct sockaddr *)&to,
			   sizeof(to)) != (ssize_t)length)
			die("sendto");
	printf("%lu\n", count);
	return 0;
}

static int usage(FILE *to)
{
	fputs("trafficgen flood [-n COUNT] [-s OCTETS] [-w WINDOW] [-t] ADDRESS PORT NAMESPACE:IFACE...\n"
	      "    numbered UDP packets from 64 ports, never more than WINDOW (128) under way\n"
	      "    to the receivers; -t: at least COUNT, then on until SIGTERM\n"
	      "trafficgen frame [-n COUNT] IFACE HEX\n"
	      "    a frame as it stands\n"
	      "Both print how many were sent.\n", to);
	return to == stdout ? 0 : 2;
}

int main(int argc, char **argv)
{
	struct flood f = { .count = 1, .window = 128, .payload = 18 };
	const char *verb = argc > 1 ? argv[1] : "--help";
	int option;

	while ((option = getopt(argc - 1, argv + 1, "n:s:w:t")) != -1) {
		switch (option) {
		case 'n': f.count = strtoull(optarg, NULL, 0); break;
		case 's': f.payload = strtoull(optarg, NULL, 0); break;
		case 'w': f.window = strtoull(optarg, NULL, 0); break;
		case 't': f.until_told = true; break;
		default: return usage(stderr);
		}
	}
	argc -= optind + 1;
	argv += optind + 1;
	if (!strcmp(verb, "--help"))
		return usage(stdout);
	if (!strcmp(verb, "frame") && argc == 2)
		return frames(argv[0], argv[1], f.count);
	if (strcmp(verb, "flood") || argc < 2 || argc - 2 > RECEIVERS_MAX ||
	    f.payload < 8 || f.payload > PAYLOAD_MAX || f.window < 2 * BURST)
		return usage(stderr);
	flood_open(&f, argv[0], argv[1]);
	for (int i = 2; i < argc; i++)
		receiver_open(&f.receiver[f.n_receivers++], argv[i]);
	signal(SIGTERM, stop);
	signal(SIGINT, stop);
	return flood(&f);
}
