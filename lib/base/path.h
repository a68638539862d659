/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Paths by their text alone. */

#include <stdbool.h>

#include "base/buf.h"

/*
 * Whether a path has a component "..". Go works it out by the text alone, the kernel by where the
 * links before it lead, so what is behind may be two folders.
 */
bool wh_path_climbs(struct wh_slice path);
