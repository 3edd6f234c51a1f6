/* Calls that do not end as they began: killed, closed, cancelled, unmapped. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kinds.h"

/* A call that verifies a signature takes some 2 ms of the device's time. */
#define CALL_MICROSECONDS 3000

static const struct item *all_items;
static size_t all_count;

/* One that may be handed in whole. */
static const struct item *harmless(void)
{
	const struct item *item;

	do
		item = &all_items[random_below(all_count)];
	while (item->acts);
	return item;
}

/* What a process is doing when it is killed. */
static void busy(unsigned int with)
{
	struct caller caller = caller_open();

	for (;;) {
		const struct item *item = harmless();
		struct memory memory;

		switch (with) {
		case 0:
			caller_call(&caller, item->bytes, item->length);
			break;
		case 1:
			tee_close(caller.device, tee_session(caller.device));
			break;
		case 2:
			memory = tee_share(caller.device, 1 << 20);
			tee_drop(&memory);
			break;
		}
	}
}

static void killed(void)
{
	unsigned int with = random_below(4) ? 0 : 1 + random_below(2);
	uint64_t seed = random_word();
	int status;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (!child) {
		random_seed(seed);
		busy(with);
	}
	usleep(random_below(4 * CALL_MICROSECONDS));
	kill(child, SIGKILL);
	if (waitpid(child, &status, 0) != child || !WIFSIGNALED(status))
		wrong("a process that was busy with %u was not killed: status 0x%x", with, status);
	watch("a process that was busy with %u was killed", with);
}

static void *call(void *caller)
{
	static struct answer answer;

	answer = caller_call(caller, NULL, harmless()->length);
	return &answer;
}

/* A call in a thread of its own, and what happens to it meanwhile. */
static void disturbed(struct caller *caller, int (*disturb)(struct caller *), const char *how)
{
	const struct item *item = harmless();
	struct answer *answer;
	pthread_t thread;
	int error;

	memcpy(caller->request.bytes, item->bytes, item->length);
	if (pthread_create(&thread, NULL, call, caller)) {
		wrong("no thread");
		exit(1);
	}
	usleep(random_below(CALL_MICROSECONDS));
	error = disturb(caller);
	pthread_join(thread, (void **)&answer);
	/* The kernel may have found the session or the memory gone. */
	if (error || (answer->error ? answer->error != EINVAL : answer->result != 0))
		wrong("%s, %s: errno %d, then errno %d, result 0x%08x", item->name, how, error,
		      answer->error, answer->result);
	watch("%s, %s", item->name, how);
}

static int close_it(struct caller *caller)
{
	return tee_close(caller->device, caller->session);
}

static int cancel_it(struct caller *caller)
{
	return tee_cancel(caller->device, caller->session, random_below(4) ? 0 : random_word());
}

static int unmap_it(struct caller *caller)
{
	tee_drop(&caller->request);
	return 0;
}

void interrupted(const struct item *items, size_t count, size_t times)
{
	struct caller caller;

	all_items = items;
	all_count = count;
	for (size_t i = 0; i < times; i++)
		killed();
	tally("killed");
	caller = caller_open();
	for (size_t i = 0; i < times; i++) {
		disturbed(&caller, close_it, "its session closed");
		caller.session = tee_session(caller.device);
	}
	tally("closed");
	for (size_t i = 0; i < times; i++)
		disturbed(&caller, cancel_it, "cancelled");
	tally("cancelled");
	for (size_t i = 0; i < times; i++) {
		tee_drop(&caller.request);
		caller.request = i % 2 ? tee_share(caller.device, 4096) : tee_memory(caller.device, 4096);
		if (!caller.request.bytes) {
			wrong("no memory to share: errno %d", errno);
			return;
		}
		disturbed(&caller, unmap_it, "its memory unmapped");
	}
	tally("unmapped");
}
