/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The difference of two texts, as diff -u prints it. What differs here is what an edit of ours did:
 * some lines in one or two places of a file of a few hundred. So the lines that differ are found by
 * the longest common run of those in between the equal ends, by a table of lines against lines; a
 * difference too large for the table is shown as one change.
 */

#include "configure.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#define CONTEXT 3u
#define MAX_CELLS (16u << 20)

struct lines {
	struct wh_slice *list;
	size_t count;
};

struct comparison {
	struct lines old, new;
	bool *gone;  /* of old: not in the new one */
	bool *added; /* of new: not in the old one */
};

static int split(struct wh_arena *arena, const struct wh_slice *text, struct lines *ret)
{
	size_t count = 1, at = 0;

	*ret = (struct lines){ .count = 0 };
	for (size_t i = 0; text != NULL && i < text->len; i++)
		count += text->data[i] == '\n';
	ret->list = wh_arena_array(arena, count, sizeof(*ret->list));
	if (ret->list == NULL)
		return -ENOMEM;
	while (text != NULL && at < text->len) {
		const char *newline = memchr(text->data + at, '\n', text->len - at);
		size_t end = newline == NULL ? text->len : (size_t)(newline - text->data) + 1;

		ret->list[ret->count++] = (struct wh_slice){ text->data + at, end - at };
		at = end;
	}
	return 0;
}

/* Marks what is between `from` and the ends as gone and added, but for a longest common run. */
static int mark(struct comparison *both, size_t from, size_t old_end, size_t new_end,
	struct wh_arena *arena)
{
	size_t rows = old_end - from, columns = new_end - from;
	size_t i = 0, k = 0;
	uint32_t *best = NULL;

	if (rows > 0 && columns > 0 && (rows + 1) < MAX_CELLS / (columns + 1)) {
		best = wh_arena_array(arena, (rows + 1) * (columns + 1), sizeof(*best));
		if (best == NULL)
			return -ENOMEM;
	}
#define CELL(row, column) best[(row) * (columns + 1) + (column)]
	for (size_t r = rows; best != NULL && r-- > 0;) {
		for (size_t c = columns; c-- > 0;) {
			uint32_t down = CELL(r + 1, c), right = CELL(r, c + 1);

			CELL(r, c) = down > right ? down : right;
			if (wh_slice_eq(both->old.list[from + r], both->new.list[from + c]))
				CELL(r, c) = CELL(r + 1, c + 1) + 1;
		}
	}
	while (i < rows || k < columns) {
		if (best != NULL && i < rows && k < columns &&
			wh_slice_eq(both->old.list[from + i], both->new.list[from + k]))
			i++, k++;
		else if (i < rows &&
			 (k == columns || best == NULL || CELL(i + 1, k) >= CELL(i, k + 1)))
			both->gone[from + i++] = true;
		else
			both->added[from + k++] = true;
	}
#undef CELL
	return 0;
}

static int compare(struct comparison *both, struct wh_arena *arena)
{
	size_t from = 0, old_end = both->old.count, new_end = both->new.count;

	while (from < old_end && from < new_end &&
		wh_slice_eq(both->old.list[from], both->new.list[from]))
		from++;
	while (old_end > from && new_end > from &&
		wh_slice_eq(both->old.list[old_end - 1], both->new.list[new_end - 1]))
		old_end--, new_end--;
	both->gone = wh_arena_array(arena, both->old.count + 1, sizeof(bool));
	both->added = wh_arena_array(arena, both->new.count + 1, sizeof(bool));
	if (both->gone == NULL || both->added == NULL)
		return -ENOMEM;
	return mark(both, from, old_end, new_end, arena);
}

static void add_line(struct wh_buf *ret, char sign, struct wh_slice line)
{
	wh_buf_add_char(ret, sign);
	wh_buf_add_slice(ret, line);
	if (line.len == 0 || line.data[line.len - 1] != '\n')
		wh_buf_add_string(ret, "\n\\ No newline at end of file\n");
}

/* Where the two stand: lines before these are equal or told. */
struct at {
	size_t old, new;
};

static bool is_change(const struct comparison *both, struct at at)
{
	return (at.old < both->old.count && both->gone[at.old]) ||
	       (at.new < both->new.count && both->added[at.new]);
}

static struct at step(const struct comparison *both, struct at at)
{
	if (at.old < both->old.count && both->gone[at.old])
		at.old++;
	else if (at.new < both->new.count && both->added[at.new])
		at.new ++;
	else
		at.old++, at.new ++;
	return at;
}

static bool is_end(const struct comparison *both, struct at at)
{
	return at.old >= both->old.count && at.new >= both->new.count;
}

/* Behind the last change that belongs to this hunk: the next is more than two contexts away. */
static struct at hunk_end(const struct comparison *both, struct at at)
{
	struct at end = at;
	size_t equal = 0;

	while (!is_end(both, at) && equal <= 2 * CONTEXT) {
		bool change = is_change(both, at);

		at = step(both, at);
		equal = change ? 0 : equal + 1;
		if (change)
			end = at;
	}
	return end;
}

static void add_range(struct wh_buf *ret, char sign, size_t begin, size_t count)
{
	wh_buf_addf(ret, "%c%zu", sign, count == 0 ? begin : begin + 1);
	if (count != 1)
		wh_buf_addf(ret, ",%zu", count);
}

static struct at add_hunk(const struct comparison *both, struct at first, struct wh_buf *ret)
{
	size_t before = first.old < CONTEXT ? first.old : CONTEXT;
	struct at begin = { first.old - before, first.new - before };
	struct at end = hunk_end(both, first);

	for (size_t i = 0; i < CONTEXT && !is_end(both, end) && !is_change(both, end); i++)
		end = step(both, end);
	wh_buf_add_string(ret, "@@ ");
	add_range(ret, '-', begin.old, end.old - begin.old);
	wh_buf_add_char(ret, ' ');
	add_range(ret, '+', begin.new, end.new - begin.new);
	wh_buf_add_string(ret, " @@\n");
	while (begin.old < end.old || begin.new < end.new) {
		struct at next = step(both, begin);

		if (next.new == begin.new)
			add_line(ret, '-', both->old.list[begin.old]);
		else
			add_line(ret, next.old == begin.old ? '+' : ' ', both->new.list[begin.new]);
		begin = next;
	}
	return end;
}

int wh_diff(const char *path, const struct wh_slice *old, const struct wh_slice *new,
	struct wh_buf *ret)
{
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	struct comparison both = { .gone = NULL };
	struct at at = { 0, 0 };
	bool begun = false;

	if (split(&arena, old, &both.old) < 0 || split(&arena, new, &both.new) < 0 ||
		compare(&both, &arena) < 0)
		return -ENOMEM;
	while (!is_end(&both, at)) {
		if (!is_change(&both, at)) {
			at = step(&both, at);
			continue;
		}
		if (!begun)
			wh_buf_addf(ret, "--- %s\n+++ %s\n", old == NULL ? "/dev/null" : path,
				new == NULL ? "/dev/null" : path);
		begun = true;
		at = add_hunk(&both, at, ret);
	}
	return wh_buf_status(ret);
}
