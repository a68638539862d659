/* SPDX-License-Identifier: Apache-2.0 */
/* A container that `whittlectl learn` runs is judged by the policy that came with the request. */

#include "run.h"

#include "common/request.h"

int wh_run_take_request(struct wh_run *run, bool begins, struct wh_err *err)
{
	struct wh_request request;
	int r = wh_request_find(
		run->argv.id, run->judged.bundle, &run->judged.arena, &request, err);

	if (r < 0 || request.token == NULL)
		return r;
	wh_policy_free(run->judged.policy);
	run->judged.policy = request.policy;
	run->policy_file = request.path;
	return begins ? wh_request_take(&request, run->judged.bundle, err) : 0;
}
