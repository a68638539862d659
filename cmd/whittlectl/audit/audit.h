/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What `whittlectl audit` knows: each running container with what the kernel says of its processes,
 * and what that is worth to somebody who runs code in it. Gathered once, sorted by risk, printed as
 * text, JSON or a page. Everything lives in the status' arena.
 */

#include "host/confine.h"
#include "whittlectl/learn/learn.h"
#include "whittlectl/screen.h"
#include "whittlectl/status/status.h"

/* A namespace that a container can share with the host. */
enum wh_shared {
	WH_SHARED_CGROUP,
	WH_SHARED_IPC,
	WH_SHARED_MNT,
	WH_SHARED_NET,
	WH_SHARED_PID,
	WH_SHARED_USER,
	WH_SHARED_UTS,
	WH_SHARED_COUNT,
};

/* "pid"… as in /proc/PID/ns. */
const char *wh_shared_name(enum wh_shared shared);

enum wh_severity {
	WH_SEVERITY_LOW,
	WH_SEVERITY_MEDIUM,
	WH_SEVERITY_HIGH,
	WH_SEVERITY_CRITICAL,
	WH_SEVERITIES,
};

const char *wh_severity_name(enum wh_severity severity);

struct wh_audit_finding {
	enum wh_severity severity;
	const char *kind; /* a policy's key where there is one: "capabilities"; else a word */
	const char *what; /* a sentence */
};

#define WH_AUDIT_FINDINGS 20
#define WH_AUDIT_SENSITIVE 6

struct wh_audit_row {
	const struct wh_status_container *container; /* NULL: no runtime's state tells of it */
	const char *id;                              /* never NULL */
	const char *engine, *name, *image, *place;   /* place: namespace/pod; NULL: not known */
	int pid;
	size_t processes; /* that could be read */
	unsigned uid;     /* of the first process, as the host sees it */
	bool has_root;    /* root inside has an id outside… */
	uint32_t root;    /* …this one */
	wh_capset kept;   /* in any set of any process */
	wh_capset added;  /* of those, what the first process holds in no set */
	int added_pid;
	wh_capset beyond;  /* what the policy does not allow */
	wh_capset removed; /* what whittle's record of its start says was taken */
	const struct wh_learn_subject *recorded; /* what its like used; NULL: nothing is known */
	wh_capset unused;       /* of those kept, what was granted to its like and never used */
	bool no_new_privileges; /* every process has it */
	int seccomp, filters;   /* the least of any process; -1: the kernel does not tell */
	unsigned shared;        /* 1 << enum wh_shared */
	unsigned shared_known;
	bool root_known, root_readonly;
	const char *label; /* "" for none; NULL: not known */
	enum wh_device_access devices;
	const char *sensitive[WH_AUDIT_SENSITIVE]; /* paths of the host that confer it */
	size_t sensitive_count;
	struct wh_audit_finding findings[WH_AUDIT_FINDINGS]; /* the gravest first */
	size_t finding_count;
	unsigned risk; /* the sum of what its findings weigh */
};

/* Any process of the host, as pscap(8) lists them. */
struct wh_audit_process {
	struct wh_process process;
	const char *name;               /* its command */
	const struct wh_audit_row *row; /* the container it is in; NULL: none */
};

struct wh_audit {
	struct wh_status status;
	struct wh_audit_row *rows; /* the greatest risk first */
	size_t count;
	struct wh_audit_process *processes; /* only where all_processes is set */
	size_t process_count;
	bool all_processes;
	uint64_t host[WH_SHARED_COUNT]; /* the host's namespaces; 0: not known */
	struct wh_learn_subjects recorded;
	bool host_label; /* a security module labels processes here */
};

/* audit-gather.c: 0, or -errno when there is no answer at all. What could not be seen is in
 * status.unseen. */
int wh_audit_gather(struct wh_audit *audit, struct wh_err *err) WH_MUST_CHECK;

/* audit-judge.c: fills beyond, findings and risk of a row from the rest. -ENOMEM. */
int wh_audit_judge(struct wh_audit *audit, struct wh_audit_row *row) WH_MUST_CHECK;

/* audit-learnt.c: finds what was recorded of each row's like. What cannot be read is left out. */
void wh_audit_take_learnt(struct wh_audit *audit);
/* The matrix of all recordings, as a part of the page. */
void wh_audit_write_recorded(
	const struct wh_audit *audit, struct wh_arena *arena, struct wh_buf *to);

/* What the row holds beyond the policy, a sentence; NULL for nothing. */
const char *wh_audit_beyond(const struct wh_audit_row *row);

/* What a row counts as: it leads to the host; it holds more than the policy allows; it was not
 * started through whittle, or is not known to be. */
bool wh_audit_is_critical(const struct wh_audit_row *row);
bool wh_audit_is_beyond(const struct wh_audit_row *row);
bool wh_audit_is_around(const struct wh_audit_row *row);

struct wh_audit_counts {
	size_t critical, beyond, around, exec,
		unused; /* exec: one holds more than its first process */
};
struct wh_audit_counts wh_audit_count(const struct wh_audit *audit);

/* Whether it makes the audit one with findings: more than the policy allows, not through whittle,
 * or more in an exec than in its first process. */
bool wh_audit_is_finding(const struct wh_audit_row *row);

/* audit-text.c, audit-json.c, audit-html.c. Memory that ran out shows in the buffer. */
void wh_audit_write_text(const struct wh_audit *audit, struct wh_screen *screen);
void wh_audit_write_json(const struct wh_audit *audit, struct wh_buf *ret);
void wh_audit_write_html(const struct wh_audit *audit, struct wh_buf *ret);
/* Text of a page. Everything but printable ASCII is written as \xNN, as on the screen. */
void wh_audit_add_escaped(struct wh_buf *to, const char *text);

/* audit.c: an audit's page in this file; "-" is standard output. 0 or -errno. */
int wh_audit_page(const char *file, struct wh_err *err) WH_MUST_CHECK;
