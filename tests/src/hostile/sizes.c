/*
 * Sizes of each memory reference: 0, 1, around the limit, and huge; at odd
 * places, over each other, beyond their memory, and with no memory at all.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kinds.h"

#define HUGE (4u << 20)
#define CANARY 0xa5
/* Longer requests are verified, which takes time and reads no shared memory. */
#define OVERLAPPING 40
#define MARGIN 64

static const size_t request_sizes[] = { 0, 1, 2, 33, 640, REQUEST - 1, REQUEST, REQUEST + 1, 4096,
					65536, 1u << 20, HUGE };
static const size_t reply_sizes[] = { 0, 1, REPLY - 1, REPLY, REPLY + 1, 65536, 1u << 20, HUGE };
static const size_t places[] = { 0, 1, 7, 4095 };

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static int device;
static uint32_t session;
static struct memory in, out;

/* What the lock has to answer to these sizes. */
static uint32_t due(size_t request, size_t reply)
{
	return reply < REPLY ? SHORT_BUFFER : request > REQUEST ? EXCESS_DATA : 0;
}

static struct answer call(const struct memory *request, uint64_t at, uint64_t size,
			  const struct memory *reply, uint64_t reply_at, uint64_t reply_size)
{
	struct tee_ioctl_param parameters[PARAMETERS] = {
		tee_memref(TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INPUT, request, at, size),
		tee_memref(TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_OUTPUT, reply, reply_at, reply_size),
	};

	return tee_invoke(device, session, COMMAND_CALL, parameters, PARAMETERS);
}

static void one(const struct item *item, size_t at, size_t size, size_t reply_at, size_t reply_size)
{
	size_t whole = size < item->length ? size : item->length;
	int elsewhere = 0;
	size_t begin = reply_at < MARGIN ? 0 : reply_at - MARGIN;
	size_t end = reply_at + REPLY + MARGIN < out.size ? reply_at + REPLY + MARGIN : out.size;
	struct answer answer;
	size_t written;

	if (at + size > in.size || reply_at + reply_size > out.size)
		return;
	if (item->acts && size == item->length)
		return;
	memset(in.bytes + at, 0, size < REQUEST + 1 ? size : REQUEST + 1);
	memcpy(in.bytes + at, item->bytes, whole);
	memset(out.bytes + begin, CANARY, end - begin);
	answer = call(&in, at, size, &out, reply_at, reply_size);
	written = answer.result ? 0 : answer.parameters[1].b;
	if (answer.error || answer.result != due(size, reply_size) || written > REPLY ||
	    (!answer.result && !written))
		wrong("%s, request of %zu at %zu, reply of %zu at %zu: errno %d, result 0x%08x, %zu bytes",
		      item->name, size, at, reply_size, reply_at, answer.error, answer.result, written);
	for (size_t i = begin; i < end; i++)
		elsewhere |= out.bytes[i] != CANARY && (i < reply_at || i >= reply_at + written);
	if (elsewhere)
		wrong("%s, request of %zu, reply of %zu at %zu: written elsewhere", item->name, size,
		      reply_size, reply_at);
	if (memcmp(in.bytes + at, item->bytes, whole))
		wrong("%s, request of %zu at %zu: the request was written to", item->name, size, at);
	watch("%s, request of %zu at %zu, reply of %zu at %zu", item->name, size, at, reply_size, reply_at);
}

/* Every size with every other, and every place with every other. */
static void all(const struct item *item)
{
	for (size_t i = 0; i < COUNT(request_sizes); i++)
		for (size_t o = 0; o < COUNT(reply_sizes); o++)
			one(item, 0, request_sizes[i], 0, reply_sizes[o]);
	for (size_t size = item->length ? item->length - 1 : 0; size <= item->length + 1; size++)
		for (size_t i = 0; i < COUNT(places); i++)
			for (size_t o = 0; o < COUNT(places); o++)
				one(item, places[i], size, places[o], REPLY);
}

/* Around the limits. What is larger takes its time to be mapped. */
static void some(const struct item *item)
{
	for (size_t i = 0; i < COUNT(request_sizes) && request_sizes[i] <= 65536; i++)
		for (size_t reply = REPLY - 1; reply <= REPLY; reply++)
			one(item, 0, request_sizes[i], 0, reply);
	for (size_t size = item->length ? item->length - 1 : 0; size <= item->length + 1; size++)
		one(item, places[size % COUNT(places)], size, places[size / 4 % COUNT(places)], REPLY);
	/* Up to the very end of the memory. */
	one(item, in.size - item->length - 1, item->length + 1, out.size - REPLY, REPLY);
}

/*
 * Whether a reply that is written over its request is the one that is written
 * elsewhere. One that tells the time is another each second: it is tried again.
 */
static int is_same(const struct item *item, size_t at, size_t reply_at)
{
	struct answer alone, over;
	int same = 0;

	for (int tries = 0; tries < 3 && !same; tries++) {
		memcpy(in.bytes, item->bytes, item->length);
		alone = call(&in, 0, item->length, &out, 0, REPLY);
		memset(in.bytes, 0, 2 * 4096);
		memcpy(in.bytes + at, item->bytes, item->length);
		over = call(&in, at, item->length, &in, reply_at, REPLY);
		same = !alone.error && !alone.result && !over.error && !over.result &&
		       over.parameters[1].b <= REPLY && over.parameters[1].b == alone.parameters[1].b &&
		       !memcmp(in.bytes + reply_at, out.bytes, over.parameters[1].b);
	}
	return same;
}

/* The reply is written where the request is, or over a part of it. */
static void overlapping(const struct item *item)
{
	static const size_t shifts[] = { 0, 1, 31, 64, 639, 640, 4095 };

	for (size_t i = 0; i < COUNT(shifts); i++)
		for (size_t o = 0; o < COUNT(shifts); o++) {
			if (!is_same(item, shifts[i], shifts[o]))
				wrong("%s at %zu under its reply at %zu: an error, or another reply",
				      item->name, shifts[i], shifts[o]);
			watch("%s at %zu under its reply at %zu", item->name, shifts[i], shifts[o]);
		}
}

/* What is claimed is not there: the kernel refuses it. */
static void beyond(void)
{
	static const struct { uint64_t at, size; } claims[] = {
		{ 0, HUGE + 1 }, { 1, HUGE }, { HUGE, 1 }, { HUGE + 1, 0 }, { 0, UINT32_MAX },
		{ 0, 1ull << 32 }, { 0, UINT64_MAX }, { UINT64_MAX, 1 }, { UINT64_MAX, UINT64_MAX },
		{ 1ull << 63, 1ull << 63 }, { UINT64_MAX - 4095, 4096 }, { UINT64_MAX - 4095, 8192 },
	};
	static const uint64_t ids[] = { 0x7fffffff, 0x80000000, 0xfffffffe, UINT64_MAX - 1 };

	for (size_t i = 0; i < COUNT(claims); i++) {
		if (call(&in, claims[i].at, claims[i].size, &out, 0, REPLY).error != EINVAL)
			wrong("a request of %llx at %llx", (long long)claims[i].size, (long long)claims[i].at);
		watch("a request of %llx at %llx", (long long)claims[i].size, (long long)claims[i].at);
		if (call(&in, 0, 1, &out, claims[i].at, claims[i].size).error != EINVAL)
			wrong("a reply of %llx at %llx", (long long)claims[i].size, (long long)claims[i].at);
		watch("a reply of %llx at %llx", (long long)claims[i].size, (long long)claims[i].at);
	}
	for (size_t i = 0; i < COUNT(ids); i++) {
		struct memory nowhere = { .id = ids[i] };

		if (!call(&nowhere, 0, 1, &out, 0, REPLY).error)
			wrong("a request in memory %llx", (long long)ids[i]);
		watch("a request in memory %llx", (long long)ids[i]);
	}
}

/* No memory at all, which the kernel and OP-TEE let through. */
static void null(void)
{
	static const struct memory nothing = { .id = TEE_MEMREF_NULL };
	static const uint64_t claimed[] = { 0, 1, REPLY, REQUEST, REQUEST + 1, UINT32_MAX, UINT64_MAX };

	for (size_t i = 0; i < COUNT(claimed); i++) {
		struct answer answer = call(&nothing, 0, claimed[i], &out, 0, REPLY);

		if (answer.error || answer.result != BAD_PARAMETERS || answer.origin != ORIGIN_APPLICATION)
			wrong("a request of %llx nowhere: errno %d, result 0x%08x by %u", (long long)claimed[i],
			      answer.error, answer.result, answer.origin);
		watch("a request of %llx nowhere", (long long)claimed[i]);
		answer = call(&in, 0, 1, &nothing, 0, claimed[i]);
		if (answer.error || answer.result != BAD_PARAMETERS || answer.origin != ORIGIN_APPLICATION)
			wrong("a reply of %llx nowhere: errno %d, result 0x%08x by %u", (long long)claimed[i],
			      answer.error, answer.result, answer.origin);
		watch("a reply of %llx nowhere", (long long)claimed[i]);
	}
}

void sizes(const struct item *items, size_t count)
{
	device = tee_device();
	session = tee_session(device);
	in = tee_memory(device, HUGE);
	out = tee_memory(device, HUGE);
	for (size_t i = 0; i < count; i++)
		some(&items[i]);
	all(&items[0]);
	tally("sizes");
	for (size_t i = 0; i < count; i++)
		if (!items[i].acts && items[i].length < OVERLAPPING)
			overlapping(&items[i]);
	tally("sizes-overlapping");
	beyond();
	null();
	tally("sizes-that-are-not-there");
}
