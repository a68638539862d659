/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the path of a namespace in config.json leads to. */

#include "base/buf.h"
#include "base/macros.h"
#include "trim/host.h"

/*
 * `type` is a word of config.json ("network", "mount"). Follows links, those of /proc among them.
 * A relative path, an unknown type and what is no namespace are WH_NAMESPACE_UNKNOWN. Nothing that
 * is not a namespace is opened.
 */
enum wh_namespace wh_namespace_look(struct wh_slice type, struct wh_slice path) WH_MUST_CHECK;
