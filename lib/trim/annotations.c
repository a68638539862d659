/* SPDX-License-Identifier: Apache-2.0 */
/* Annotations on which a runtime would act with the host's privilege never reach it. */

#include "trim/kinds.h"

#include "oci/annotation.h"

int wh_trim_annotations(struct wh_trim *trim, struct wh_err *err)
{
	struct wh_json *doc = trim->doc;
	wh_node annotations = wh_json_get(doc, trim->config, "annotations");
	wh_node next;

	(void)err;
	for (wh_node key = wh_json_first(doc, annotations); key != WH_NO_NODE; key = next) {
		wh_node value = wh_json_next(doc, key);
		struct wh_slice name = wh_json_string(doc, key);
		const char *danger = wh_annotation_danger(name, wh_json_string(doc, value));

		next = wh_json_next(doc, value);
		if (danger == NULL)
			continue;
		wh_trim_note(trim, &(struct wh_change){ "annotations", "/annotations", "removed",
					   name, danger });
		wh_json_remove(doc, annotations, key);
	}
	return 0;
}
