/* SPDX-License-Identifier: Apache-2.0 */
#include "record/ports.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "host/process.h"

#define TEXT_MAX (1u << 20) /* bytes; some 8000 sockets */

/* "  17: 0100007F:0035 00000000:0000 07 …"; the first line has names. */
static bool parse_line(const char *line, unsigned *ret)
{
	return sscanf(line, " %*u: %*[0-9A-Fa-f]:%4x", ret) == 1 && *ret > 0 && *ret < WH_PORTS_MAX;
}

bool wh_ports_parse(struct wh_slice text, struct wh_ports *ports)
{
	bool news = false;

	while (text.len > 0) {
		const char *newline = memchr(text.data, '\n', text.len);
		size_t len = newline == NULL ? text.len : (size_t)(newline - text.data);
		char line[80];
		unsigned port;

		(void)snprintf(line, sizeof(line), "%.*s",
			(int)(len < sizeof(line) ? len : sizeof(line) - 1), text.data);
		if (parse_line(line, &port) && !wh_ports_has(ports, port)) {
			ports->bound[port / 64] |= UINT64_C(1) << port % 64;
			news = true;
		}
		len += newline != NULL;
		text.data += len;
		text.len -= len;
	}
	return news;
}

bool wh_ports_look(int pid, struct wh_ports *ports)
{
	static const char *const files[] = { "net/udp", "net/udp6" };
	int proc WH_FD = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool news = false;

	for (size_t i = 0; proc >= 0 && i < WH_COUNT(files); i++) {
		struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

		if (wh_process_text(proc, pid, files[i], TEXT_MAX, &text) == 0)
			news = wh_ports_parse((struct wh_slice){ text.data, text.len }, ports) ||
			       news;
	}
	return news;
}
