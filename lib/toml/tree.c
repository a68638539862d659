/* SPDX-License-Identifier: Apache-2.0 */
/* Looking things up, and spelling keys and strings. */

#include "toml/toml.h"

#include <string.h>

const struct wh_toml_node *wh_toml_get(const struct wh_toml_node *table, const char *key)
{
	if (table == NULL || table->type != WH_TOML_TABLE)
		return NULL;
	for (const struct wh_toml_node *node = table->first; node != NULL; node = node->next) {
		if (wh_slice_is(node->key, key))
			return node;
	}
	return NULL;
}

const struct wh_toml_node *wh_toml_find(const struct wh_toml_node *table, const char *const path[])
{
	for (size_t i = 0; path[i] != NULL && table != NULL; i++)
		table = wh_toml_get(table, path[i]);
	return table;
}

struct wh_slice wh_toml_raw(const struct wh_toml *doc, const struct wh_toml_node *node)
{
	return (struct wh_slice){ doc->text.data + node->begin, node->end - node->begin };
}

void wh_toml_add_string(struct wh_buf *ret, struct wh_slice text)
{
	wh_buf_add_char(ret, '"');
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.data[i];

		if (c == '"' || c == '\\') {
			wh_buf_add_char(ret, '\\');
			wh_buf_add_char(ret, (char)c);
		} else if (c < 0x20 || c == 0x7f) {
			wh_buf_addf(ret, "\\u%04X", c);
		} else {
			wh_buf_add_char(ret, (char)c);
		}
	}
	wh_buf_add_char(ret, '"');
}

void wh_toml_add_key(struct wh_buf *ret, struct wh_slice key)
{
	static const char bare[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				   "0123456789_-";
	bool plain = key.len > 0;

	for (size_t i = 0; i < key.len && plain; i++)
		plain = key.data[i] != '\0' && strchr(bare, key.data[i]) != NULL;
	if (plain)
		wh_buf_add_slice(ret, key);
	else
		wh_toml_add_string(ret, key);
}
