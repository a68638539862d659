/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Inside the room: what has to be seen before a container can be judged (facts.c: of the image and
 * the volumes; look.c: of the host). */

#include "common/judge.h"

/* Given judged->doc, ->decision and ->kind. `bundle` is the open folder. 0 or -errno. */
int wh_gather_facts(struct wh_judgement *judged, int bundle, struct wh_facts *ret,
	struct wh_err *err) WH_MUST_CHECK;

/* The part of it that lies outside of the image; and that of a process, for an exec. */
int wh_look_at_host(struct wh_judgement *judged, int bundle, struct wh_facts *facts,
	struct wh_err *err) WH_MUST_CHECK;
int wh_look_at_labels(
	struct wh_judgement *judged, wh_node process, struct wh_facts *facts) WH_MUST_CHECK;
