/* Many sessions at once, from several processes, all asking and handing in. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "kinds.h"
#include "processes.h"

struct context {
	const struct item *items;
	size_t count, sessions, rounds;
};

static void body(size_t which, void *context_of)
{
	const struct context *context = context_of;
	struct caller *callers = calloc(context->sessions, sizeof(*callers));

	for (size_t i = 0; i < context->sessions; i++)
		callers[i] = caller_open();
	for (size_t round = 0; round < context->rounds; round++) {
		struct caller *caller = &callers[random_below(context->sessions)];
		const struct item *item = &context->items[random_below(context->count)];
		struct answer answer;

		if (item->acts) {
			/* Instead, a session goes and another comes. */
			if (tee_close(caller->device, caller->session))
				wrong("process %zu can't close its session", which);
			caller->session = tee_session(caller->device);
			watch("another session of process %zu", which);
			continue;
		}
		answer = caller_call(caller, item->bytes, item->length);
		if (answer.error || answer.result)
			wrong("%s by process %zu: errno %d, result 0x%08x", item->name, which, answer.error,
			      answer.result);
		watch("%s by process %zu", item->name, which);
	}
	/* Half of the processes leave their sessions open. */
	for (size_t i = 0; which % 2 && i < context->sessions; i++)
		tee_close(callers[i].device, callers[i].session);
}

void crowd(const struct item *items, size_t count, size_t processes, size_t sessions, size_t rounds)
{
	struct context context = { items, count, sessions, rounds };

	processes_run(processes, body, &context);
	tally("crowd");
}
