/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The engines' configuration files as they lie on this host. */

#include "engine/engine.h"

/* For wh_engine_read(). Links are followed; what is no regular file is refused. */
extern const struct wh_engine_files wh_files_of_host;
