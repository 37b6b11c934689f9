// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One HTTP/1 request: RFC 9112, of which a reader of pages needs little. */
#include <string.h>
#include <strings.h>

#include "request.h"

static const struct { int status; const char *text; } texts[] = {
	{ 200, "OK" }, { 400, "Bad Request" }, { 404, "Not Found" },
	{ 405, "Method Not Allowed" }, { 414, "URI Too Long" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" }, { 503, "Service Unavailable" },
	{ 505, "HTTP Version Not Supported" },
};

const char *request_status_text(int status)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (texts[i].status == status)
			return texts[i].text;
	return "Error";
}

/* The empty line that ends it, as the octets up to its end; 0: none yet. */
static size_t find_end(const char *text, size_t length)
{
	const char *at = text, *end = text + length;

	while ((at = memchr(at, '\n', (size_t)(end - at)))) {
		at++;
		if (at < end && *at == '\n')
			return (size_t)(at - text) + 1;
		if (end - at >= 2 && at[0] == '\r' && at[1] == '\n')
			return (size_t)(at - text) + 2;
	}
	return 0;
}

static int read_line(const char *line, size_t n, struct request *out)
{
	const char *target = memchr(line, ' ', n), *end = line + n, *version;
	size_t length;

	if (!target++)
		return 400;
	version = memchr(target, ' ', (size_t)(end - target));
	if (!version || end - version != 9 || strncmp(version, " HTTP/", 6))
		return 400;
	if (strncmp(version, " HTTP/1.", 8))
		return 505;
	out->stays = version[8] != '0';
	out->is_head = !strncmp(line, "HEAD ", 5);
	if (!out->is_head && strncmp(line, "GET ", 4))
		return 405;
	length = strcspn(target, "? ");
	if (*target != '/')
		return 400;
	if (length >= sizeof(out->path))
		return 414;
	memcpy(out->path, target, length);
	out->path[length] = 0;
	return 200;
}

/* A body is not read: then the connection cannot be used again. */
static void read_field(const char *line, size_t n, struct request *out)
{
	static const char *const bodies[] = { "Content-Length:", "Transfer-Encoding:" };

	for (size_t i = 0; i < 2; i++)
		if (!strncasecmp(line, bodies[i], strlen(bodies[i])))
			out->stays = false;
	if (n < 11 || strncasecmp(line, "Connection:", 11))
		return;
	for (size_t i = 11; i + 5 <= n; i++)
		if (!strncasecmp(line + i, "close", 5))
			out->stays = false;
}

static void read_lines(const char *text, struct request *out)
{
	const char *line = text, *end;
	bool first = true;
	size_t n;

	for (; (end = strchr(line, '\n')); line = end + 1, first = false) {
		n = (size_t)(end - line);
		n -= n && line[n - 1] == '\r';
		if (first)
			out->status = read_line(line, n, out);
		else
			read_field(line, n, out);
	}
}

static size_t refuse(int status, size_t length, struct request *out)
{
	*out = (struct request){ .status = status };
	return length;
}

size_t request_read(const char *text, size_t length, struct request *out)
{
	size_t n = find_end(text, length < REQUEST_MAX ? length : REQUEST_MAX);
	char lines[REQUEST_MAX + 1];

	if (memchr(text, 0, n ? n : length))
		return refuse(400, length, out);
	if (!n && length >= REQUEST_MAX)
		return refuse(431, length, out);
	if (!n)
		return 0;
	memcpy(lines, text, n);
	lines[n] = 0;
	*out = (struct request){ .status = 400 };
	read_lines(lines, out);
	if (out->status == 200)
		return n;
	out->path[0] = 0;
	out->stays = false;
	return n;
}
