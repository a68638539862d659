/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The shape of config.json and of exec's process.json, as the OCI runtime specification 1.3 defines
 * them for Linux. Runtimes disagree on what is not of this shape: Go takes "Process" for "process",
 * crun silently passes over a uid that is a string (and runs as root). So whatever a runtime
 * behind us could take for a field of the specification must be exactly that field, of its type.
 */

#include "base/err.h"
#include "base/macros.h"
#include "json/json.h"

struct wh_schema;

extern const struct wh_schema wh_schema_config;    /* config.json */
extern const struct wh_schema wh_schema_process;   /* its "process", exec's process.json */
extern const struct wh_schema wh_schema_seccomp;   /* its "linux.seccomp" */
extern const struct wh_schema wh_schema_resources; /* its "linux.resources", update's input */

/*
 * Holds a value against its schema. -EINVAL, with line, column and pointer, when it is not an
 * object; when a known field has another type or an integer outside its range (null counts as
 * absent, except in arrays and maps); when a key is not a known key but Go would fold it onto one
 * (ASCII case, U+017F for s, U+212A for k); when two unknown keys of one object fold onto each
 * other. Unknown fields are otherwise none of its business. Free maps (annotations, sysctl, unified
 * and the like) may have any keys. -ENOMEM.
 */
int wh_schema_check(struct wh_json *doc, wh_node node, const struct wh_schema *schema,
	struct wh_err *err) WH_MUST_CHECK;

/* Calls for each field that nobody judges (its key), in the order of the document: unknown ones,
 * and the sections for other systems than Linux. Ends with the first result that is not 0, and
 * returns it. The value must have passed wh_schema_check(). */
typedef int wh_schema_unknown_fn(void *context, wh_node key);
int wh_schema_each_unknown(struct wh_json *doc, wh_node node, const struct wh_schema *schema,
	wh_schema_unknown_fn *call, void *context) WH_MUST_CHECK;
