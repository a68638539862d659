/* SPDX-License-Identifier: Apache-2.0 */
#include "record/control.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "host/file.h"

#define ANSWER_MS 1000 /* a caller who does not take one is left alone */

static const char *const words[WH_CONTROLS] = {
	[WH_CONTROL_JOIN] = "join",
	[WH_CONTROL_STOP] = "stop",
};

/* FNV-1a; nobody but root could choose two bundles that collide. */
static uint64_t hash(const char *text)
{
	uint64_t sum = UINT64_C(0xcbf29ce484222325);

	for (; *text != '\0'; text++)
		sum = (sum ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return sum;
}

/* False where the folder is too long for the name of a socket. */
static bool name_of(const char *folder, const char *bundle, struct sockaddr_un *ret)
{
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	return (size_t)snprintf(ret->sun_path, sizeof(ret->sun_path), "%s/%016llx", folder,
		       (unsigned long long)hash(bundle)) < sizeof(ret->sun_path);
}

static int new_socket(int flags)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | flags, 0);

	return fd < 0 ? -errno : fd;
}

/* A socket whose recorder is gone refuses. */
static bool is_left_over(const struct sockaddr_un *name)
{
	int fd WH_FD = new_socket(SOCK_NONBLOCK);

	return fd >= 0 && connect(fd, (const struct sockaddr *)name, sizeof(*name)) < 0 &&
	       errno == ECONNREFUSED;
}

/* Whatever umask we have: others look for their own things in there. */
static int make_parent(void)
{
	if (mkdir("/run/whittle", 0700) < 0)
		return errno == EEXIST ? 0 : -errno;
	return chmod("/run/whittle", 0755) < 0 ? -errno : 0;
}

/* The folder that nobody else may enter. */
static int make_folder(struct wh_err *err)
{
	int fd WH_FD = WH_NO_FD;
	int r = make_parent();

	if (r == 0 && mkdir(WH_RECORDERS, 0700) < 0 && errno != EEXIST)
		r = -errno;
	if (r < 0)
		return wh_fail_errno(err, -r, WH_RECORDERS);
	fd = wh_open_trusted_folder(WH_RECORDERS, NULL, err);
	return fd < 0 ? fd : 0;
}

/* Nobody has it before it is root's alone. */
static int bind_socket(int fd, const struct sockaddr_un *name)
{
	if (bind(fd, (const struct sockaddr *)name, sizeof(*name)) < 0 ||
		chmod(name->sun_path, 0600) < 0 || listen(fd, 16) < 0)
		return -errno;
	return 0;
}

/* Under a lock, so that of two who find the same left-over neither removes the other's. */
int wh_control_listen_in(const char *folder, const char *bundle, struct wh_err *err)
{
	int lock WH_FD = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd WH_FD = new_socket(SOCK_NONBLOCK);
	struct sockaddr_un name;
	int r = lock < 0 || flock(lock, LOCK_EX) < 0 ? -errno : fd < 0 ? fd : 0;

	if (r == 0 && !name_of(folder, bundle, &name))
		r = -ENAMETOOLONG;
	if (r == 0) {
		if (is_left_over(&name))
			(void)unlink(name.sun_path);
		r = bind_socket(fd, &name);
	}
	if (r == -EADDRINUSE)
		return wh_fail(err, EADDRINUSE,
			"another recorder is at work for a container of this bundle");
	if (r < 0)
		return wh_fail_errno(err, -r, "the recorder's socket in %s", folder);
	return wh_steal_fd(fd);
}

int wh_control_listen(const char *bundle, struct wh_err *err)
{
	int r = make_folder(err);

	return r < 0 ? r : wh_control_listen_in(WH_RECORDERS, bundle, err);
}

void wh_control_remove_in(const char *folder, const char *bundle)
{
	struct sockaddr_un name;

	if (name_of(folder, bundle, &name))
		(void)unlink(name.sun_path);
}

void wh_control_remove(const char *bundle)
{
	wh_control_remove_in(WH_RECORDERS, bundle);
}

/* The word is there already, or comes within a moment from who is connected. */
static int read_word(int connection, enum wh_control *ret)
{
	const struct timeval patience = { .tv_usec = ANSWER_MS * 1000 - 1 };
	char text[16];
	ssize_t got;

	(void)setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	got = recv(connection, text, sizeof(text), 0);
	for (size_t i = 0; got > 0 && i < WH_CONTROLS; i++) {
		if (strlen(words[i]) == (size_t)got && memcmp(words[i], text, (size_t)got) == 0) {
			*ret = (enum wh_control)i;
			return 0;
		}
	}
	return -EPROTO;
}

int wh_control_take(int listening, enum wh_control *ret, int *ret_pid)
{
	int fd WH_FD = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
	struct ucred caller;
	socklen_t len = sizeof(caller);

	if (fd < 0)
		return errno == ECONNABORTED ? -EAGAIN : -errno;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &caller, &len) < 0)
		return -errno;
	if (caller.uid != geteuid() || read_word(fd, ret) < 0)
		return -EPROTO;
	*ret_pid = caller.pid;
	return wh_steal_fd(fd);
}

void wh_control_done(int connection)
{
	(void)!send(connection, "+", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	close(connection);
}

bool wh_control_is_waiting(int connection)
{
	struct pollfd wait = { .fd = connection };

	return poll(&wait, 1, 0) == 0;
}

/* Who would have to wait for a place in the queue has EAGAIN after that time: unix(7), SO_SNDTIMEO
 * in socket(7). */
static int connect_to(int fd, const struct sockaddr_un *name, int milliseconds)
{
	const struct timeval patience = { .tv_sec = milliseconds / 1000,
		.tv_usec = milliseconds % 1000 * 1000 + 1 };

	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)name, sizeof(*name)) == 0)
		return 0;
	return errno == ECONNREFUSED ? -ENOENT : errno == EAGAIN ? -ETIMEDOUT : -errno;
}

int wh_control_send_in(
	const char *folder, const char *bundle, enum wh_control word, int milliseconds)
{
	int fd WH_FD = new_socket(0);
	struct sockaddr_un name;
	struct pollfd wait;
	char answer;
	int r;

	if (fd < 0)
		return fd;
	if (!name_of(folder, bundle, &name))
		return -ENAMETOOLONG;
	r = connect_to(fd, &name, milliseconds);
	if (r < 0)
		return r;
	if (send(fd, words[word], strlen(words[word]), MSG_NOSIGNAL) < 0)
		return errno == EPIPE || errno == ECONNRESET ? -ENOENT : -errno;
	wait = (struct pollfd){ .fd = fd, .events = POLLIN };
	do {
		r = poll(&wait, 1, milliseconds);
	} while (r < 0 && errno == EINTR);
	if (r == 0)
		return -ETIMEDOUT;
	return recv(fd, &answer, 1, MSG_DONTWAIT) == 1 ? 0 : -ENOENT;
}

int wh_control_send(const char *bundle, enum wh_control word, int milliseconds)
{
	return wh_control_send_in(WH_RECORDERS, bundle, word, milliseconds);
}
