/* SPDX-License-Identifier: Apache-2.0 */
/* Words that were nearly right. */

#include "base/nearest.h"

#define NEAREST_MAX 32u /* longer words are no typing errors */

static char ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Insertions, deletions, replacements and swaps of neighbours that make one word of the other
 * (optimal string alignment). Three rows of the usual matrix are enough. */
static unsigned distance(struct wh_slice word, struct wh_slice other)
{
	unsigned rows[3][NEAREST_MAX + 1];

	for (unsigned j = 0; j <= other.len; j++)
		rows[0][j] = j;
	for (unsigned i = 1; i <= word.len; i++) {
		unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3],
			 *second = rows[(i + 1) % 3];
		char c = ascii_lower(word.data[i - 1]);

		row[0] = i;
		for (unsigned j = 1; j <= other.len; j++) {
			char d = ascii_lower(other.data[j - 1]);

			row[j] = least(above[j - 1] + (c != d), 1 + least(above[j], row[j - 1]));
			if (i > 1 && j > 1 && c == ascii_lower(other.data[j - 2]) &&
				d == ascii_lower(word.data[i - 2]))
				row[j] = least(row[j], second[j - 2] + 1);
		}
	}
	return rows[word.len % 3][other.len];
}

void wh_nearest_try(struct wh_nearest *nearest, const char *candidate)
{
	struct wh_slice other = wh_slice_of(candidate);
	unsigned found;

	if (nearest->word.len > NEAREST_MAX || other.len > NEAREST_MAX)
		return;
	found = distance(nearest->word, other);
	/* One error in three letters is a typing error, more is another word. */
	if (found > (unsigned)(other.len + 2) / 3)
		return;
	if (nearest->best == NULL || found < nearest->distance) {
		nearest->best = candidate;
		nearest->distance = found;
	}
}
