/* SPDX-License-Identifier: Apache-2.0 */
/* The three tables under one roof; a new runtime is one file with its table and one row here. */

#include "oci/argv-internal.h"

#include <errno.h>
#include <string.h>

static const struct wh_grammar *const grammars[WH_RUNTIME_KINDS] = {
	[WH_RUNTIME_RUNC] = &wh_grammar_runc,
	[WH_RUNTIME_CRUN] = &wh_grammar_crun,
	[WH_RUNTIME_RUNSC] = &wh_grammar_runsc,
};

const struct wh_grammar *wh_grammar_of(enum wh_runtime_kind kind)
{
	return kind < WH_RUNTIME_KINDS ? grammars[kind] : NULL;
}

int wh_runtime_kind_from_name(const char *name, enum wh_runtime_kind *ret)
{
	for (size_t i = 0; i < WH_COUNT(grammars); i++) {
		if (strcmp(name, grammars[i]->name) == 0) {
			*ret = grammars[i]->kind;
			return 0;
		}
	}
	return -ENOENT;
}
