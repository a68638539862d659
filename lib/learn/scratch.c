/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which written paths a tmpfs can take, so that the root file system can be read-only.
 *
 * A tmpfs hides what the image has there, but for folders in /run. So only folders take one whose
 * content is scratch by custom (Filesystem Hierarchy Standard 3.0: /tmp, /run, /var/cache…), and of
 * these each folder that was written in gets one of its own, down to the depth at which images ship
 * folders: as little as can be is hidden. What else was written may be data, and a rule must not
 * lose data silently: the root stays writable then.
 *
 * Logs are scratch here: in a container that is thrown away they are lost anyway. They have to fit
 * into the tmpfs, though.
 */

#include <errno.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "learn/rule.h"

#define MAX_TMPFS 16

struct scratch {
	const char *folder;
	unsigned depth; /* so many further components have a tmpfs of their own */
	bool itself;    /* files right in the folder are scratch, too */
	const char *as; /* what it is a link to in most images; NULL */
};

static const struct scratch scratches[] = {
	{ "/run", 1, true, NULL },
	{ "/tmp", 0, true, NULL },
	{ "/usr/local/apache2/logs", 0, true, NULL }, /* httpd's, with its pid file */
	{ "/var/cache", 1, false, NULL },
	{ "/var/lib/nginx", 0, true, NULL }, /* bodies of requests and answers */
	{ "/var/lock", 1, true, "/run/lock" },
	{ "/var/log", 1, false, NULL },
	{ "/var/run", 1, true, "/run" },
	{ "/var/tmp", 0, true, NULL },
};

/* Of these writers bear a refusal. */
static const char *const borne[] = { "*/__pycache__", "*/__pycache__/*", "*/.*_history",
	"*/.lesshst", "*/.viminfo", "*/.wget-hsts" };

/* Nothing there is of the root file system, or the engine put it there before the start. */
static const char *const mounted[] = { "/.dockerenv", "/dev", "/dev/*", "/proc", "/proc/*", "/sys",
	"/sys/*", "/run/.containerenv" };
static const char *const of_engines[] = { "/etc/hostname", "/etc/hosts", "/etc/mtab",
	"/etc/resolv.conf" };

static bool is_one_of(const char *path, const char *const *patterns, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (fnmatch(patterns[i], path, FNM_NOESCAPE) == 0)
			return true;
	}
	return false;
}

static bool is_below(struct wh_slice path, const char *folder)
{
	size_t len = strlen(folder);

	return path.len > len && memcmp(path.data, folder, len) == 0 && path.data[len] == '/';
}

/* A folder that is there because something in it was written. */
static bool holds_another(const struct wh_learnt *learnt, const char *path)
{
	size_t len = strlen(path);

	if (strcmp(path, "/") == 0)
		return true;
	len -= len > 0 && path[len - 1] == '/';
	for (size_t i = 0; i < learnt->written_count; i++) {
		const char *other = learnt->written[i];

		if (strncmp(other, path, len) == 0 && other[len] == '/' && other[len + 1] != '\0')
			return true;
	}
	return false;
}

static bool matters(const struct wh_learnt *learnt, const char *path)
{
	if (is_one_of(path, mounted, WH_COUNT(mounted)) || is_one_of(path, borne, WH_COUNT(borne)))
		return false;
	if (learnt->engine != NULL && is_one_of(path, of_engines, WH_COUNT(of_engines)))
		return false;
	return !holds_another(learnt, path);
}

/* How much of the path is its folder, at most `depth` components behind `begin`. */
static size_t folder_len(const char *path, size_t begin, unsigned depth)
{
	size_t len = begin;

	for (const char *slash = strchr(path + begin + 1, '/'); slash != NULL && depth > 0;
		slash = strchr(slash + 1, '/'), depth--)
		len = (size_t)(slash - path);
	return len;
}

/*
 * The folder that is to become a tmpfs for this path, in the arena. NULL with 0 when none can. A
 * path that is a scratch folder itself was made or changed, and needs to be there; so does one that
 * ends with a "/": a file in it came and went, such as a server's pid.
 */
static int find_scratch(const char *path, struct wh_arena *arena, const char **ret)
{
	*ret = NULL;
	for (size_t i = 0; i < WH_COUNT(scratches); i++) {
		const struct scratch *scratch = &scratches[i];
		size_t base = strlen(scratch->folder);
		size_t len;

		if (strcmp(path, scratch->folder) != 0 &&
			!is_below(wh_slice_of(path), scratch->folder))
			continue;
		len = path[base] == '\0' ? base : folder_len(path, base, scratch->depth);
		if (len == base && !scratch->itself)
			return 0;
		*ret = wh_arena_printf(arena, "%s%.*s",
			scratch->as != NULL ? scratch->as : scratch->folder, (int)(len - base),
			path + base);
		return *ret == NULL ? -ENOMEM : 0;
	}
	return 0;
}

/* The scratch folder that the path is in; NULL when it is in none. */
static const struct scratch *scratch_of(struct wh_slice path)
{
	for (size_t i = 0; i < WH_COUNT(scratches); i++) {
		if (is_below(path, scratches[i].folder))
			return &scratches[i];
	}
	return NULL;
}

bool wh_learnt_is_scratch(struct wh_slice path)
{
	return scratch_of(path) != NULL;
}

int wh_learnt_tmpfs_of(const struct wh_learnt_root *root, const char *path, struct wh_arena *arena,
	const char **ret)
{
	const struct scratch *scratch = scratch_of(wh_slice_of(path));

	*ret = NULL;
	if (scratch != NULL && scratch->as != NULL)
		path = wh_arena_printf(arena, "%s%s", scratch->as, path + strlen(scratch->folder));
	if (path == NULL)
		return -ENOMEM;
	/* Sorted: of two that are above it the longer one comes last. */
	for (size_t i = 0; i < root->count; i++) {
		if (is_below(wh_slice_of(path), root->tmpfs[i]))
			*ret = root->tmpfs[i];
	}
	return 0;
}

/* As the policy wants paths: nothing odd in them. */
static bool is_fit(const char *folder)
{
	for (const char *at = folder; *at != '\0'; at++) {
		if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7f)
			return false;
	}
	for (const char *slash = strchr(folder, '/'); slash != NULL;
		slash = strchr(slash + 1, '/')) {
		size_t len = strcspn(slash + 1, "/");

		if (len == 0 || (len <= 2 && strspn(slash + 1, ".") >= len))
			return false;
	}
	return true;
}

struct folders {
	const char *list[MAX_TMPFS];
	size_t count;
};

static bool add_folder(struct folders *folders, const char *folder)
{
	for (size_t i = 0; i < folders->count; i++) {
		if (strcmp(folders->list[i], folder) == 0)
			return true;
	}
	if (folders->count == MAX_TMPFS)
		return false;
	folders->list[folders->count++] = folder;
	return true;
}

static int stay_writable(
	struct wh_arena *arena, struct wh_learnt_root *ret, const char *what, const char *path)
{
	char shown[256];

	wh_copy_printable(shown, sizeof(shown), path);
	*ret = (struct wh_learnt_root){
		.why = wh_arena_printf(arena, "%s%s%s", what, path[0] == '\0' ? "" : " ", shown),
	};
	return ret->why == NULL ? -ENOMEM : 0;
}

int wh_learnt_root(
	const struct wh_learnt *learnt, struct wh_arena *arena, struct wh_learnt_root *ret)
{
	struct folders folders = { .count = 0 };
	const char **list;

	if (learnt->written_unknown != NULL)
		return stay_writable(
			arena, ret, "what it writes is not known:", learnt->written_unknown);
	if (learnt->written_more)
		return stay_writable(arena, ret, "it writes more files than were counted", "");
	for (size_t i = 0; i < learnt->written_count; i++) {
		const char *path = learnt->written[i];
		const char *folder;

		if (!matters(learnt, path))
			continue;
		if (find_scratch(path, arena, &folder) < 0)
			return -ENOMEM;
		if (folder == NULL || !is_fit(folder))
			return stay_writable(
				arena, ret, "it writes, outside of scratch folders,", path);
		if (!add_folder(&folders, folder))
			return stay_writable(
				arena, ret, "it writes in more folders than a few:", path);
	}
	list = wh_arena_array(arena, folders.count + 1, sizeof(*list));
	if (list == NULL)
		return -ENOMEM;
	memcpy(list, folders.list, folders.count * sizeof(*list));
	qsort(list, folders.count, sizeof(*list), wh_by_text);
	*ret = (struct wh_learnt_root){ true, list, folders.count, NULL };
	return 0;
}
