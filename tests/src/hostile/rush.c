/* The same messages, handed in by several processes at once: each is taken once. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kinds.h"
#include "processes.h"
#include "status.h"

struct context {
	const struct item *items;
	size_t count;
	/* How often each was taken. */
	atomic_uint *taken;
};

static void body(size_t which, void *context_of)
{
	const struct context *context = context_of;
	struct caller caller = caller_open();

	/* In turn, then at random, so that old ones come after newer ones. */
	for (size_t n = 0; n < context->count; n++) {
		size_t i = n < context->count / 2 || n + 1 == context->count ? n : random_below(context->count);
		struct answer answer = caller_call(&caller, context->items[i].bytes, context->items[i].length);

		if (answer.error || answer.result)
			wrong("%s by process %zu: errno %d, result 0x%08x", context->items[i].name, which,
			      answer.error, answer.result);
		else if (caller.reply.bytes[0] == 2 && !caller.reply.bytes[1])
			context->taken[i]++;
		count(1);
	}
}

void rush(const struct item *items, size_t item_count, size_t processes)
{
	struct context context = { items, item_count, processes_memory(item_count * sizeof(atomic_uint)) };
	struct caller honest = caller_open();
	size_t last = 0;
	uint64_t due, now;

	processes_run(processes, body, &context);
	for (size_t i = 0; i < item_count; i++) {
		if (context.taken[i])
			last = i;
		if (context.taken[i] > 1)
			wrong("%s was taken %u times", items[i].name, context.taken[i]);
	}
	due = strtoull(strchr(items[last].name, '-') + 1, NULL, 10);
	now = status_sequence(&honest);
	if (!context.taken[last] || now != due)
		wrong("the sequence is %llu, and %s was taken last", (long long)now, items[last].name);
	printf("@hostile rush %lu\n", counted());
}
