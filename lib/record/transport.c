/* SPDX-License-Identifier: Apache-2.0 */
#include "record/transport.h"

#include <errno.h>

static const struct wh_transport *const transports[] = {
	&wh_transport_perf,
	&wh_transport_tracefs,
	&wh_transport_kprobe,
};

const struct wh_transport *wh_transport_get(size_t index)
{
	return index < WH_COUNT(transports) ? transports[index] : NULL;
}

int wh_transport_open(const struct wh_target *target, const struct wh_transport **ret,
	struct wh_trace **ret_trace, struct wh_err *err)
{
	struct wh_buf reasons WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	for (size_t i = 0; i < WH_COUNT(transports); i++) {
		struct wh_err why = WH_ERR_INIT;
		int r = transports[i]->open(ret_trace, target, &why);

		if (r == 0) {
			*ret = transports[i];
			return 0;
		}
		if (r == -ENOMEM)
			return wh_fail(err, ENOMEM, "%s", why.text);
		wh_buf_addf(
			&reasons, "%s%s: %s", i == 0 ? "" : "; ", transports[i]->name, why.text);
	}
	if (wh_buf_status(&reasons) < 0)
		return wh_fail_errno(err, ENOMEM, "choosing how to record");
	return wh_fail(err, ENOTSUP, "nothing can be recorded here (%s)", reasons.data);
}
