/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A kernel has some 60,000 functions and tells them in the order of their addresses, modules
 * behind. The names are moved together at the front of the text that was read, where they take a
 * quarter of the room, and the rest of it is given back.
 */

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "learn/symbols.h"

#define FARTHEST (UINT64_C(1) << 20) /* a function is no longer than that */

struct symbol {
	uint64_t address;
	uint32_t name; /* where in the text */
};

struct wh_symbols {
	char *text;
	struct symbol *list; /* rising by address, one each */
	size_t count, capacity;
};

/* One line of the text, taken apart. */
struct line {
	uint64_t address;
	char type;
	const char *name;
	size_t len;
};

void wh_symbols_free(struct wh_symbols *symbols)
{
	if (symbols == NULL)
		return;
	free(symbols->text);
	free(symbols->list);
	free(symbols);
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* "ffffffff81368080 T file_ns_capable", and behind the name perhaps a tab and "[module]". */
static bool take_line(const char *from, const char *end, struct line *ret)
{
	const char *at = from;
	uint64_t address = 0;

	for (; at < end && hex_value(*at) >= 0; at++)
		address = address << 4 | (uint64_t)hex_value(*at);
	if (at == from || at - from > 16 || end - at < 4 || at[0] != ' ' || at[2] != ' ')
		return false;
	ret->address = address;
	ret->type = at[1];
	ret->name = at + 3;
	for (at = ret->name; at < end && *at != '\t' && *at != ' '; at++)
		;
	ret->len = (size_t)(at - ret->name);
	return ret->len > 0;
}

/* Without what compilers put behind a name: no function in C has a dot in its own. */
static size_t plain_len(const char *name, size_t len)
{
	const char *dot = len > 1 ? memchr(name + 1, '.', len - 1) : NULL;

	return dot == NULL ? len : (size_t)(dot - name);
}

/* Room before a function that the compiler leaves for others to patch; nothing returns to it. */
static bool is_padding(const struct line *line)
{
	static const char prefix[] = "__pfx_";

	return line->len > sizeof(prefix) && memcmp(line->name, prefix, sizeof(prefix) - 1) == 0;
}

/* Moves the name to `write` in the text, which is before it or where it is. 0 or -ENOMEM. */
static int add(struct wh_symbols *symbols, const struct line *line, size_t *write)
{
	size_t len = plain_len(line->name, line->len);

	if (symbols->count == symbols->capacity) {
		size_t capacity = symbols->capacity == 0 ? 1u << 15 : symbols->capacity * 2;
		struct symbol *list = reallocarray(symbols->list, capacity, sizeof(*list));

		if (list == NULL)
			return -ENOMEM;
		symbols->list = list;
		symbols->capacity = capacity;
	}
	symbols->list[symbols->count++] = (struct symbol){ line->address, (uint32_t)*write };
	memmove(symbols->text + *write, line->name, len);
	symbols->text[*write + len] = '\0';
	*write += len + 1;
	return 0;
}

/* 0; -EINVAL; -ENOMEM. *ret_used is how much of the text is still needed. */
static int take_lines(struct wh_symbols *symbols, size_t len, size_t *ret_used)
{
	const char *at = symbols->text, *end = symbols->text + len;
	size_t write = 0;

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *stop = newline == NULL ? end : newline;
		struct line line;
		int r;

		if (!take_line(at, stop, &line))
			return -EINVAL;
		if (memchr("tTwW", line.type, 4) != NULL && !is_padding(&line)) {
			r = add(symbols, &line, &write);
			if (r < 0)
				return r;
		}
		at = newline == NULL ? end : newline + 1;
	}
	*ret_used = write;
	return symbols->count == 0 ? -EINVAL : 0;
}

/* Of one address, the one that was told first is first. */
static int by_address(const void *a, const void *b)
{
	const struct symbol *left = a, *right = b;

	if (left->address != right->address)
		return left->address < right->address ? -1 : 1;
	return left->name < right->name ? -1 : left->name > right->name;
}

static void sort(struct wh_symbols *symbols)
{
	size_t kept = 1;

	for (size_t i = 1; i < symbols->count; i++)
		if (by_address(&symbols->list[i - 1], &symbols->list[i]) > 0) {
			qsort(symbols->list, symbols->count, sizeof(*symbols->list), by_address);
			break;
		}
	for (size_t i = 1; i < symbols->count; i++)
		if (symbols->list[i].address != symbols->list[kept - 1].address)
			symbols->list[kept++] = symbols->list[i];
	symbols->count = kept;
}

/* Gives back what is not needed; that it cannot is no harm. */
static void shrink(struct wh_symbols *symbols, size_t used)
{
	char *text = realloc(symbols->text, used);
	struct symbol *list;

	if (text != NULL)
		symbols->text = text;
	list = reallocarray(symbols->list, symbols->count, sizeof(*list));
	if (list != NULL)
		symbols->list = list;
}

int wh_symbols_parse_take(struct wh_symbols **ret, struct wh_buf *text)
{
	struct wh_symbols *symbols = calloc(1, sizeof(*symbols));
	size_t len = text->len, used = 0;
	int r = symbols == NULL ? -ENOMEM : wh_buf_status(text);

	if (r == 0 && (len == 0 || len > UINT32_MAX))
		r = -EINVAL;
	if (r == 0) {
		symbols->text = wh_steal_ptr(text->data);
		r = take_lines(symbols, len, &used);
	}
	wh_buf_done(text);
	if (r == 0) {
		sort(symbols);
		shrink(symbols, used);
		if (symbols->list[symbols->count - 1].address == 0)
			r = -ENOENT;
	}
	if (r < 0) {
		wh_symbols_free(symbols);
		return r;
	}
	*ret = symbols;
	return 0;
}

const char *wh_symbols_find(const struct wh_symbols *symbols, uint64_t address)
{
	size_t low = 0, high = symbols == NULL ? 0 : symbols->count;

	/* The first whose address is larger. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (symbols->list[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || address - symbols->list[low - 1].address > FARTHEST)
		return NULL;
	return symbols->text + symbols->list[low - 1].name;
}
