/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The command line of a runtime, parsed under that runtime's own grammar and written anew in one
 * form that every version of it reads in the same way:
 *
 *     RUNTIME --flag=value --boolean … COMMAND --flag=value --boolean … ID [PROGRAM ARGUMENT…]
 *
 * Each grammar is a table (grammar-runc.c, grammar-crun.c, grammar-runsc.c): every command, every
 * option with its names, arity and role. What is not in the table is refused. Three parsers read
 * the tables: Go's flag package with urfave/cli's reordering (runc), glibc's argp in order (crun),
 * and Go's flag package as it is (runsc).
 *
 * Nothing here allocates but through the arena; the words of argv are borrowed, not copied.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/macros.h"

enum wh_runtime_kind {
	WH_RUNTIME_RUNC,
	WH_RUNTIME_CRUN,
	WH_RUNTIME_RUNSC,
	WH_RUNTIME_KINDS, /* how many there are; never a kind */
};

/* What whittle does with a command. */
enum wh_action {
	WH_ACTION_PASS,    /* hand the words on untouched */
	WH_ACTION_CREATE,  /* create, run: rewrite config.json */
	WH_ACTION_RESTORE, /* rewrite config.json, if the policy allows restoring at all */
	WH_ACTION_EXEC,    /* build the process */
	WH_ACTION_UPDATE,  /* filter the resources */
	WH_ACTION_REFUSE,  /* never: it starts something no policy reaches */
};

/* What an option means, whatever its runtime calls it. */
enum wh_role {
	WH_ROLE_NONE, /* no concern of ours: checked for form and written again */
	WH_ROLE_ROOT,
	WH_ROLE_LOG,
	WH_ROLE_LOG_FORMAT,
	WH_ROLE_BUNDLE,
	WH_ROLE_PROCESS,
	WH_ROLE_RESOURCES,
	WH_ROLE_PRESERVE_FDS,
	/* exec's options that are folded into the process: */
	WH_ROLE_CAP,
	WH_ROLE_NO_NEW_PRIVS,
	WH_ROLE_USER,
	WH_ROLE_ADDITIONAL_GIDS,
	WH_ROLE_ENV,
	WH_ROLE_CWD,
	WH_ROLE_TTY,
	WH_ROLE_APPARMOR,
	WH_ROLE_PROCESS_LABEL,
};

enum wh_arity {
	WH_ARITY_BOOL,     /* no value; Go also takes =BOOL */
	WH_ARITY_VALUE,    /* one value, any text */
	WH_ARITY_INT,      /* one whole number, 0 to 2^32-1, as the runtime reads numbers */
	WH_ARITY_OPTIONAL, /* argp's optional value: --tty, --tty=false, -tfalse */
};

enum wh_option_flags {
	WH_OPTION_LIST = 1 << 0,   /* may be given again and again, all count */
	WH_OPTION_ONCE = 1 << 1,   /* names a file or folder: giving it twice is refused */
	WH_OPTION_REFUSE = 1 << 2, /* known to the runtime, refused by us: `why` says why */
	WH_OPTION_INFORM = 1 << 3, /* --help, --version: the runtime prints and ends */
};

struct wh_option {
	const char *name;    /* long name without dashes; what is written */
	const char *aliases; /* further one-letter names, NULL for none: "b" or "vV" */
	enum wh_arity arity;
	enum wh_role role;
	unsigned flags;
	const char *why;
};

struct wh_command {
	const char *name;
	enum wh_action action;
	const struct wh_option *options; /* ends with a NULL name; NULL for what is passed on */
	const char *why;                 /* for WH_ACTION_REFUSE */
};

enum wh_argv_style {
	WH_STYLE_URFAVE, /* runc 1.1 to 1.5 */
	WH_STYLE_ARGP,   /* crun */
	WH_STYLE_GO,     /* runsc */
};

struct wh_grammar {
	enum wh_runtime_kind kind;
	const char *name; /* "runc" */
	enum wh_argv_style style;
	const struct wh_option *globals;
	const struct wh_option *common;    /* --help and its like: known everywhere */
	const struct wh_command *commands; /* ends with a NULL name */
};

/* The table of a kind. Never NULL for a valid kind. */
const struct wh_grammar *wh_grammar_of(enum wh_runtime_kind kind);

/* "runc", "crun" or "runsc" to the kind: 0, or -ENOENT. */
int wh_runtime_kind_from_name(const char *name, enum wh_runtime_kind *ret) WH_MUST_CHECK;

/*
 * One option as it counts: of an option given several times only the last is kept, unless it is a
 * list. `value` is NULL for a boolean that is set. Booleans given as false are kept with the value
 * "false", because exec's --no-new-privs=false has a meaning. Integers are in plain decimal.
 */
struct wh_flag {
	const struct wh_option *option;
	const char *value;
};

struct wh_argv {
	const struct wh_grammar *grammar;
	const struct wh_command *command; /* NULL: --version, --help or nothing at all */
	enum wh_action action;
	const char *id; /* NULL for what is passed on */
	struct wh_flag *flags;
	size_t flag_count;
	size_t global_count;  /* the first so many of flags stand before the command */
	char *const *program; /* exec: the words behind the id, borrowed from argv */
	size_t program_count;
	char *const *words; /* the whole argv as it came */
	size_t word_count;
};

/*
 * Parses argv[1] … (argv[0] is the program; argv ends with NULL). For a command that is passed on
 * parsing ends at the command's name. `COMMAND --help` is passed on too: the action is then
 * WH_ACTION_PASS whatever the command's own is. On failure `ret` still holds the global flags
 * understood so far, so that the error can be put into the log they name, and the action is
 * WH_ACTION_REFUSE.
 *
 * Refuses with -EINVAL and the offending word (cut at "=", since values may be secrets): unknown
 * or abbreviated options, two names of one option, an option that names a file or folder given
 * twice or empty, empty or blank-padded words where an option, command or id is expected, a value
 * missing, of the wrong form or (runc) blank-padded, words that versions of runc put into a
 * different order, unknown and refused commands, a wrong number of positionals, an id that is not
 * [A-Za-z0-9_+.-]{1,1024} or begins with "-" or ".", options of exec that say of the process what
 * --process says already, --version or --help with further words behind, a --root of runc or runsc
 * that wh_path_climbs() (but for what is passed on). -ENOMEM.
 */
int wh_argv_parse(struct wh_argv *ret, const struct wh_grammar *grammar, struct wh_arena *arena,
	int argc, char *const argv[], struct wh_err *err) WH_MUST_CHECK;

/* The value of the last flag with this role; NULL when not given. */
const char *wh_argv_value(const struct wh_argv *argv, enum wh_role role);

/* Whether a flag with this role was given, and (for booleans) as what it counts in the end. */
bool wh_argv_has(const struct wh_argv *argv, enum wh_role role);
bool wh_argv_bool(const struct wh_argv *argv, enum wh_role role);

/* What takes the place of the caller's words in the canonical form. */
struct wh_argv_override {
	const char *root;      /* --root=, NULL: as given */
	const char *bundle;    /* create, run, restore: --bundle=; NULL: as given */
	const char *process;   /* exec: --process=; every folded option and the program go */
	const char *resources; /* update: --resources=; NULL: as given */
};

/*
 * The canonical form, NULL-terminated, in the arena; argv[0] is `runtime`. For WH_ACTION_PASS the
 * words as they came behind it. `override` may be NULL. A boolean that is false is left out where
 * that means the same, else written --flag=false. Where runc's exec keeps a program, "--" stands
 * before the id: so no version looks for options among the program's words. NULL when memory ran
 * out.
 */
char **wh_argv_write(const struct wh_argv *argv, const char *runtime,
	const struct wh_argv_override *override, struct wh_arena *arena) WH_MUST_CHECK;
