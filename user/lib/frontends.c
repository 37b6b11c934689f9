/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Builds the table of frontends. */
#include <endian.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include <sluice/scope.h>

#include "frontends.h"

/* false: the bucket is full. */
static bool put(struct sl_frontend *table, uint32_t buckets,
		const struct sl_frontend *f)
{
	uint32_t bucket = sl_frontend_hash(f->key) & (buckets - 1);
	struct sl_frontend *way = table + (size_t)bucket * SL_FRONTEND_WAYS;

	for (int i = 0; i < SL_FRONTEND_WAYS; i++, way++)
		if (!way->key || way->key == f->key) {
			*way = *f;
			return true;
		}
	return false;
}

void frontends_spread(const struct sl_frontend *from, uint32_t from_buckets,
		      struct sl_frontend *to, uint32_t to_buckets)
{
	for (size_t i = 0; i < (size_t)from_buckets * SL_FRONTEND_WAYS; i++)
		if (from[i].key)
			put(to, to_buckets, &from[i]);
}

/* ---- from services ---------------------------------------------------- */

static size_t count(const struct sl_config *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_services; i++) {
		const struct sl_service_conf *s = &c->services[i];

		for (size_t j = 0; j < s->n_ports; j++)
			n += s->n_addresses *
			     (s->ports[j].high - s->ports[j].low + 1u);
	}
	return n;
}

static __u8 flags_of(const struct sl_pool_conf *p)
{
	return (__u8)((p->hash == SL_HASH_SOURCE ? SL_FRONTEND_HASH_SOURCE : 0) |
		      (p->tracking == SL_TRACK_ALWAYS ? SL_FRONTEND_TRACK : 0) |
		      (p->quic_server_id_bytes ? SL_FRONTEND_QUIC : 0));
}

/* What all frontends of a service have in common. */
static int of_service(const struct compile_input *in, size_t service,
		      struct sl_frontend *out, struct sl_error *x)
{
	const struct sl_config *c = in->conf;
	const struct sl_service_conf *s = &c->services[service];

	for (size_t i = 0; i < c->n_pools; i++) {
		const struct sl_pool_conf *p = &c->pools[i];

		if (strcmp(p->name, s->pool) != 0)
			continue;
		*out = (struct sl_frontend){
			.slot_base = in->pools[i].slot_base,
			.service = in->service_id[service],
			.shift = (__u8)(32 - __builtin_ctz(p->slots)),
			.flags = flags_of(p),
		};
		return 0;
	}
	return sl_fail(x, EINVAL, "service %s: no pool %s", s->name, s->pool);
}

static struct sl_frontend *add_address(struct sl_frontend *f,
				       const struct sl_frontend *common,
				       const struct sl_service_conf *s, uint32_t vip)
{
	for (size_t i = 0; i < s->n_ports; i++) {
		const struct sl_ports *p = &s->ports[i];

		for (uint32_t port = p->low; port <= p->high; port++) {
			*f = *common;
			f->key = sl_frontend_key(vip, p->proto, (uint16_t)port);
			f++;
		}
	}
	return f;
}

static int gather(const struct compile_input *in, const struct lists *l,
		  struct sl_frontend *f, struct sl_error *x)
{
	const struct sl_config *c = in->conf;
	struct sl_frontend common;

	for (size_t i = 0; i < c->n_services; i++) {
		const struct sl_service_conf *s = &c->services[i];
		int err = of_service(in, i, &common, x);

		if (err)
			return err;
		for (size_t j = 0; j < s->n_addresses; j++)
			f = add_address(f, &common, s,
					lists_vip(l, &s->addresses[j]));
	}
	return 0;
}

/* ---- addresses that fragments without a port are for -------------------- */

static uint32_t vip_of(const struct sl_frontend *f)
{
	return (uint32_t)(f->key >> 24);
}

static uint8_t proto_of(const struct sl_frontend *f)
{
	return (uint8_t)(f->key >> 16);
}

/* Adds a frontend for each address and protocol whose flows all go by source to one
 * pool; there is room for as many as there are frontends. */
static int add_addresses(struct sl_frontend *all, size_t *n)
{
	autofree struct sl_frontend (*by_vip)[2] = NULL;	/* TCP, UDP */
	uint32_t most = 0;

	for (size_t i = 0; i < *n; i++)
		most = vip_of(&all[i]) > most ? vip_of(&all[i]) : most;
	by_vip = calloc(most + 1ul, sizeof(*by_vip));
	if (!by_vip)
		return -ENOMEM;
	for (size_t i = 0; i < *n; i++) {
		struct sl_frontend *f = &by_vip[vip_of(&all[i])][proto_of(&all[i]) == IPPROTO_UDP];

		if (f->key && f->slot_base != all[i].slot_base)
			f->flags = 0;
		if (!f->key)
			*f = all[i];
	}
	for (uint32_t i = 0; i < 2 * (most + 1); i++) {
		const struct sl_frontend *f = &by_vip[i / 2][i % 2];

		if (!(f->flags & SL_FRONTEND_HASH_SOURCE))
			continue;
		all[*n] = *f;
		all[(*n)++].key = sl_address_key(vip_of(f), proto_of(f));
	}
	return 0;
}

/* ---- addresses, to be found as such --------------------------------------- */

static size_t count_addresses(const struct sl_config *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_services; i++)
		n += c->services[i].n_addresses;
	return n;
}

static uint64_t half(const uint8_t octet[8])
{
	uint64_t value;

	memcpy(&value, octet, sizeof(value));
	return be64toh(value);
}

/* Zeros follow an IPv4 address: so it is left aligned as well. */
static void gather_addresses(const struct sl_config *c, struct sl_frontend *f)
{
	for (size_t i = 0; i < c->n_services; i++)
		for (size_t j = 0; j < c->services[i].n_addresses; j++) {
			const uint8_t *octet = c->services[i].addresses[j].octet;

			*f++ = (struct sl_frontend){
				.key = sl_service_key(half(octet), half(octet + 8)),
			};
		}
}

/* ---- servers that connection ids name ---------------------------------- */

static size_t count_servers(const struct sl_config *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_pools; i++)
		if (c->pools[i].quic_server_id_bytes)
			n += c->pools[i].n_backends;
	return n;
}

/* The last octets of the address, left aligned. */
static __u64 server_key(uint32_t pool, const struct sl_address *a, unsigned bytes)
{
	unsigned size = a->family == 4 ? 4 : 16, n = bytes < size ? bytes : size;
	__u64 half[2] = { 0 };

	memcpy(half, a->octet + size - n, n);
	return sl_server_key(pool, be64toh(half[0]), be64toh(half[1]));
}

static void gather_servers(const struct compile_input *in, struct sl_frontend *f)
{
	for (size_t i = 0; i < in->conf->n_pools; i++) {
		const struct sl_pool_conf *p = &in->conf->pools[i];

		if (!p->quic_server_id_bytes)
			continue;
		for (size_t j = 0; j < p->n_backends; j++)
			*f++ = (struct sl_frontend){
				.key = server_key(in->pools[i].index, &p->backends[j].addr,
						  p->quic_server_id_bytes),
				.slot_base = SL_SERVER_SLOTS,
				.service = in->pools[i].backend_id[j],
			};
	}
}

/* ---- the table ------------------------------------------------------------ */

static bool put_all(const struct sl_frontend *f, size_t n,
		    struct sl_frontend *table, uint32_t buckets)
{
	for (size_t i = 0; i < n; i++)
		if (!put(table, buckets, &f[i]))
			return false;
	return true;
}

int frontends_make(const struct compile_input *in, const struct lists *l,
		   struct sl_frontend **table, uint32_t *buckets,
		   struct sl_error *x)
{
	size_t n = count(in->conf), limit = in->conf->limits.frontends;
	size_t servers = count_servers(in->conf), addresses = count_addresses(in->conf);
	autofree struct sl_frontend *all = NULL;
	uint32_t want = FRONTEND_BUCKETS_MIN;
	int err;

	if (n > limit)
		return sl_fail(x, EINVAL,
			       "services: %zu frontends (addresses x ports), but limits: frontends is %zu: raise it",
			       n, limit);
	all = calloc(2 * n + servers + addresses + 1, sizeof(*all));
	if (!all)
		return -ENOMEM;
	err = gather(in, l, all, x);
	if (!err)
		err = add_addresses(all, &n);
	if (err)
		return err;
	gather_servers(in, all + n);
	gather_addresses(in->conf, all + n + servers);
	n += servers + addresses;
	while (want < n * 2 / SL_FRONTEND_WAYS)
		want *= 2;
	for (; want <= FRONTEND_BUCKETS_MAX; want *= 2) {
		struct sl_frontend *t = calloc((size_t)want * SL_FRONTEND_WAYS,
					       sizeof(*t));

		if (!t)
			return -ENOMEM;
		if (put_all(all, n, t, want)) {
			*table = t;
			*buckets = want;
			return 0;
		}
		free(t);
	}
	return sl_fail(x, EINVAL, "services: %zu frontends do not fit a table of %d buckets",
		       n, FRONTEND_BUCKETS_MAX);
}
