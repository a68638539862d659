/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a runtime says of itself: the first line of `--version`, "runc version 1.1.5+ds1". Which
 * command line it understands is told by the policy or by the file's name; the banner shows whether
 * that was right.
 */

#include <stdbool.h>

#include "base/buf.h"
#include "base/macros.h"
#include "oci/argv.h"

struct wh_banner {
	struct wh_slice name;      /* "runc"; empty when the text is no banner */
	struct wh_slice version;   /* "1.1.5+ds1", borrowed from the text */
	bool known;                /* the name is that of a kind… */
	enum wh_runtime_kind kind; /* …this one */
};

/* Reads what `--version` printed. A text of another form gives an empty banner. */
struct wh_banner wh_banner_parse(struct wh_slice text);
