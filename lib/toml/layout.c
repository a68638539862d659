/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a table takes up is found from where its members end, since the tree has no place for
 * comments and blanks.
 */

#include "toml/layout.h"

#include <string.h>

size_t wh_toml_line_begin(const struct wh_toml *doc, size_t at)
{
	const char *text = doc->text.data;

	while (at > 0 && text[at - 1] != '\n')
		at--;
	if (at == 0 && doc->text.len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		return 3;
	return at;
}

size_t wh_toml_line_end(const struct wh_toml *doc, size_t at)
{
	const char *newline = memchr(doc->text.data + at, '\n', doc->text.len - at);

	return newline == NULL ? doc->text.len : (size_t)(newline - doc->text.data) + 1;
}

/* The first byte of a line that is no blank. */
static size_t skip_blanks(const struct wh_toml *doc, size_t at)
{
	while (at < doc->text.len && (doc->text.data[at] == ' ' || doc->text.data[at] == '\t'))
		at++;
	return at;
}

bool wh_toml_is_blank_line(const struct wh_toml *doc, size_t begin)
{
	size_t at = skip_blanks(doc, begin);

	return at == doc->text.len || doc->text.data[at] == '\n' || doc->text.data[at] == '\r';
}

bool wh_toml_has_header(const struct wh_toml_node *node)
{
	if (node->type == WH_TOML_ARRAY) /* [[a.b]]: its key stands inside of it */
		return node->key.data != NULL && node->key_begin > node->begin;
	return node->type == WH_TOML_TABLE &&
	       (node->form == WH_TOML_HEADER || node->form == WH_TOML_IMPLIED);
}

static size_t max_size(size_t a, size_t b)
{
	return a > b ? a : b;
}

size_t wh_toml_body_end(const struct wh_toml_node *node)
{
	bool bare = node->type == WH_TOML_TABLE && node->form != WH_TOML_INLINE;
	size_t end = node->parent == NULL ? 0 : node->end;

	if (!bare)
		return node->end;
	for (const struct wh_toml_node *child = node->first; child != NULL; child = child->next) {
		if (!wh_toml_has_header(child))
			end = max_size(end, wh_toml_body_end(child));
	}
	return end;
}

size_t wh_toml_family_end(const struct wh_toml_node *node)
{
	size_t end = wh_toml_body_end(node);

	for (const struct wh_toml_node *child = node->first; child != NULL; child = child->next)
		end = max_size(end, wh_toml_family_end(child));
	return end;
}

const struct wh_toml_node *wh_toml_last_in_body(const struct wh_toml_node *table)
{
	const struct wh_toml_node *last = NULL;

	for (const struct wh_toml_node *child = table->first; child != NULL; child = child->next) {
		if (!wh_toml_has_header(child) &&
			(last == NULL || wh_toml_body_end(child) > wh_toml_body_end(last)))
			last = child;
	}
	return last;
}

const struct wh_toml_node *wh_toml_body_of(const struct wh_toml_node *table)
{
	while (table->form == WH_TOML_DOTTED)
		table = table->parent;
	return table;
}

size_t wh_toml_block_place(const struct wh_toml *doc, const struct wh_toml_node *table)
{
	size_t end = max_size(wh_toml_family_end(table), wh_toml_body_end(wh_toml_body_of(table)));
	size_t at, comments;

	if (table->parent == NULL)
		return doc->text.len;
	at = wh_toml_line_end(doc, end);
	comments = at;
	while (comments < doc->text.len && doc->text.data[skip_blanks(doc, comments)] == '#')
		comments = wh_toml_line_end(doc, comments);
	return wh_toml_is_blank_line(doc, comments) ? comments : at;
}

struct wh_slice wh_toml_indent_at(const struct wh_toml *doc, size_t at)
{
	size_t begin = wh_toml_line_begin(doc, at);

	return (struct wh_slice){ doc->text.data + begin, skip_blanks(doc, begin) - begin };
}
