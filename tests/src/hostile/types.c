/*
 * Every combination of parameter types, for each command and for opening a
 * session. The kernel knows seven types and refuses the others, and marked ones;
 * all combinations of the seven reach the TEE.
 */
#include <errno.h>
#include <stdio.h>

#include "kinds.h"

#define TYPES 16

enum { NONE, VALUE_INPUT, VALUE_OUTPUT, VALUE_INOUT, MEMREF_INPUT = 5, MEMREF_OUTPUT, MEMREF_INOUT };

static int kernel_knows(unsigned int type)
{
	return type <= MEMREF_INOUT && type != 4;
}

static struct tee_ioctl_param parameter(unsigned int type, const struct caller *caller,
					unsigned int at, size_t length)
{
	switch (type) {
	case MEMREF_INPUT:
	case MEMREF_OUTPUT:
	case MEMREF_INOUT:
		return at == 1 ? tee_memref(type, &caller->reply, 0, REPLY) :
				 tee_memref(type, &caller->request, 0, length);
	default:
		return (struct tee_ioctl_param){ type, random_word(), random_word(), random_word() };
	}
}

/* What the lock has to answer to these types. */
static uint32_t due(uint32_t command, const unsigned int *types)
{
	int rest = types[2] == NONE && types[3] == NONE;

	switch (command) {
	case COMMAND_STATE:
		return rest && types[0] == VALUE_OUTPUT && types[1] == VALUE_OUTPUT ? 0 : BAD_PARAMETERS;
	case COMMAND_CALL:
		return rest && types[0] == MEMREF_INPUT && types[1] == MEMREF_OUTPUT ? 0 : BAD_PARAMETERS;
	default:
		return NOT_SUPPORTED;
	}
}

/* One of the 16^4 combinations; which, by its number. */
struct combination {
	unsigned int types[PARAMETERS];
	int known;
	struct tee_ioctl_param parameters[PARAMETERS];
};

static struct combination combination(const struct caller *caller, unsigned int number, size_t length)
{
	struct combination c = { .known = 1 };

	for (unsigned int i = 0; i < PARAMETERS; i++, number /= TYPES) {
		c.types[i] = number % TYPES;
		c.known &= kernel_knows(c.types[i]);
		c.parameters[i] = parameter(c.types[i], caller, i, length);
	}
	return c;
}

static void one(const struct caller *caller, uint32_t command, const struct item *item,
		unsigned int number)
{
	struct combination c = combination(caller, number, item->length);
	uint32_t result = due(command, c.types);
	struct answer answer;

	/* What acts is not handed in as it is meant. */
	if (!result && command == COMMAND_CALL && item->acts)
		return;
	answer = tee_invoke(caller->device, caller->session, command, c.parameters, PARAMETERS);
	if (c.known ? answer.error || answer.result != result : answer.error != EINVAL)
		wrong("command %u, types %04x, %s: errno %d, result 0x%08x", command, number, item->name,
		      answer.error, answer.result);
	watch("command %u, types %04x, %s", command, number, item->name);
}

/* Of the combinations that the kernel knows, one in so many. */
static void all(const struct caller *caller, uint32_t command, const struct item *item, size_t one_in)
{
	for (unsigned int i = 0; i < item->length; i++)
		caller->request.bytes[i] = item->bytes[i];
	for (unsigned int number = 0; number < TYPES * TYPES * TYPES * TYPES; number++) {
		int known = combination(caller, number, item->length).known;

		if (known && !random_below(one_in))
			one(caller, command, item, number);
	}
}

void types(const struct item *items, size_t item_count, size_t one_in)
{
	static const uint32_t commands[] = { COMMAND_STATE, 0, COMMAND_CALL + 1, 0xffffffff };
	struct caller caller = caller_open();

	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		all(&caller, commands[i], &items[0], commands[i] == COMMAND_STATE ? 1 : one_in);
	tally("types-of-command");
	/* The types come before the request: all of them with one, some with each. */
	for (size_t i = 0; i < item_count; i++)
		all(&caller, COMMAND_CALL, &items[i], i ? one_in : 1);
	tally("types-of-call");
	for (unsigned int number = 0; number < TYPES * TYPES * TYPES * TYPES; number++) {
		struct combination c = combination(&caller, number, 1);
		uint32_t session;
		struct answer answer;

		if (!c.known)
			continue;
		answer = tee_open(caller.device, TEE_IOCTL_LOGIN_PUBLIC, c.parameters, PARAMETERS, &session);
		if (answer.error || answer.result != (number ? BAD_PARAMETERS : 0))
			wrong("opening, types %04x: errno %d, result 0x%08x", number, answer.error, answer.result);
		if (!answer.error && !answer.result)
			tee_close(caller.device, session);
		watch("opening, types %04x", number);
	}
	tally("types-of-opening");
	/* What the kernel refuses costs little: all of it, in one go. */
	for (unsigned int number = 0; number < TYPES * TYPES * TYPES * TYPES; number++) {
		struct combination c = combination(&caller, number, 1);

		if (c.known)
			continue;
		if (tee_invoke(caller.device, caller.session, COMMAND_CALL, c.parameters, PARAMETERS).error != EINVAL)
			wrong("the kernel let types %04x through", number);
		count(1);
	}
	watch("types that the kernel refuses");
	for (uint64_t bit = 4; bit < 64; bit++) {
		struct tee_ioctl_param parameters[PARAMETERS] = { { .attr = 1ull << bit } };

		if (tee_invoke(caller.device, caller.session, COMMAND_STATE, parameters, PARAMETERS).error != EINVAL)
			wrong("the kernel let the attribute 1 << %u through", (unsigned int)bit);
		watch("the attribute 1 << %u", (unsigned int)bit);
	}
	tally("types-refused-by-the-kernel");
}
