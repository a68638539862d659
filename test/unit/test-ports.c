/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of /proc/PID/net/udp. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include "record/ports.h"

#define HEAD \
	"   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  " \
	"timeout inode ref pointer drops            \n"
#define REST \
	" 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 42 2 " \
	"0000000000000000 0         \n"
#define REST6 " 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000\n"

static unsigned count_of(const struct wh_ports *ports)
{
	unsigned count = 0;

	for (unsigned i = 0; i < WH_PORTS_MAX; i++)
		count += wh_ports_has(ports, i);
	return count;
}

static void ports_are_found(void **state)
{
	static const char text[] = HEAD "  306: 00000000:0035" REST "  307: 0100007F:03FF" REST
					"  308: 0100007F:0400" REST " 1309: 0100007F:FFFF" REST
					"  310: 0100007F:0000" REST "  311: 0100007F:0035" REST;
	static const char text6[] = HEAD
		"  306: 00000000000000000000000001000000:0045" REST6 /* the last line ends so: */
		"  307: 0000000000000000FFFF00000100007F:007B";
	struct wh_ports ports = { { 0 } };

	(void)state;
	assert_true(wh_ports_parse(WH_SLICE(text), &ports));
	assert_int_equal(count_of(&ports), 2);
	assert_true(wh_ports_has(&ports, 53));
	assert_true(wh_ports_has(&ports, 1023));
	/* No news. */
	assert_false(wh_ports_parse(WH_SLICE(text), &ports));
	assert_true(wh_ports_parse(WH_SLICE(text6), &ports));
	assert_int_equal(count_of(&ports), 4);
	assert_true(wh_ports_has(&ports, 69));
	assert_true(wh_ports_has(&ports, 123));
}

static void what_is_no_line_is_passed_over(void **state)
{
	static const char *const texts[] = { "", "\n\n\n", HEAD, "1:", "1: :35",
		"1: 00000000:", "1: 00000000 0035", "x: 00000000:0035", "1: 0000000G:0035",
		"1: 00000000:-035" };
	struct wh_ports ports = { { 0 } };
	char wide[4096];

	(void)state;
	for (size_t i = 0; i < WH_COUNT(texts); i++)
		assert_false(wh_ports_parse(wh_slice_of(texts[i]), &ports));
	assert_false(wh_ports_parse((struct wh_slice){ NULL, 0 }, &ports));
	memset(wide, '0', sizeof(wide));
	assert_false(wh_ports_parse((struct wh_slice){ wide, sizeof(wide) }, &ports));
	assert_int_equal(count_of(&ports), 0);
	/* Behind such a line goes on. */
	assert_true(wh_ports_parse(WH_SLICE("rubbish\n 1: 00000000:0035 x\n"), &ports));
	assert_int_equal(count_of(&ports), 1);
}

static void a_text_that_is_not_terminated(void **state)
{
	static const char text[] = { ' ', '1', ':', ' ', '0', '0', ':', '0', '0', '3', '5' };
	struct wh_ports ports = { { 0 } };

	(void)state;
	assert_true(wh_ports_parse((struct wh_slice){ text, sizeof(text) }, &ports));
	assert_true(wh_ports_has(&ports, 0x35));
}

static void a_process_that_is_not_there(void **state)
{
	struct wh_ports ports = { { 0 } };

	(void)state;
	assert_false(wh_ports_look(INT32_MAX, &ports));
	assert_int_equal(count_of(&ports), 0);
	/* Our own can be read, whatever there is. */
	(void)wh_ports_look(getpid(), &ports);
	assert_false(wh_ports_look(getpid(), &ports));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ports_are_found),
		cmocka_unit_test(what_is_no_line_is_passed_over),
		cmocka_unit_test(a_text_that_is_not_terminated),
		cmocka_unit_test(a_process_that_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
