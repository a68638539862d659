/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the reference of the policy, its JSON Schema for editors, and the reference of
 * capabilities, from the tables that the program itself reads by: generate-reference
 * page|schema|capabilities. test/check/reference.sh holds the files beside this one against it.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oci/capability.h"
#include "policy/policy.h"
#include "trim/sensitive.h"

static const struct {
	enum wh_policy_place place;
	const char *title;
	const char *pointer; /* of the definition in the schema */
} places[] = {
	{ WH_POLICY_TOP, "At the top level", NULL },
	{ WH_POLICY_DEFAULT, "In `default`", "default" },
	{ WH_POLICY_RULE, "In a rule", "rule" },
	{ WH_POLICY_MATCH, "In `match`", "match" },
	{ WH_POLICY_LOG, "In `log`", "log" },
	{ WH_POLICY_RUNTIME, "In an element of `runtimes`", "runtime" },
	{ WH_POLICY_TMPFS, "In an element of `tmpfs`", "tmpfs" },
};

/* ---- the page ------------------------------------------------------------------------------- */

/* In a table a bar would end the cell. */
static void print_cell(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '|')
			putchar('\\');
		putchar(*text);
	}
}

static void print_keys(enum wh_policy_place place)
{
	struct wh_policy_key key;

	puts("\n| key | value | what it does |\n| --- | --- | --- |");
	for (size_t i = 0; wh_policy_key_get(i, &key); i++) {
		if ((key.places & place) == 0 || key.kind != WH_KINDS)
			continue;
		printf("| `%s` | ", key.name);
		print_cell(key.type);
		fputs(" | ", stdout);
		print_cell(key.doc);
		puts(" |");
	}
}

static void print_silent(const struct wh_member_info *member)
{
	if (member->silent == NULL || member->silent->count == 0)
		return;
	fputs(" Silent:", stdout);
	for (size_t i = 0; i < member->silent->count; i++)
		printf("%s `%s`", i == 0 ? "" : ",", member->silent->items[i].text);
	putchar('.');
}

static const char *member_type(const struct wh_member_info *member)
{
	static const char *const types[] = {
		[WH_MEMBER_CAPABILITIES] = "names, or an object of names with reasons",
		[WH_MEMBER_PATTERNS] = "an array of patterns",
		[WH_MEMBER_WORDS] = "an array of words",
		[WH_MEMBER_RANGES] = "an array of numbers and ranges",
		[WH_MEMBER_NUMBERS] = "an object of numbers",
		[WH_MEMBER_NUMBER] = "a number",
		[WH_MEMBER_SIZE] = "a size",
		[WH_MEMBER_PATH] = "an absolute path",
		[WH_MEMBER_TEXT] = "a string",
	};

	return types[member->type];
}

static void print_kind(enum wh_kind kind)
{
	const struct wh_kind_info *info = wh_kind_info(kind);

	printf("\n### `%s`\n\n%s\n\n", info->key, info->doc);
	printf("- Value: %s.\n- In config.json: %s%s.\n", info->type, info->where,
		info->of_process ? " (judged on `exec` as well)" : "");
	printf("- Risk: %s\n- `strip`: %s\n- Silent: `%s`.\n", info->risk,
		info->strip == NULL ? "cannot be; to take it out could give more than it takes."
				    : info->strip,
		wh_otherwise_word(info->silent));
	if (info->members[0].name == NULL)
		return;
	puts("\n| member | value | what it does |\n| --- | --- | --- |");
	for (size_t i = 0; i < WH_MEMBERS_MAX && info->members[i].name != NULL; i++) {
		const struct wh_member_info *member = &info->members[i];

		printf("| `%s` | %s | ", member->name, member_type(member));
		print_cell(member->doc);
		print_silent(member);
		puts(" |");
	}
}

static void print_sensitive(void)
{
	const struct wh_sensitive *row;

	puts("\n## What confers the host\n\n"
	     "Without `allow`, `mounts` lets everything be mounted but these, by whatever name "
	     "they\n"
	     "are reached: links, other mounts, hard links; and every folder that holds one of "
	     "them.\n\n| path | and below | because it is |\n| --- | --- | --- |");
	for (size_t i = 0; (row = wh_sensitive_get(i)) != NULL; i++) {
		printf("| `%s` | %s", row->path, row->below ? "yes" : "");
		if (row->readable != NULL) {
			fputs(", but read-only", stdout);
			for (size_t k = 0; row->readable[k] != NULL; k++)
				printf("%s `%s`", k == 0 ? "" : ",", row->readable[k]);
		}
		printf(" | %s |\n", row->why);
	}
}

static void print_page(void)
{
	puts("# Reference: the policy\n\n"
	     "<!-- Written by docs/reference/generate.c from the program's own tables. -->\n\n"
	     "`/etc/whittle/config.json`, JSON with comments. Every key, what its value is, and "
	     "what\n"
	     "holds where it is not there (\"silent\"). A rule gets what it does not say from its "
	     "`profile`\nif it names one, else from `default`.");
	for (size_t i = 0; i < WH_COUNT(places); i++) {
		printf("\n## %s\n", places[i].title);
		print_keys(places[i].place);
		if (places[i].place == WH_POLICY_DEFAULT || places[i].place == WH_POLICY_RULE)
			puts("\nAnd every [kind of privilege](#kinds-of-privilege).");
	}
	puts("\n## Kinds of privilege\n\n"
	     "The value of each is a word for what becomes of that which is not allowed, an "
	     "object, "
	     "or a\nshorthand:\n\n"
	     "- `\"strip\"`: bring it down; `\"refuse\"`: do not start the container, and say "
	     "why;\n"
	     "  `\"keep\"`: leave it;\n"
	     "- an object with `\"otherwise\"` (one of these words) and the members of the kind;\n"
	     "- what the kind says: an array is its `\"allow\"`.\n\n"
	     "Patterns are those of fnmatch(3): `*` stands for any text, `/` included. A rule on "
	     "facts that\na container's starter can choose only tightens: lists that allow must "
	     "both "
	     "allow, of numbers the\nstricter counts, of words the stricter.");
	for (enum wh_kind kind = 0; kind < WH_KINDS; kind++)
		print_kind(kind);
	puts("\n## Profiles");
	for (enum wh_profile profile = 0; profile < WH_PROFILES; profile++)
		printf("\n### `%s`\n\n%s\n\n```json\n%s\n```\n", wh_profile_info(profile)->name,
			wh_profile_info(profile)->doc, wh_profile_info(profile)->text);
	print_sensitive();
}

/* ---- the capabilities ----------------------------------------------------------------------- */

static void print_sets_of(unsigned capability)
{
	const struct wh_capset_info *info;
	const char *before = "";

	for (size_t i = 0; (info = wh_capset_info_get(i)) != NULL; i++) {
		if ((info->set & wh_capset_of(capability)) == 0)
			continue;
		printf("%s%s", before, info->name);
		before = ", ";
	}
}

static void print_capability(unsigned number)
{
	const struct wh_capability *capability = wh_capability_get(number);
	const char *const cells[] = { capability->allows, capability->risk, capability->needs,
		capability->instead };

	printf("| %u | `%s` | %s | ", number, capability->name + 4,
		wh_grade_info(capability->grade)->name);
	for (size_t i = 0; i < WH_COUNT(cells); i++) {
		print_cell(cells[i]);
		fputs(" | ", stdout);
	}
	print_sets_of(number);
	puts(" |");
}

static void print_sets(void)
{
	const struct wh_capset_info *info;

	puts("\n## Sets\n\n| set | what it is | mask | how many | from |\n"
	     "| --- | --- | --- | --- | --- |");
	for (size_t i = 0; (info = wh_capset_info_get(i)) != NULL; i++) {
		printf("| `%s` | ", info->name);
		print_cell(info->title);
		printf(" | `%016llx` | %d | ", (unsigned long long)info->set,
			__builtin_popcountll(info->set));
		print_cell(info->source);
		puts(" |");
	}
}

static void print_capabilities(void)
{
	puts("# Reference: capabilities\n\n"
	     "<!-- Written by docs/reference/generate.c from the program's own tables. -->\n\n"
	     "What `whittlectl caps` says, on one page. The grade is how far an attacker gets who "
	     "runs code as\nroot in an otherwise ordinary container: namespaces of its own but no "
	     "user namespace, the device\nrules of an engine, `/sys` and `/proc/sys` "
	     "read-only.\n\n"
	     "| grade | how far it leads |\n| --- | --- |");
	for (enum wh_grade grade = 0; grade < WH_GRADES; grade++)
		printf("| %s | %s |\n", wh_grade_info(grade)->name, wh_grade_info(grade)->meaning);
	puts("\n## All of them\n\n"
	     "| | capability | grade | allows | an attacker can | needed by | instead | in sets |\n"
	     "| --- | --- | --- | --- | --- | --- | --- | --- |");
	for (unsigned i = 0; i < WH_CAP_COUNT; i++)
		print_capability(i);
	print_sets();
	puts("\n## Sources\n\nThe manual page, and the files of the kernel's sources that "
	     "check.\n\n| capability | from |\n| --- | --- |");
	for (unsigned i = 0; i < WH_CAP_COUNT; i++)
		printf("| `%s` | %s |\n", wh_capability_get(i)->name + 4,
			wh_capability_get(i)->source);
}

/* ---- the schema ----------------------------------------------------------------------------- */

static void print_string(const char *text)
{
	putchar('"');
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			putchar('\\');
		putchar(*text);
	}
	putchar('"');
}

static void print_words(const char *const *words)
{
	putchar('[');
	for (size_t i = 0; words[i] != NULL; i++) {
		fputs(i == 0 ? "" : ",", stdout);
		print_string(words[i]);
	}
	putchar(']');
}

static void print_capability_names(void)
{
	/* With or without CAP_, in any case, so an editor is told the spelling of the pages. */
	fputs("{\"type\":\"string\",\"examples\":[", stdout);
	for (unsigned i = 0; i < WH_CAP_COUNT; i++) {
		fputs(i == 0 ? "" : ",", stdout);
		print_string(wh_capability_get(i)->name);
	}
	fputs("]}", stdout);
}

static void print_member(const struct wh_member_info *member)
{
	static const char id[] = "{\"type\":\"integer\",\"minimum\":%lld,\"maximum\":%lld";

	switch (member->type) {
	case WH_MEMBER_CAPABILITIES:
		fputs("{\"oneOf\":[{\"type\":\"array\",\"items\":", stdout);
		print_capability_names();
		fputs("},{\"type\":\"object\",\"not\":{\"anyOf\":[{\"required\":[\"allow\"]},{"
		      "\"required\":[\"otherwise\"]}]},\"additionalProperties\":{\"type\":"
		      "\"string\"}}]",
			stdout);
		break;
	case WH_MEMBER_PATTERNS:
		fputs("{\"type\":\"array\",\"items\":{\"type\":\"string\"}", stdout);
		break;
	case WH_MEMBER_WORDS:
		fputs("{\"type\":\"array\",\"items\":{\"enum\":", stdout);
		print_words(member->words);
		putchar('}');
		break;
	case WH_MEMBER_RANGES:
		fputs("{\"type\":\"array\",\"items\":{\"type\":[\"integer\",\"string\"],"
		      "\"pattern\":\"^[0-9]+(-[0-9]+)?$\"}",
			stdout);
		break;
	case WH_MEMBER_NUMBERS:
		fputs("{\"type\":\"object\",\"propertyNames\":{\"enum\":", stdout);
		print_words(member->words);
		fputs("},\"additionalProperties\":{\"type\":\"integer\",\"minimum\":0}", stdout);
		break;
	case WH_MEMBER_NUMBER:
		printf(id, (long long)member->least, (long long)member->most);
		break;
	case WH_MEMBER_SIZE:
		fputs("{\"type\":[\"integer\",\"string\"],\"pattern\":\"^[0-9]+[kKmMgG]?$\"",
			stdout);
		break;
	case WH_MEMBER_PATH:
		fputs("{\"type\":\"string\",\"pattern\":\"^/\"", stdout);
		break;
	case WH_MEMBER_TEXT:
		fputs("{\"type\":\"string\"", stdout);
		break;
	}
	fputs(",\"description\":", stdout);
	print_string(member->doc);
	putchar('}');
}

static void print_otherwise(const struct wh_kind_info *info)
{
	printf("{\"enum\":[\"keep\",%s\"refuse\"]}", info->strip == NULL ? "" : "\"strip\",");
}

static void print_kind_schema(const struct wh_kind_info *info)
{
	fputs("{\"description\":", stdout);
	print_string(info->doc);
	fputs(",\"anyOf\":[", stdout);
	print_otherwise(info);
	if (info->flag)
		fputs(",{\"type\":\"boolean\"}", stdout);
	if (info->shorthand >= 0) {
		putchar(',');
		print_member(&info->members[info->shorthand]);
	}
	if (info->members[0].name != NULL) {
		fputs(",{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"
		      "\"otherwise\":",
			stdout);
		print_otherwise(info);
		for (size_t i = 0; i < WH_MEMBERS_MAX && info->members[i].name != NULL; i++) {
			printf(",\"%s\":", info->members[i].name);
			print_member(&info->members[i]);
		}
		fputs("}}", stdout);
	}
	fputs("]}", stdout);
}

/* The values of keys that are no kinds; what is not here may be anything. */
static const struct {
	const char *name;
	unsigned places;
	const char *schema;
} values[] = {
	{ "mode", ~0u, "\"enum\":[\"enforce\",\"audit\"]" },
	{ "restore", ~0u, "\"enum\":[\"refuse\",\"allow\"]" },
	{ "verify", ~0u, "\"type\":\"boolean\"" },
	{ "learn", ~0u, "\"type\":\"boolean\"" },
	{ "profile", ~0u, "\"enum\":[\"privileged\",\"baseline\",\"restricted\",\"minimal\"]" },
	{ "name", ~0u, "\"type\":\"string\",\"minLength\":1,\"maxLength\":128" },
	{ "match", ~0u, "\"$ref\":\"#/definitions/match\"" },
	{ "default", ~0u, "\"$ref\":\"#/definitions/default\"" },
	{ "log", ~0u, "\"$ref\":\"#/definitions/log\"" },
	{ "rules", ~0u, "\"type\":\"array\",\"items\":{\"$ref\":\"#/definitions/rule\"}" },
	{ "runtimes", ~0u,
		"\"type\":\"array\",\"minItems\":1,\"items\":{\"anyOf\":[{\"type\":\"string\"},{"
		"\"$ref\":\"#/definitions/runtime\"}]}" },
	{ "tmpfs", ~0u,
		"\"type\":\"array\",\"maxItems\":64,\"items\":{\"anyOf\":[{\"type\":\"string\"},{"
		"\"$ref\":\"#/definitions/tmpfs\"}]}" },
	{ "label", ~0u, "\"type\":\"object\",\"minProperties\":1" },
	{ "annotations", ~0u, "\"type\":\"object\",\"minProperties\":1" },
	{ "sandbox", ~0u, "\"type\":\"boolean\"" },
	{ "required", ~0u, "\"type\":\"boolean\"" },
	{ "kind", ~0u, "\"enum\":[\"runc\",\"crun\",\"runsc\"]" },
	{ "file", ~0u, "\"type\":\"string\",\"pattern\":\"^/\"" },
	{ "path", ~0u, "\"type\":\"string\",\"pattern\":\"^/\"" },
	{ "size", ~0u, "\"type\":\"string\",\"pattern\":\"^[0-9]+[kKmMgG]?$\"" },
};

static const char *value_of(const struct wh_policy_key *key)
{
	for (size_t i = 0; i < WH_COUNT(values); i++) {
		if (strcmp(values[i].name, key->name) == 0)
			return values[i].schema;
	}
	/* The conditions of a match. */
	return "\"anyOf\":[{\"type\":\"string\"},{\"type\":\"array\",\"minItems\":1,\"items\":{"
	       "\"type\":\"string\"}}]";
}

static void print_object(enum wh_policy_place place)
{
	struct wh_policy_key key;
	const char *before = "";

	fputs("\"type\":\"object\",\"additionalProperties\":false,\"properties\":{", stdout);
	for (size_t i = 0; wh_policy_key_get(i, &key); i++) {
		if ((key.places & place) == 0)
			continue;
		printf("%s\n\"%s\":", before, key.name);
		before = ",";
		if (key.kind != WH_KINDS) {
			printf("{\"$ref\":\"#/definitions/kind-%s\"}", key.name);
			continue;
		}
		printf("{%s,\"description\":", value_of(&key));
		print_string(key.doc);
		putchar('}');
	}
	putchar('}');
}

static void print_schema(void)
{
	fputs("{\"$schema\":\"http://json-schema.org/draft-07/schema#\",\n"
	      "\"$comment\":\"Written by docs/reference/generate.c from the program's own "
	      "tables.\","
	      "\n\"title\":\"The policy of whittle\",\n",
		stdout);
	print_object(WH_POLICY_TOP);
	fputs(",\n\"definitions\":{", stdout);
	for (size_t i = 1; i < WH_COUNT(places); i++) {
		printf("%s\n\"%s\":{", i == 1 ? "" : ",", places[i].pointer);
		print_object(places[i].place);
		if (places[i].place == WH_POLICY_RULE)
			fputs(",\"required\":[\"name\",\"match\"]", stdout);
		putchar('}');
	}
	for (enum wh_kind kind = 0; kind < WH_KINDS; kind++) {
		printf(",\n\"kind-%s\":", wh_kind_info(kind)->key);
		print_kind_schema(wh_kind_info(kind));
	}
	puts("}}");
}

int main(int argc, char *argv[])
{
	if (argc == 2 && strcmp(argv[1], "page") == 0)
		print_page();
	else if (argc == 2 && strcmp(argv[1], "schema") == 0)
		print_schema();
	else if (argc == 2 && strcmp(argv[1], "capabilities") == 0)
		print_capabilities();
	else
		return fputs("usage: generate-reference page|schema|capabilities\n", stderr), 2;
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
