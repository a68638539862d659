/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * UDP ports below 1024 that are bound, as /proc/PID/net/udp has them, for where no event tells of
 * those (transport.h). What is bound and closed between two looks is not seen.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define WH_PORTS_MAX 1024u

struct wh_ports {
	uint64_t bound[WH_PORTS_MAX / 64]; /* bit n for port n */
};

/* Adds the ports of such a text (net/udp, net/udp6). True when one is new. */
bool wh_ports_parse(struct wh_slice text, struct wh_ports *ports);

/* Adds those of the network namespace that the process is in. True when one is new. */
bool wh_ports_look(int pid, struct wh_ports *ports);

static inline bool wh_ports_has(const struct wh_ports *ports, unsigned port)
{
	return (ports->bound[port / 64] >> port % 64 & 1) != 0;
}
