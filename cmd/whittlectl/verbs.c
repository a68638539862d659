/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of verbs. A new verb is a row here and a file; --help, the reading of its words, what
 * shells complete and the summary in whittlectl(8) follow. FILE and PATH in what an option or a
 * verb takes are files.
 */

#include "verbs.h"

#include <stdint.h>
#include <string.h>

static const struct wh_verb verbs[] = {
	{
		.name = "audit",
		.arguments = "",
		.max = 0,
		.help = "what every running container of this host holds, by the kernel's word",
		.options = {
			{ "all-processes", NULL, "every process that holds capabilities as well" },
			{ "html", "FILE", "write it as a page; - is standard output" },
			{ "json", NULL, "one JSON object, for programs" },
			{ "watch", NULL, "look again every two seconds" },
		},
		.run = wh_verb_audit,
	},
	{
		.name = "caps",
		.arguments = "[NAME | MASK | decode MASK | encode NAME]...",
		.max = SIZE_MAX,
		.help = "what each capability allows, what an attacker gains by it, and what to do instead",
		.options = { { "json", NULL, "one JSON object, for programs" } },
		.run = wh_verb_caps,
	},
	{
		.name = "check",
		.arguments = "[FILE]",
		.max = 1,
		.help = "whether a policy is valid, owned right, and has a runtime behind it; with advice",
		.options = { { "json", NULL, "one JSON object, for programs" } },
		.run = wh_verb_check,
	},
	{
		.name = "completion",
		.arguments = "SHELL",
		.choices = "bash zsh fish man",
		.min = 1,
		.max = 1,
		.help = "what makes bash, zsh or fish complete these words; man: their list in mdoc",
		.run = wh_verb_completion,
	},
	{
		.name = "configure",
		.arguments = "ENGINE",
		.choices = "docker containerd podman crio",
		.min = 1,
		.max = 1,
		.help = "put whittle into docker, containerd, podman or crio, or take it out",
		.options = {
			{ "cover-runc", NULL,
				"put whittle under the name runc in front of the real one (docker)" },
			{ "default", NULL, "make it the runtime of containers that name none" },
			{ "dry-run", NULL, "print the difference and change nothing" },
			{ "file", "PATH", "the engine's configuration file, when it is another" },
			{ "json", NULL, "print what was done as one JSON object" },
			{ "policy", "NAME", "register whittle-NAME, which loads /etc/whittle/NAME.json" },
			{ "remove", NULL, "take out exactly what was put in" },
			{ "restart", NULL, "make the running engine read its configuration again" },
			{ "runtime-name", "NAME", "how the engine calls the runtime (whittle)" },
		},
		.run = wh_verb_configure,
	},
	{
		.name = "diff",
		.arguments = "A B",
		.min = 2,
		.max = 2,
		.help = "what one of two policies, or of two config.json, allows and the other does not",
		.options = { { "json", NULL, "one JSON object, for programs" } },
		.run = wh_verb_diff,
	},
	{
		.name = "explain",
		.arguments = "TARGET [RULE]...",
		.min = 1,
		.max = SIZE_MAX,
		.help = "what a bundle, config.json, container or image asks for, and what it gets",
		.options = {
			{ "json", NULL, "one JSON object, for programs" },
			{ "policy", "FILE", "another policy than the one that is in force" },
		},
		.run = wh_verb_explain,
	},
	{
		.name = "learn",
		.arguments = "WORD [NAME]...",
		.choices = "forget list policy report start status stop verify",
		.min = 1,
		.max = SIZE_MAX,
		.help = "what containers really use, and the smallest rule for them",
		.forms = "  -- COMMAND...        record one run: docker run..., podman run..., --bundle FOLDER\n"
			 "  verify -- CHECK...   run it again with less, as long as CHECK succeeds\n"
			 "  list [NAME]...       what is recorded: a line for each name\n"
			 "  status [NAME]...     which rules record, and what is recorded now\n"
			 "  report [NAME]...     what was granted beside what was used\n"
			 "  policy [NAME]...     put the rules into the policy\n"
			 "  start RULE...        record what starts from now on\n"
			 "  stop RULE...         do not, and end what is recorded now\n"
			 "  forget NAME...       remove recordings that have ended\n",
		.options = {
			{ "dry-run", NULL, "policy, start, stop: print the difference and change nothing" },
			{ "file", "FILE", "policy: the one that gets the rules" },
			{ "html", "FILE", "report: a page of the audit and what was recorded; - is standard output" },
			{ "image", "IMAGE", "policy: what the rule is for; without a name: of which images" },
			{ "incomplete", NULL, "policy: take what was recorded with gaps, too" },
			{ "json", NULL, "one JSON object, for programs" },
			{ "max", "N", "verify: run it at most so often (15)" },
			{ "name", "NAME", "how the recording is called; else after the image or folder" },
			{ "no-progress", NULL, "tell nothing while the container runs" },
			{ "policy", "FILE", "another policy than the one that is in force" },
			{ "seccomp", NULL, "policy: write a profile of the system calls as well" },
			{ "thorough", NULL, "verify: try without what was seen in use, too" },
			{ "timeout", "SECONDS", "verify: how long the check may fail (30)" },
			{ "used-only", NULL, "policy: leave out what is only perhaps needed" },
			{ "widen", NULL, "policy: let a rule allow more than it does" },
		},
		.run = wh_verb_learn,
	},
	{
		.name = "log",
		.arguments = "[FILE]",
		.max = 1,
		.help = "what whittle recorded: decisions, and what was taken from whom",
		.options = {
			{ "container", "ID", "of one: its id, the start of it (6 or more), or its name" },
			{ "image", "PATTERN", "of images such as '*/nginx:*'" },
			{ "json", NULL, "one JSON object, for programs" },
			{ "policy", "FILE", "where the policy is that names the file of records" },
			{ "removed", "CAP", "that took this capability away, or would have" },
			{ "result", "WORD", "changed, unchanged, refused, would-change, would-refuse" },
			{ "rule", "NAME", "by this rule" },
			{ "since", "TIME", "RFC 3339, a day, a day and time (UTC), or an age: 30s 15m 2h 7d" },
			{ "summary", NULL, "counts instead of records" },
		},
		.run = wh_verb_log,
	},
	{
		.name = "status",
		.arguments = "",
		.max = 0,
		.help = "whether whittle is in force: engines, policy, ways around, containers",
		.options = { { "json", NULL, "one JSON object, for programs" } },
		.run = wh_verb_status,
	},
	{
		.name = "verify",
		.arguments = "[CONTAINER]...",
		.max = SIZE_MAX,
		.help = "whether running containers are held to the policy, by the kernel's word",
		.options = { { "json", NULL, "one JSON object, for programs" } },
		.run = wh_verb_verify,
	},
};

const struct wh_verb *wh_verb_get(size_t index)
{
	return index < WH_COUNT(verbs) ? &verbs[index] : NULL;
}

const struct wh_verb *wh_verb_find(const char *name)
{
	for (size_t i = 0; i < WH_COUNT(verbs); i++) {
		if (strcmp(name, verbs[i].name) == 0)
			return &verbs[i];
	}
	return NULL;
}
