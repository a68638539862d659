/* SPDX-License-Identifier: Apache-2.0 */
/* The words of whittlectl in the languages of shells and of man pages: a table with all that has to
 * be quoted in it. The real table is seen by the shells themselves: test/live/completion.bats. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "whittlectl/completion/completion.h"

#define ODD "it's [a] b:c \\d $(e) `f` \"g\""

static const struct wh_verb verbs[] = {
	{ .name = "all", .arguments = "[ID | FILE]...", .max = SIZE_MAX, .help = ODD },
	{
		.name = "few",
		.arguments = "ENGINE [NAME]",
		.choices = "a b",
		.min = 1,
		.max = 2,
		.help = ".does",
		.options = { { "in", "PATH", ODD }, { "json", NULL, "'odd'" },
			{ "n", "N:M", "x" } },
	},
	{ .name = "none", .arguments = "", .help = "" },
};

const struct wh_verb *wh_verb_get(size_t index)
{
	return index < WH_COUNT(verbs) ? &verbs[index] : NULL;
}

static void holds(void (*print)(struct wh_buf *to), const char *const wanted[])
{
	WH_CLEANUP(wh_buf_done) struct wh_buf text = WH_BUF_INIT;

	print(&text);
	assert_int_equal(wh_buf_status(&text), 0);
	for (size_t i = 0; wanted[i] != NULL; i++) {
		if (strstr(text.data, wanted[i]) == NULL)
			fail_msg("no \"%s\" in:\n%s", wanted[i], text.data);
	}
}

static void bash_gets_names_alone(void **state)
{
	(void)state;
	holds(wh_complete_bash,
		(const char *const[]){
			"_whittlectl_words 'all few none' ",
			"\t\tall)\n\t\t\tmax=-1 takes_files=yes\n",
			"\t\tfew)\n\t\t\tmax=2 options='--in --json --n' values='--in --n' "
			"files='--in' choices='a b'\n",
			"\t\tnone)\n\t\t\tmax=0\n",
			NULL,
		});
}

static void fish_is_quoted(void **state)
{
	(void)state;
	holds(wh_complete_fish,
		(const char *const[]){
			" -a all -d 'it\\'s [a] b:c \\\\d $(e) `f` \"g\"'\n",
			"'__whittlectl_argument all 1048576' -F\n",
			"'__whittlectl_option few in value' -l in -r -F -d 'it\\'s [a] b:c \\\\d "
			"$(e) `f` \"g\"'\n",
			"'__whittlectl_option few json' -l json -d '\\'odd\\''\n",
			"'__whittlectl_option few n value' -l n -x -d 'x'\n",
			"'__whittlectl_argument few 2 --in --n' -a 'a b'\n",
			NULL,
		});
}

static void zsh_is_escaped_and_quoted(void **state)
{
	(void)state;
	holds(wh_complete_zsh,
		(const char *const[]){
			"    'all:it'\\''s [a] b\\:c \\\\d $(e) `f` \"g\"'\n",
			" '*:[ID | FILE]...:_files' ",
			" '--in=[it'\\''s \\[a\\] b\\:c \\\\d $(e) `f` \"g\"]:PATH:_files' ",
			" '--json['\\''odd'\\'']' ",
			" '--n=[x]:N\\:M: ' ",
			" '1:ENGINE [NAME]:(a b)' \\\n",
			" '2::ENGINE [NAME]:(a b)' ",
			NULL,
		});
}

static void mdoc_sees_no_macro(void **state)
{
	(void)state;
	holds(wh_complete_man,
		(const char *const[]){
			".Cm all\n.Op Ar id | file ...\n",
			".Cm few\n.Op Fl -in Ar path\n.Op Fl -json\n.Op Fl -n Ar n:m\n.Ar engine\n"
			".Op Ar name\n.Nm\n.Cm none\n.Nm\n",
			".It Cm all Op Ar id | file ...\nIt's [a] b:c \\ed $(e) `f` \"g\".\n",
			".It Cm few Ar engine Op Ar name\n\\&.does.\n",
			".It Fl -json\n\\&'odd'.\n",
			".It Cm none\n.El\n",
			NULL,
		});
}

static void files_are_told_by_their_word(void **state)
{
	(void)state;
	assert_true(wh_is_file("FILE"));
	assert_true(wh_is_file("[FILE]"));
	assert_true(wh_is_file("ID | PATH..."));
	assert_false(wh_is_file(NULL));
	assert_false(wh_is_file(""));
	assert_false(wh_is_file("PROFILE"));
	assert_false(wh_is_file("FILE-NAME"));
	assert_false(wh_is_file("file"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bash_gets_names_alone),
		cmocka_unit_test(fish_is_quoted),
		cmocka_unit_test(zsh_is_escaped_and_quoted),
		cmocka_unit_test(mdoc_sees_no_macro),
		cmocka_unit_test(files_are_told_by_their_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
