/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Named bases for limits, in the words of the policy itself, so that what they say can be read,
 * printed and compared. "privileged", "baseline" and "restricted" are the Pod Security Standards of
 * Kubernetes (https://kubernetes.io/docs/concepts/security/pod-security-standards/, as of v1.34) in
 * the fields that a runtime sees; docs/reference/profiles.md puts each control beside its key. What
 * the standards do not speak of is as if nothing were said: as an engine's unprivileged container
 * has it. A profile is read only when a policy names it.
 */

#include "policy/internal.h"

#include <string.h>

static const struct wh_profile_info profiles[WH_PROFILES] = {
	[WH_PROFILE_PRIVILEGED] = {
		"privileged",
		"The Pod Security Standard \"privileged\": everything stays as it is asked for.",
		"{\"capabilities\": \"keep\", \"noNewPrivileges\": \"keep\", \"readonlyRootfs\": \"keep\", \"runAsNonRoot\": \"keep\", \"supplementalGroups\": \"keep\", \"userNamespaces\": \"keep\", \"hostNamespaces\": \"keep\", \"devices\": \"keep\", \"mounts\": \"keep\", \"maskedPaths\": \"keep\", \"readonlyPaths\": \"keep\", \"hooks\": \"keep\", \"seccomp\": \"keep\", \"apparmor\": \"keep\", \"selinux\": \"keep\", \"sysctl\": \"keep\", \"rlimits\": \"keep\", \"oomScoreAdj\": \"keep\", \"rootfsPropagation\": \"keep\", \"cgroupsPath\": \"keep\", \"resources\": \"keep\", \"personality\": \"keep\", \"scheduler\": \"keep\", \"ioPriority\": \"keep\", \"intelRdt\": \"keep\", \"netDevices\": \"keep\", \"timeOffsets\": \"keep\", \"memoryPolicy\": \"keep\", \"unknownFields\": \"keep\"}",
	},
	[WH_PROFILE_BASELINE] = {
		"baseline",
		"The Pod Security Standard \"baseline\": prevents the known ways to more privilege, "
		"and lets an ordinary container run as it is.",
		"{\"capabilities\": [\"AUDIT_WRITE\", \"CHOWN\", \"DAC_OVERRIDE\", \"FOWNER\", "
		"\"FSETID\", \"KILL\", \"MKNOD\", \"NET_BIND_SERVICE\", \"SETFCAP\", \"SETGID\", "
		"\"SETPCAP\", \"SETUID\", \"SYS_CHROOT\"], "
		"\"noNewPrivileges\": false, \"readonlyRootfs\": false, "
		"\"hostNamespaces\": [\"cgroup\", \"mount\", \"time\", \"user\", \"uts\"], "
		"\"selinux\": {\"allow\": [\"container_t\", \"container_init_t\", "
		"\"container_kvm_t\", \"container_engine_t\"]}, "
		"\"seccomp\": \"strip\", \"apparmor\": \"strip\", \"sysctl\": \"strip\", "
		"\"devices\": \"strip\", \"maskedPaths\": \"strip\", \"readonlyPaths\": \"strip\", "
		"\"mounts\": \"refuse\"}",
	},
	[WH_PROFILE_RESTRICTED] = {
		"restricted",
		"The Pod Security Standard \"restricted\": what is known of hardening, at the cost of "
		"images that run as root.",
		"{\"capabilities\": [\"NET_BIND_SERVICE\"], "
		"\"noNewPrivileges\": true, \"readonlyRootfs\": false, \"runAsNonRoot\": true, "
		"\"hostNamespaces\": [\"cgroup\", \"mount\", \"time\", \"user\", \"uts\"], "
		"\"selinux\": {\"allow\": [\"container_t\", \"container_init_t\", "
		"\"container_kvm_t\", \"container_engine_t\"]}, "
		"\"seccomp\": \"strip\", \"apparmor\": \"strip\", \"sysctl\": \"strip\", "
		"\"devices\": \"strip\", \"maskedPaths\": \"strip\", \"readonlyPaths\": \"strip\", "
		"\"mounts\": \"refuse\"}",
	},
	[WH_PROFILE_MINIMAL] = {
		"minimal",
		"What most services need and no more: no capability but NET_BIND_SERVICE, a read-only "
		"root with /tmp to write to, no new privileges, a user other than root.",
		"{\"capabilities\": [\"NET_BIND_SERVICE\"], "
		"\"noNewPrivileges\": true, \"readonlyRootfs\": true, \"tmpfs\": [\"/tmp\"], "
		"\"runAsNonRoot\": true, \"supplementalGroups\": \"strip\", \"oomScoreAdj\": 0, "
		"\"mounts\": {\"options\": [\"nodev\", \"nosuid\"]}}",
	},
};

const struct wh_profile_info *wh_profile_info(enum wh_profile profile)
{
	return &profiles[profile];
}

static const char *name_at(const void *context, size_t n)
{
	(void)context;
	return n < WH_PROFILES ? profiles[n].name : NULL;
}

/* Reads it as "default" would be read. */
static int load_profile(struct wh_reader *reader, enum wh_profile profile, struct wh_limits *ret)
{
	WH_JSON struct wh_json *doc = NULL;
	WH_CLEANUP(wh_buf_done) struct wh_buf text = WH_BUF_INIT;
	struct wh_limits nothing;
	struct wh_part part = { 0 };
	struct wh_scope scope = { .part = &part };
	struct wh_reader inner = *reader;
	int r;

	wh_buf_add_string(&text, profiles[profile].text);
	r = wh_json_parse_take(&doc, &text, NULL, NULL);
	if (r < 0)
		return wh_policy_no_memory(reader);
	inner.doc = doc;
	inner.file = profiles[profile].name;
	r = wh_policy_read_object(&inner, wh_json_root(doc), WH_POLICY_DEFAULT, &scope);
	if (r < 0)
		return r;
	nothing = wh_limits_silent();
	*ret = wh_part_lay_on(&part, &nothing);
	return 0;
}

int wh_read_profile(struct wh_reader *reader, const struct wh_policy_key *key, wh_node value,
	const struct wh_scope *scope)
{
	struct wh_policy *policy = reader->policy;
	struct wh_slice name;
	int number;
	int r = wh_policy_read_text(reader, key, value, &name);

	if (r < 0)
		return r;
	number = wh_policy_read_word(reader, value, name, "profile", name_at, NULL);
	if (number < 0)
		return number;
	if (policy->profiles[number] == NULL) {
		struct wh_limits *limits = wh_arena_array(&policy->arena, 1, sizeof(*limits));

		if (limits == NULL)
			return wh_policy_no_memory(reader);
		r = load_profile(reader, (enum wh_profile)number, limits);
		if (r < 0)
			return r;
		policy->profiles[number] = limits;
	}
	scope->part->profile = policy->profiles[number];
	return 0;
}
