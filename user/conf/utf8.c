// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* UTF-8, and whether a file is text at all. */
#include "reader.h"

size_t utf8_next(const char *s, size_t room, unsigned *code)
{
	static const unsigned least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *u = (const unsigned char *)s;
	size_t n, i;
	unsigned c;

	if (!room)
		return 0;
	n = u[0] < 0x80 ? 1 : u[0] >= 0xf0 ? 4 : u[0] >= 0xe0 ? 3 : 2;
	if (n > room || (u[0] & 0xc0) == 0x80 || u[0] > 0xf4)
		return 0;
	c = n == 1 ? u[0] : u[0] & (0xffu >> (n + 1));
	for (i = 1; i < n; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (u[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	*code = c;
	return n;
}

bool is_text(struct reader *r, const char *text, size_t length)
{
	struct node at = { .line = 1, .column = 1 };
	unsigned c = 0;
	size_t i, n;

	for (i = 0; i < length; i += n) {
		n = utf8_next(text + i, length - i, &c);
		if (!n || (c < ' ' && c != '\t' && c != '\n' && c != '\r') ||
		    (c >= 0x7f && c < 0xa0 && c != 0x85) || c == 0xfffe ||
		    c == 0xffff) {
			fault(r, &at, "not a text file: expected YAML in UTF-8");
			return false;
		}
		at.column++;
		if (c == '\n') {
			at.line++;
			at.column = 1;
		}
	}
	return true;
}
