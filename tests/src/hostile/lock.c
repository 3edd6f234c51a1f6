#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lock.h"

/* More would tell nothing new. */
#define WRONGS 20
/* Questions whose answers do not change with time: requests 0, 5, 7, 8. */
#define QUESTIONS 4
/* Cases. */
#define SIGN_OF_LIFE 1000

static struct caller honest;
static struct tee_ioctl_param words[2];
static struct { unsigned char bytes[REPLY]; size_t length; } answers[QUESTIONS];
static unsigned long cases, all_wrongs;

size_t items_read(struct item *items, size_t room)
{
	size_t count = 0;

	while (count < room) {
		struct item *item = &items[count];
		char hex[2 * REQUEST + 1];

		if (scanf("%31s %d %zu %zu %7936s", item->name, &item->acts, &item->free_from,
			  &item->free_length, hex) != 5)
			break;
		for (item->length = 0; sscanf(hex + 2 * item->length, "%2hhx",
					      &item->bytes[item->length]) == 1; item->length++)
			;
		count++;
	}
	return count;
}

int item_is(const struct item *item, const unsigned char *bytes, size_t length)
{
	size_t after = item->free_from + item->free_length;

	return length == item->length && !memcmp(bytes, item->bytes, item->free_from) &&
	       !memcmp(bytes + after, item->bytes + after, length - after);
}

struct caller caller_open(void)
{
	struct caller caller = { .device = tee_device() };

	caller.session = tee_session(caller.device);
	caller.request = tee_memory(caller.device, 4096);
	caller.reply = tee_memory(caller.device, 4096);
	return caller;
}

struct answer caller_call(const struct caller *caller, const unsigned char *bytes, size_t length)
{
	struct tee_ioctl_param parameters[PARAMETERS] = {
		tee_memref(TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INPUT, &caller->request, 0, length),
		tee_memref(TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_OUTPUT, &caller->reply, 0, REPLY),
	};

	if (bytes)
		memcpy(caller->request.bytes, bytes, length);
	return tee_invoke(caller->device, caller->session, COMMAND_CALL, parameters, PARAMETERS);
}

struct answer caller_state(const struct caller *caller)
{
	struct tee_ioctl_param parameters[PARAMETERS] = {
		{ .attr = TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_OUTPUT },
		{ .attr = TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_OUTPUT },
	};

	return tee_invoke(caller->device, caller->session, COMMAND_STATE, parameters, PARAMETERS);
}

static size_t ask(size_t question)
{
	static const unsigned char requests[QUESTIONS] = { 0, 5, 7, 8 };
	/* Request 5 has a nonce: any will do, and the same each time. */
	unsigned char request[33] = { requests[question] };
	struct answer answer = caller_call(&honest, request, requests[question] == 5 ? 33 : 1);

	if (answer.error || answer.result) {
		wrong("request %u: errno %d, result 0x%08x", requests[question], answer.error,
		      answer.result);
		return 0;
	}
	return answer.parameters[1].b;
}

void watch_begin(void)
{
	struct answer answer;

	honest = caller_open();
	answer = caller_state(&honest);
	if (answer.error || answer.result) {
		wrong("STATE: errno %d, result 0x%08x", answer.error, answer.result);
		exit(1);
	}
	memcpy(words, answer.parameters, sizeof(words));
	for (size_t i = 0; i < QUESTIONS; i++) {
		answers[i].length = ask(i);
		memcpy(answers[i].bytes, honest.reply.bytes, answers[i].length);
	}
}

void watch(const char *format, ...)
{
	struct answer answer = caller_state(&honest);
	char what[200];
	va_list arguments;

	/* Who waits for us is told that we are at it. */
	if (!(++cases % SIGN_OF_LIFE))
		puts("@alive");
	if (!answer.error && !answer.result && !memcmp(words, answer.parameters, sizeof(words)))
		return;
	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	wrong("after %s: errno %d, result 0x%08x, state %llx detail %llx seconds %llx flags %llx",
	      what, answer.error, answer.result, answer.parameters[0].a, answer.parameters[0].b,
	      answer.parameters[1].a, answer.parameters[1].b);
	if (answer.result == TARGET_DEAD) {
		puts("@wrong the application has died");
		exit(1);
	}
}

void watch_all(void)
{
	for (size_t i = 0; i < QUESTIONS; i++) {
		size_t length = ask(i);

		if (length != answers[i].length || memcmp(honest.reply.bytes, answers[i].bytes, length))
			wrong("the answer to question %zu is another", i);
	}
}

void wrong(const char *format, ...)
{
	va_list arguments;

	printf("@wrong ");
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	puts("");
	if (++all_wrongs == WRONGS) {
		puts("@wrong and so on");
		exit(1);
	}
}

void tally(const char *kind)
{
	watch_all();
	printf("@hostile %s %lu\n", kind, cases);
	cases = 0;
}

void count(unsigned long more)
{
	cases += more;
}

unsigned long counted(void)
{
	return cases;
}

unsigned long wrongs(void)
{
	return all_wrongs;
}

/* Marsaglia's xorshift64*. */
static uint64_t state = 1;

void random_seed(uint64_t seed)
{
	state = seed ? seed : 1;
}

uint64_t random_word(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1d;
}

size_t random_below(size_t end)
{
	return random_word() % end;
}
