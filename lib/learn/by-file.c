/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "learn/learnt.h"

#define CAPABILITIES 64u /* newer ones than whittle knows, too */

static const struct wh_learnt_program *program_with(
	const struct wh_learnt *learnt, unsigned capability)
{
	for (size_t i = 0; i < learnt->program_count; i++) {
		if ((learnt->programs[i].capabilities & wh_capset_of(capability)) != 0)
			return &learnt->programs[i];
	}
	return NULL;
}

static const struct wh_use_of *use_of(const struct wh_learnt *learnt, unsigned capability)
{
	for (size_t i = 0; i < learnt->use_count; i++) {
		if (learnt->uses[i].capability == capability)
			return &learnt->uses[i];
	}
	return NULL;
}

int wh_learnt_add_files(struct wh_learnt *learnt, struct wh_arena *arena)
{
	struct wh_use_of *uses = wh_arena_array(arena, CAPABILITIES, sizeof(*uses));
	size_t count = 0;

	if (uses == NULL)
		return -ENOMEM;
	for (unsigned capability = 0; capability < CAPABILITIES; capability++) {
		const struct wh_use_of *use = use_of(learnt, capability);
		const struct wh_learnt_program *program =
			(learnt->granted & wh_capset_of(capability)) == 0
				? NULL
				: program_with(learnt, capability);

		if (program != NULL && (use == NULL || use->use != WH_USE_NEEDED))
			uses[count++] = (struct wh_use_of){ .capability = capability,
				.use = WH_USE_NEEDED,
				.by_file = true,
				.first = learnt->began,
				.syscall = "execve",
				.program = program->path };
		else if (use != NULL)
			uses[count++] = *use;
	}
	learnt->uses = uses;
	learnt->use_count = count;
	return 0;
}
