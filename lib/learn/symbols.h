/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Addresses of the running kernel as names: /proc/kallsyms, proc(5). */

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/macros.h"

struct wh_symbols;

/*
 * Takes over the text of /proc/kallsyms (the buffer is left empty). Only text symbols (t, T, w, W)
 * count; of several at one address the first. Compiler suffixes (".constprop.0", ".isra.0",
 * ".part.0", ".cold", ".llvm.123") are taken off the names. 0; -ENOENT when all addresses are 0
 * (kernel.kptr_restrict); -EINVAL when it is no such text; -ENOMEM. In 64-bit kernels 120,000 to
 * 250,000 lines.
 */
int wh_symbols_parse_take(struct wh_symbols **ret, struct wh_buf *text) WH_MUST_CHECK;

void wh_symbols_free(struct wh_symbols *symbols); /* NULL is fine */

/* The function that holds the address, terminated, owned by `symbols`; NULL when none is known:
 * also when `symbols` is NULL, and for an address more than 1 MiB behind the last symbol. */
const char *wh_symbols_find(const struct wh_symbols *symbols, uint64_t address);
