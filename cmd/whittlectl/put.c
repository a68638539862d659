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
