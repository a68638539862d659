/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The verbs of whittlectl. Each is a file; each gets the words behind its name (argv[0] is the
 * verb) and returns the exit status: 0 fine, 1 findings, 2 could not do it.
 */

enum {
	WH_EXIT_FINE = 0,
	WH_EXIT_FINDINGS = 1,
	WH_EXIT_TROUBLE = 2,
};

int wh_verb_caps(int argc, char *argv[]);
int wh_verb_check(int argc, char *argv[]);
