/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"

#include <string.h>

bool wh_path_climbs(struct wh_slice path)
{
	size_t start = 0;

	for (size_t i = 0; i <= path.len; i++) {
		if (i < path.len && path.data[i] != '/')
			continue;
		if (i - start == 2 && memcmp(path.data + start, "..", 2) == 0)
			return true;
		start = i + 1;
	}
	return false;
}
