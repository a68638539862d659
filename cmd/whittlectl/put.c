/* SPDX-License-Identifier: Apache-2.0 */
#include "put.h"

void wh_put_key(struct wh_buf *to, const char *key)
{
	if (to->len > 0 && to->data[to->len - 1] != '{' && to->data[to->len - 1] != '[')
		wh_buf_add_char(to, ',');
	if (key != NULL)
		wh_buf_addf(to, "\"%s\":", key);
}

void wh_put_text(struct wh_buf *to, const char *key, const char *value)
{
	wh_put_key(to, key);
	if (value == NULL)
		wh_buf_add_string(to, "null");
	else
		wh_buf_add_json(to, wh_slice_of(value));
}

void wh_put_bool(struct wh_buf *to, const char *key, bool value)
{
	wh_put_key(to, key);
	wh_buf_add_string(to, value ? "true" : "false");
}

void wh_put_number(struct wh_buf *to, const char *key, uint64_t value)
{
	wh_put_key(to, key);
	if (value == 0)
		wh_buf_add_string(to, "null");
	else
		wh_buf_addf(to, "%llu", (unsigned long long)value);
}

void wh_put_count(struct wh_buf *to, const char *key, size_t value)
{
	wh_put_key(to, key);
	wh_buf_addf(to, "%zu", value);
}

void wh_put_open(struct wh_buf *to, const char *key, char bracket)
{
	wh_put_key(to, key);
	wh_buf_add_char(to, bracket);
}

void wh_put_slice(struct wh_buf *to, const char *key, struct wh_slice value)
{
	wh_put_key(to, key);
	wh_buf_add_json(to, value);
}

void wh_put_texts(struct wh_buf *to, const char *key, const char *const *list, size_t count)
{
	wh_put_open(to, key, '[');
	for (size_t i = 0; i < count; i++)
		wh_put_text(to, NULL, list[i]);
	wh_buf_add_char(to, ']');
}

void wh_put_capabilities(struct wh_buf *to, const char *key, wh_capset set)
{
	wh_put_open(to, key, '[');
	for (unsigned i = 0; i < 64; i++) {
		if ((set & wh_capset_of(i)) == 0)
			continue;
		wh_put_key(to, NULL);
		if (i < WH_CAP_COUNT)
			wh_buf_addf(to, "\"%s\"", wh_capability_get(i)->name);
		else
			wh_buf_addf(to, "\"%u\"", i);
	}
	wh_buf_add_char(to, ']');
}

/* Only strings hold anything but printable ASCII, and they are UTF-8: it is escaped where it is. */
static void add_ascii(struct wh_buf *to, struct wh_slice text)
{
	struct wh_buf quoted WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	for (size_t i = 0; i < text.len;) {
		size_t end = i;

		while (end < text.len && text.data[end] >= ' ' && text.data[end] <= '~')
			end++;
		wh_buf_add(to, text.data + i, end - i);
		for (i = end; end < text.len && (text.data[end] < ' ' || text.data[end] > '~');)
			end++;
		quoted.len = 0;
		wh_buf_add_json(&quoted, (struct wh_slice){ text.data + i, end - i });
		if (quoted.len > 2)
			wh_buf_add(to, quoted.data + 1, quoted.len - 2);
		i = end;
	}
	if (wh_buf_status(&quoted) < 0)
		to->failed = true;
}

int wh_put_value(struct wh_buf *to, const struct wh_json *doc, wh_node node)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int r = wh_json_write_buf(doc, node, &text);

	if (r < 0)
		return r;
	add_ascii(to, (struct wh_slice){ text.data, text.len });
	return wh_buf_status(to);
}
