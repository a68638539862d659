/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Image references, by the grammar of the distribution project's reference package, which Docker
 * and containerd follow: [DOMAIN[:PORT]/]PATH[:TAG][@DIGEST]. What people type in many ways gets
 * one spelling, so that patterns have one thing to match.
 */

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"

enum wh_reference_flags {
	/* Without a domain the image is Docker Hub's, as for Docker and containerd. Podman and
	 * CRI-O look such names up in a configuration of their own. */
	WH_REFERENCE_HUB = 1 << 0,
};

/*
 * "busybox" becomes "docker.io/library/busybox:latest". Where there is a digest it alone says what
 * the image is, so a tag in front of it is left out. *ret is in the arena. 0; -EINVAL when this is
 * no reference, with the reason in *ret_why, a phrase; -ENOMEM.
 */
int wh_reference_normalise(struct wh_slice typed, unsigned flags, struct wh_arena *arena,
	const char **ret, const char **ret_why) WH_MUST_CHECK;

/*
 * Whether what was typed is an image's id and not a name: "sha256:…", 64 hexadecimal digits, or the
 * beginning of `id` (which may have "sha256:" in front; {NULL, 0} when it is not known).
 */
bool wh_reference_is_id(struct wh_slice typed, struct wh_slice id);

/* "sha256:" and 64 hexadecimal digits, of which the first part may be missing; the digits in *ret.
 */
bool wh_image_id_digits(struct wh_slice text, struct wh_slice *ret);

/* Whether the first part of a name is a registry and not a folder: it has a dot, a colon or a
 * capital letter, or is "localhost". */
bool wh_reference_is_domain(struct wh_slice text);
