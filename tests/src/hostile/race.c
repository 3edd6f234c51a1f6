/*
 * A request that changes while it is read: a good message and a forged one take
 * turns in the shared memory. Whatever is judged must be what is stored.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kinds.h"
#include "status.h"

#define SIGNATURE 64
#define TRIES 12
#define CONTACT_REQUEST 7
#define BAD_SIGNATURE 8

/* The two that take turns, or nothing; and where. */
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static const struct item *two[2];
static unsigned char *shared;
static unsigned long turns;

/* From now on these two take turns, and this one is first. */
static void let_take_turns(const struct item *a, const struct item *b, size_t first)
{
	pthread_mutex_lock(&turn);
	two[0] = a;
	two[1] = b;
	if (two[first])
		memcpy(shared, two[first]->bytes, two[first]->length);
	pthread_mutex_unlock(&turn);
}

/* On a processor of its own, every few microseconds: also in the midst of a call. */
static void *take_turns(void *unused)
{
	uint64_t random = 88172645463325252;

	for (;;) {
		const struct timespec pause = { .tv_nsec = random >> 50 };

		nanosleep(&pause, NULL);
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		pthread_mutex_lock(&turn);
		if (two[0]) {
			memcpy(shared, two[random >> 63]->bytes, two[0]->length);
			turns++;
		}
		pthread_mutex_unlock(&turn);
	}
	return unused;
}

static void start_taking_turns(void)
{
	struct sched_param first = { .sched_priority = 10 };
	pthread_attr_t attributes;
	cpu_set_t processor;
	pthread_t thread;

	CPU_ZERO(&processor);
	CPU_SET(0, &processor);
	if (sched_setaffinity(0, sizeof(processor), &processor))
		wrong("no first processor");
	CPU_ZERO(&processor);
	CPU_SET(1, &processor);
	pthread_attr_init(&attributes);
	pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(&attributes, SCHED_FIFO);
	pthread_attr_setschedparam(&attributes, &first);
	pthread_attr_setaffinity_np(&attributes, sizeof(processor), &processor);
	if (pthread_create(&thread, &attributes, take_turns, NULL)) {
		wrong("no thread on a second processor");
		exit(1);
	}
}

/* The contact record that is shown must be the one in the message. */
static int contact_is(const struct caller *honest, const struct item *item)
{
	static const unsigned char request[] = { CONTACT_REQUEST };
	struct answer answer = caller_call(honest, request, sizeof(request));
	size_t length = answer.parameters[1].b;

	return !answer.error && !answer.result && length > 1 && length - 1 < item->length - SIGNATURE &&
	       !memcmp(honest->reply.bytes + 1, item->bytes + item->length - SIGNATURE - (length - 1), length - 1);
}

void race(const struct item *items, size_t item_count)
{
	struct caller caller = caller_open(), honest = caller_open();
	unsigned long taken = 0, refused = 0;
	uint64_t sequence = status_sequence(&honest);

	shared = caller.request.bytes;
	start_taking_turns();
	for (size_t i = 0; i < item_count / 2; i++) {
		const struct item *message = &items[i];
		int contact = !strncmp(message->name, "contact", 7), done = 0;

		for (int try = 0; try < TRIES && !done; try++) {
			struct answer answer;
			uint64_t due, now;

			let_take_turns(message, &items[item_count / 2 + i], random_below(2));
			answer = caller_call(&caller, NULL, message->length);
			let_take_turns(NULL, NULL, 0);
			if (answer.error || answer.result) {
				wrong("%s: errno %d, result 0x%08x", message->name, answer.error, answer.result);
				return;
			}
			done = caller.reply.bytes[0] == 2;
			if (!done && (caller.reply.bytes[0] || caller.reply.bytes[1] != BAD_SIGNATURE))
				wrong("%s, try %d: reply %u %u", message->name, try, caller.reply.bytes[0],
				      caller.reply.bytes[1]);
			if (done && caller.reply.bytes[1])
				wrong("%s: outcome %u", message->name, caller.reply.bytes[1]);
			taken += done;
			refused += !done;
			due = done && !contact ? strtoull(strchr(message->name, '-') + 1, NULL, 10) : sequence;
			now = status_sequence(&honest);
			if (now != due)
				wrong("%s was %s: the sequence is %llu, not %llu", message->name,
				      done ? "taken" : "refused", (long long)now, (long long)due);
			sequence = now;
			if (done && contact && !contact_is(&honest, message))
				wrong("%s was taken, and another contact record stored: reply %u %u", message->name,
				      honest.reply.bytes[0], honest.reply.bytes[1]);
			count(1);
		}
	}
	printf("@note %lu taken, %lu refused, %lu turns\n", taken, refused, turns);
	if (taken < item_count / 8 || refused < item_count / 8 || turns < item_count)
		wrong("there was no race: %lu taken, %lu refused, %lu turns", taken, refused, turns);
	printf("@hostile race %lu\n", counted());
}
