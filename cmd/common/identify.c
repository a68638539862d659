/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is this container? The places of bundle and state are looked at in every case, which opens
 * nothing. An engine's record is read only when a rule asks for what only it can tell, by the same
 * rules as all that is trusted: a file of root's, in folders of root's, that nobody else can write.
 *
 * What is wrong with a record stops nothing. Its facts are unknown, rules on them do not match, and
 * the record of the decision says why.
 */

#include "common/identify.h"

#include <errno.h>

#include "base/fd.h"
#include "common/read.h"
#include "host/file.h"

/* The identity that is being found, and what for. */
struct search {
	struct wh_identity *identity;
	const struct wh_policy *policy;
	struct wh_arena *arena;
};

/* 0; -ENOENT when the container is not in there, or the file is not; another -errno. */
static int take_file(struct search *search, size_t number, struct wh_err *err)
{
	struct wh_identity *identity = search->identity;
	struct wh_json *doc WH_JSON = NULL;
	int fd WH_FD = wh_open_trusted_file(identity->files[number], err);
	int r = fd;

	if (r >= 0)
		r = wh_read_json(&doc, fd, identity->files[number], err);
	if (r >= 0)
		r = wh_identity_take_record(identity, doc, number, search->arena);
	return r;
}

static int give_up(struct search *search, const char *sentence)
{
	const char *why = wh_arena_dup(search->arena, wh_slice_of(sentence));

	if (why == NULL)
		return -ENOMEM;
	wh_identity_give_up(search->identity, why);
	return 0;
}

/* What was asked for besides is told where it can be, and no rule rests on it. */
static int take_settings(struct search *search)
{
	const char *path = search->identity->settings;
	struct wh_json *doc WH_JSON = NULL;
	int fd WH_FD = path == NULL ? WH_NO_FD : wh_open_trusted_file(path, NULL);
	int r = fd < 0 ? fd : wh_read_json(&doc, fd, path, NULL);

	if (r == 0)
		wh_identity_take_settings(search->identity, doc);
	return r == -ENOMEM ? r : 0;
}

/* The first file that knows the container counts; one that cannot be read ends the search, since
 * the container may be in it. */
static int take_record(struct search *search)
{
	struct wh_identity *identity = search->identity;

	for (size_t i = 0; i < identity->file_count; i++) {
		struct wh_err why = WH_ERR_INIT;
		int r = take_file(search, i, &why);

		if (r == 0)
			return take_settings(search);
		if (r == -ENOMEM)
			return r;
		if (r != -ENOENT || identity->record == WH_RECORD_DOCKER)
			return give_up(search, why.text);
	}
	if (identity->file_count > 0)
		wh_identity_give_up(identity, "no record of containers/storage has the container");
	return 0;
}

static bool needs_record(const struct search *search)
{
	const struct wh_identity *identity = search->identity;

	if (identity->record == WH_RECORD_NONE || search->policy == NULL)
		return identity->record != WH_RECORD_NONE;
	for (size_t fact = 0; fact < WH_FACT_COUNT; fact++) {
		if (fact != WH_FACT_ENGINE && wh_identity_in_record(identity, fact) &&
			wh_policy_asks(search->policy, fact))
			return true;
	}
	return identity->record == WH_RECORD_STORAGE &&
	       (wh_policy_asks_engine(search->policy, WH_ENGINE_PODMAN) ||
		       wh_policy_asks_engine(search->policy, WH_ENGINE_CRI_O));
}

int wh_find_identity(struct wh_identity *ret, const struct wh_call *call,
	const struct wh_policy *policy, struct wh_arena *arena)
{
	struct search search = { .identity = ret, .policy = policy, .arena = arena };
	int r = wh_identify(ret, call, arena);

	return r == 0 && needs_record(&search) ? take_record(&search) : r;
}
