/*
 * Messages that the lock would take, while the secure world has no memory left at
 * first, and then a little more each time: each is taken once, or refused, and
 * taken when there is enough.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kinds.h"
#include "status.h"

/* More than there is room for, of each. */
#define SESSIONS 2000
#define MEMORIES 4000

static uint32_t sessions[SESSIONS];
static struct memory memories[MEMORIES];

/* Takes all memory: first in large pieces, then in small ones. How many of these. */
static size_t take(int device)
{
	size_t opened = 0, shared = 0;
	struct answer answer;

	do
		answer = tee_open(device, TEE_IOCTL_LOGIN_PUBLIC, NULL, 0, &sessions[opened]);
	while (!answer.error && !answer.result && ++opened < SESSIONS);
	while (shared < MEMORIES && (memories[shared] = tee_share(device, 4096)).bytes)
		shared++;
	if (opened == SESSIONS || shared == MEMORIES)
		wrong("%zu sessions and %zu pieces of memory, and room for more", opened, shared);
	return shared;
}

static uint64_t number(const struct item *item)
{
	return strtoull(strchr(item->name, '-') + 1, NULL, 10);
}

/* Whether it was taken. */
static int hand_in(const struct caller *caller, const struct item *item, size_t free, size_t *unheard)
{
	struct answer answer = caller_call(caller, item->bytes, item->length);

	count(1);
	if (!answer.error && !answer.result)
		return caller->reply.bytes[0] == 2;
	++*unheard;
	if (answer.error ? answer.error != ENOMEM : answer.result != OUT_OF_MEMORY)
		wrong("%s, %zu pieces given back: errno %d, result 0x%08x", item->name, free, answer.error,
		      answer.result);
	return 0;
}

void starving(const struct item *items, size_t item_count, size_t steps)
{
	struct caller caller = caller_open();
	uint64_t before = status_sequence(&caller), after;
	size_t taken = 0, refused = 0, unheard = 0, next = 0, free = 0, shared;
	int device = tee_device();

	shared = take(device);
	for (size_t step = 0; step < steps && next < item_count; step++) {
		/* By single pieces in the beginning, where it is decided. */
		size_t until = step < steps / 2 ? step : shared * (step + 1) / steps;
		int done;

		for (; free < until && free < shared; free++)
			tee_drop(&memories[free]);
		done = hand_in(&caller, &items[next], free, &unheard);
		after = status_sequence(&caller);
		/* It may not know its records until there is memory to read them. */
		if (done ? after != number(&items[next]) :
			   after != before && after != number(&items[next]) && after != UINT64_MAX)
			wrong("%s was %s, %zu pieces given back: the sequence is %llu", items[next].name,
			      done ? "taken" : "refused", free, (long long)after);
		if (done)
			before = number(&items[next++]);
		done ? taken++ : refused++;
	}
	for (; free < shared; free++)
		tee_drop(&memories[free]);
	close(device);
	for (; next < item_count; next++)
		if (!hand_in(&caller, &items[next], free, &unheard) ||
		    status_sequence(&caller) != number(&items[next]))
			wrong("%s was not taken, with all memory given back", items[next].name);
	printf("@note %zu pieces; %zu times taken, %zu refused, %zu of them unheard\n", shared, taken,
	       refused, unheard);
	if (!taken || !refused)
		wrong("%zu taken, %zu refused: it did not go from too little to enough", taken, refused);
	printf("@hostile starving %lu\n", counted());
}
