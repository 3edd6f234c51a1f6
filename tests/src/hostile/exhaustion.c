/*
 * Sessions and shared memory until the secure world has no more: it says so, the
 * lock lives, and once they are given back all is as before.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "kinds.h"

/* More than there is room for. */
#define SESSIONS 20000
#define MEMORIES 120
#define MEMORY_SIZE (4u << 20)
/*
 * With not a byte to map the call with, OP-TEE can't take memory back, and Linux
 * does not ask again: that is lost until the next start. It happens seldom: once
 * in these rounds is let pass.
 */
#define ROUNDS 6

/* While there is no memory, each request is answered or said to lack it. */
static void asked(const struct caller *caller, const struct item *items, size_t item_count, const char *when)
{
	for (size_t i = 0; i < item_count; i++) {
		struct answer answer;

		if (items[i].acts)
			continue;
		answer = caller_call(caller, items[i].bytes, items[i].length);
		if (answer.error ? answer.error != ENOMEM : answer.result && answer.result != OUT_OF_MEMORY)
			wrong("%s, %s: errno %d, result 0x%08x", items[i].name, when, answer.error, answer.result);
		watch("%s, %s", items[i].name, when);
	}
}

static size_t fill_sessions(int device, uint32_t *sessions, struct answer *last)
{
	size_t opened = 0;

	while (opened < SESSIONS) {
		*last = tee_open(device, TEE_IOCTL_LOGIN_PUBLIC, NULL, 0, &sessions[opened]);
		if (last->error || last->result)
			break;
		opened++;
	}
	return opened;
}

static void of_sessions(const struct caller *caller, const struct item *items, size_t item_count)
{
	uint32_t *sessions = calloc(SESSIONS, sizeof(*sessions));
	size_t first = 0;

	for (int round = 0; round < 3; round++) {
		int device = tee_device();
		struct answer last = { 0 };
		size_t opened = fill_sessions(device, sessions, &last);

		if (opened == SESSIONS || last.error || last.result != OUT_OF_MEMORY)
			wrong("after %zu sessions: errno %d, result 0x%08x", opened, last.error, last.result);
		count(opened);
		asked(caller, items, item_count, "with no room for another session");
		/* The second time, the descriptor is closed with all of them open. */
		for (size_t i = 0; round != 1 && i < opened; i++)
			if (tee_close(device, sessions[i]))
				wrong("session %zu can't be closed", i);
		close(device);
		asked(caller, items, item_count, "with the sessions gone");
		watch_all();
		if (!round)
			first = opened;
		printf("@note %zu sessions, then result 0x%08x\n", opened, last.result);
		if (opened + opened / 20 < first)
			wrong("%zu sessions in the beginning, %zu later: something is not given back", first, opened);
	}
	free(sessions);
	tally("exhausted-by-sessions");
}

static void of_memory(const struct caller *caller, const struct item *items, size_t item_count)
{
	static struct memory memories[MEMORIES];
	size_t last = 0;
	int losses = 0;

	for (int round = 0; round < ROUNDS; round++) {
		int device = tee_device(), error;
		size_t shared = 0;

		while (shared < MEMORIES && (memories[shared] = tee_share(device, MEMORY_SIZE)).bytes)
			shared++;
		error = shared < MEMORIES ? errno : 0;
		count(shared);
		asked(caller, items, item_count, "with no room for more shared memory");
		for (size_t i = 0; i < shared; i++)
			tee_drop(&memories[i]);
		close(device);
		asked(caller, items, item_count, "with the shared memory gone");
		watch_all();
		printf("@note %zu times %u bytes shared, then errno %d\n", shared, MEMORY_SIZE, error);
		losses += shared < last;
		if (!shared || losses > 1)
			wrong("%zu times shared, %zu before: something is not given back", shared, last);
		last = shared;
	}
	tally("exhausted-by-memory");
}

void exhaustion(const struct item *items, size_t count)
{
	struct caller caller = caller_open();

	of_sessions(&caller, items, count);
	of_memory(&caller, items, count);
}
