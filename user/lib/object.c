/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Finds the functions of an object file, and what of them is still to be filled in. */
#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>

#include "object.h"
#include <sluice/scope.h>
#include "trim.h"

/* The instructions of a section. */
struct code {
	size_t section, n;
	struct bpf_insn *in;
	bool *is_number;
};

static Elf_Data *table_of(Elf *file, GElf_Word type, size_t about, GElf_Shdr *header)
{
	for (Elf_Scn *s = elf_nextscn(file, NULL); s; s = elf_nextscn(file, s))
		if (gelf_getshdr(s, header) && header->sh_type == type &&
		    (!about || header->sh_info == about))
			return elf_getdata(s, NULL);
	return NULL;
}

static void mark_addresses(Elf *file, struct code *code)
{
	GElf_Shdr header;
	Elf_Data *table = table_of(file, SHT_REL, code->section, &header);
	GElf_Rel rel;

	for (size_t i = 0; i < code->n; i++)
		code->is_number[i] = true;
	for (int i = 0; table && gelf_getrel(table, i, &rel); i++)
		if (rel.r_offset / sizeof(*code->in) < code->n)
			code->is_number[rel.r_offset / sizeof(*code->in)] = false;
}

static void trim_functions(Elf *file, const struct code *code)
{
	GElf_Shdr header;
	Elf_Data *table = table_of(file, SHT_SYMTAB, 0, &header);
	GElf_Sym symbol;

	for (int i = 0; table && gelf_getsym(table, i, &symbol); i++) {
		size_t first = symbol.st_value / sizeof(*code->in);
		size_t n = symbol.st_size / sizeof(*code->in);

		if (GELF_ST_TYPE(symbol.st_info) == STT_FUNC &&
		    symbol.st_shndx == code->section && first <= code->n && n <= code->n - first)
			trim(code->in + first, n, code->is_number + first);
	}
}

static void trim_section(Elf *file, char *elf, size_t length, Elf_Scn *section)
{
	struct code code = { .section = elf_ndxscn(section) };
	autofree bool *is_number = NULL;
	GElf_Shdr header;

	if (!gelf_getshdr(section, &header) || !(header.sh_flags & SHF_EXECINSTR) ||
	    header.sh_offset > length || header.sh_size > length - header.sh_offset)
		return;
	code.n = header.sh_size / sizeof(*code.in);
	code.in = (void *)(elf + header.sh_offset);
	code.is_number = is_number = calloc(code.n + 1, sizeof(*is_number));
	if (!is_number)
		return;
	mark_addresses(file, &code);
	trim_functions(file, &code);
}

void object_trim(void *elf, size_t length)
{
	Elf *file;

	elf_version(EV_CURRENT);
	file = elf_memory(elf, length);
	if (!file)
		return;
	for (Elf_Scn *s = elf_nextscn(file, NULL); s; s = elf_nextscn(file, s))
		trim_section(file, elf, length, s);
	elf_end(file);
}
