/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A page is a time, how many bytes of it are written, and records. A record begins with a word of 5
 * bits of length or kind and 27 of the time since the record before; what does not fit into those
 * stands in a word of its own: the length in front of the bytes, the time in a record before. Flags
 * above the number of bytes say that records before the page were lost, and that behind its last
 * record stands how many.
 */

#include "record/ring-page.h"

#include <errno.h>
#include <string.h>

#include "record/format.h"

/* The kinds of a record; less is a length in words. */
enum {
	LENGTH_FOLLOWS = 0,
	PADDING = 29,
	TIME_EXTEND = 30,
	TIME_STAMP = 31,
};

#define WORD sizeof(uint32_t)
#define TIME_SIZE sizeof(uint64_t)
#define DELTA_BITS 27
#define STAMP_BITS 59 /* of an absolute time; what is above them is that of the page */

/* Of the commit word (ring_buffer.c, RB_MISSED_EVENTS and RB_MISSED_STORED). */
#define MISSED_SOME (1u << 31)
#define MISSED_STORED (1u << 30)
#define COMMIT_MASK ((1u << 27) - 1)

#define LARGEST_PAGE (1u << 20)

static uint32_t word_at(const char *at)
{
	uint32_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

/* A long of the kernel. */
static uint64_t long_at(const char *at, uint32_t size)
{
	uint64_t value;

	if (size == WORD)
		return word_at(at);
	memcpy(&value, at, sizeof(value));
	return value;
}

int wh_ring_layout_parse(struct wh_slice header_page, struct wh_ring_layout *ret)
{
	const struct wh_format_field *time, *commit, *data;
	struct wh_format format;

	if (wh_format_parse(header_page, &format) < 0)
		return -EINVAL;
	time = wh_format_find(&format, "timestamp");
	commit = wh_format_find(&format, "commit");
	data = wh_format_find(&format, "data");
	if (time == NULL || commit == NULL || data == NULL || time->offset != 0 ||
		time->size != TIME_SIZE || commit->offset < TIME_SIZE ||
		(commit->size != WORD && commit->size != sizeof(uint64_t)) ||
		data->offset < commit->offset + commit->size || data->size < 2 * WORD ||
		data->offset + data->size > LARGEST_PAGE)
		return -EINVAL;
	*ret = (struct wh_ring_layout){
		.commit_offset = commit->offset,
		.commit_size = commit->size,
		.data_offset = data->offset,
		.data_size = data->size,
	};
	return 0;
}

size_t wh_ring_page_size(const struct wh_ring_layout *layout)
{
	return (size_t)layout->data_offset + layout->data_size;
}

int wh_ring_page_begin(
	const struct wh_ring_layout *layout, struct wh_slice bytes, struct wh_ring_page *ret)
{
	const char *data;
	uint32_t commit, len;

	if (bytes.len < wh_ring_page_size(layout))
		return -EINVAL;
	data = bytes.data + layout->data_offset;
	commit = (uint32_t)long_at(bytes.data + layout->commit_offset, layout->commit_size);
	len = commit & COMMIT_MASK;
	if (len > layout->data_size)
		return -EINVAL;
	memcpy(&ret->time, bytes.data, sizeof(ret->time));
	ret->rest = (struct wh_slice){ data, len };
	ret->lost = 0;
	if ((commit & MISSED_SOME) == 0)
		return 0;
	if ((commit & MISSED_STORED) != 0 && layout->data_size - len >= layout->commit_size)
		ret->lost = long_at(data + len, layout->commit_size);
	if (ret->lost == 0)
		ret->lost = 1;
	return 0;
}

/* The two bit fields of a record's first word lie as the compiler of this machine puts them. */
static void split(uint32_t word, uint32_t *kind, uint64_t *delta)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	*kind = word & 31;
	*delta = word >> 5;
#else
	*kind = word >> DELTA_BITS;
	*delta = word & ((1u << DELTA_BITS) - 1);
#endif
}

/* An absolute time has no bits above STAMP_BITS: they are those of the time before, or one more. */
static uint64_t stamp_after(uint64_t before, uint64_t stamp)
{
	uint64_t above = before >> STAMP_BITS << STAMP_BITS;

	if (above == 0)
		return stamp;
	stamp |= above;
	return stamp < before ? stamp + (UINT64_C(1) << STAMP_BITS) : stamp;
}

int wh_ring_page_next(struct wh_ring_page *page, struct wh_slice *ret)
{
	while (page->rest.len >= WORD) {
		const char *at = page->rest.data;
		uint32_t kind, second = 0;
		uint64_t delta;
		size_t head = WORD, len;

		split(word_at(at), &kind, &delta);
		if (kind == PADDING && delta == 0) /* to the end of the page */
			break;
		if (kind == LENGTH_FOLLOWS || kind >= PADDING) {
			if (page->rest.len < 2 * WORD)
				return -EINVAL;
			second = word_at(at + WORD);
			head = 2 * WORD;
		}
		if (kind == LENGTH_FOLLOWS || kind == PADDING) { /* counts its own word too */
			if (second < WORD)
				return -EINVAL;
			len = second - WORD;
		} else {
			len = kind < PADDING ? kind * WORD : 0;
		}
		if (len > page->rest.len - head)
			return -EINVAL;
		page->rest.data += head + len;
		page->rest.len -= head + len;
		if (kind == TIME_STAMP) {
			page->time =
				stamp_after(page->time, delta | (uint64_t)second << DELTA_BITS);
			continue;
		}
		page->time +=
			kind == TIME_EXTEND ? delta + ((uint64_t)second << DELTA_BITS) : delta;
		if (kind >= PADDING)
			continue;
		*ret = (struct wh_slice){ at + head, len };
		return 1;
	}
	page->rest.len = 0;
	return 0;
}
