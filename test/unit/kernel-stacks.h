/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A kernel for tests: every function that is named gets an address of its own. */

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "learn/event.h"
#include "learn/symbols.h"

#define KERNEL_BASE UINT64_C(0xffffffff81000000)
#define KERNEL_STEP UINT64_C(0x1000)
#define KERNEL_MAX 1024

struct kernel {
	const char *names[KERNEL_MAX];
	size_t lengths[KERNEL_MAX];
	size_t count;
};

/* An address that a call in this function returns to. */
static inline uint64_t kernel_address(struct kernel *kernel, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < kernel->count; i++)
		if (kernel->lengths[i] == len && memcmp(kernel->names[i], name, len) == 0)
			break;
	assert_true(i < KERNEL_MAX);
	if (i == kernel->count) {
		kernel->names[i] = name;
		kernel->lengths[i] = len;
		kernel->count++;
	}
	return KERNEL_BASE + i * KERNEL_STEP + 0x20;
}

/* "cap_capable ns_capable inet_bind" as a stack. The text is borrowed. */
static inline unsigned kernel_stack(
	struct kernel *kernel, const char *text, uint64_t stack[static WH_STACK_MAX])
{
	unsigned depth = 0;

	while (*text != '\0') {
		size_t len = strcspn(text, " ");

		assert_true(depth < WH_STACK_MAX);
		if (len > 0)
			stack[depth++] = kernel_address(kernel, text, len);
		text += len + (text[len] == ' ');
	}
	return depth;
}

/* As /proc/kallsyms would tell of it. */
static inline struct wh_symbols *kernel_symbols(const struct kernel *kernel)
{
	struct wh_buf text = WH_BUF_INIT;
	struct wh_symbols *symbols = NULL;

	for (size_t i = 0; i < kernel->count; i++)
		wh_buf_addf(&text, "%016" PRIx64 " t %.*s\n", KERNEL_BASE + i * KERNEL_STEP,
			(int)kernel->lengths[i], kernel->names[i]);
	assert_int_equal(wh_symbols_parse_take(&symbols, &text), 0);
	assert_null(text.data);
	return symbols;
}
