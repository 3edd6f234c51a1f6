/*
 * Real requests with a flipped bit, cut off, lengthened, spliced with others; and
 * random ones. None may be taken.
 */
#include <stdio.h>
#include <string.h>

#include "kinds.h"

/* Replies begin with their kind; what was done begins so, with its outcome. */
#define REPLIES 7
#define DONE 2
#define APPLIED 0

static struct caller caller;
static const struct item *all_items;
static size_t all_count;

/* Hands in these bytes, unless they are one of the requests as it is. */
static void hand_in(const unsigned char *bytes, size_t length, const char *how)
{
	struct answer answer;

	if (length > REQUEST)
		return;
	for (size_t i = 0; i < all_count; i++)
		if (item_is(&all_items[i], bytes, length))
			return;
	answer = caller_call(&caller, bytes, length);
	if (answer.error || answer.result || !answer.parameters[1].b || caller.reply.bytes[0] >= REPLIES)
		wrong("%s: errno %d, result 0x%08x", how, answer.error, answer.result);
	else if (caller.reply.bytes[0] == DONE && caller.reply.bytes[1] == APPLIED)
		wrong("%s was taken", how);
	watch("%s", how);
}

static void flipped(const struct item *item, size_t bit)
{
	unsigned char bytes[REQUEST];
	char how[160];

	if (bit / 8 >= item->free_from && bit / 8 < item->free_from + item->free_length)
		return;
	memcpy(bytes, item->bytes, item->length);
	bytes[bit / 8] ^= 1 << bit % 8;
	snprintf(how, sizeof(how), "%s with bit %zu flipped", item->name, bit);
	hand_in(bytes, item->length, how);
}

static void resized(const struct item *item, size_t length)
{
	unsigned char bytes[REQUEST];
	char how[160];

	if (length == item->length)
		return;
	for (size_t i = 0; i < length; i++)
		bytes[i] = i < item->length ? item->bytes[i] : random_word();
	snprintf(how, sizeof(how), "%s made %zu bytes long", item->name, length);
	hand_in(bytes, length, how);
}

/* Each length field, or what might be one, becomes something else. */
static void overwritten(const struct item *item)
{
	static const unsigned char numbers[][10] = {
		{ 0 }, { 1 }, { 0x7f }, { 0x80, 0x1f }, { 0x81, 0x1f },
		{ 0xff, 0xff, 0xff, 0xff, 0x0f },
		{ 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01 },
		{ 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
	};
	static const size_t lengths[] = { 1, 1, 1, 2, 2, 5, 10, 10 };
	size_t which = random_below(sizeof(lengths) / sizeof(*lengths)), at = random_below(item->length);
	unsigned char bytes[REQUEST];
	char how[160];

	/* One of the first bytes, most of the time. */
	if (item->length > 40 && random_below(4))
		at = random_below(2) ? random_below(4) : 33 + random_below(4);
	if (at + lengths[which] > item->length)
		return;
	if (at < item->free_from + item->free_length && at + lengths[which] > item->free_from)
		return;
	memcpy(bytes, item->bytes, item->length);
	memcpy(bytes + at, numbers[which], lengths[which]);
	if (!memcmp(bytes, item->bytes, item->length))
		return;
	snprintf(how, sizeof(how), "%s with number %zu at %zu", item->name, which, at);
	hand_in(bytes, item->length, how);
}

/* The beginning of one, the end of another. */
static void spliced(const struct item *item, const struct item *other)
{
	size_t begin = random_below(item->length + 1), end = random_below(other->length + 1);
	unsigned char bytes[2 * REQUEST];
	char how[160];

	memcpy(bytes, item->bytes, begin);
	memcpy(bytes + begin, other->bytes + end, other->length - end);
	snprintf(how, sizeof(how), "%s up to %zu, then %s from %zu", item->name, begin, other->name, end);
	hand_in(bytes, begin + other->length - end, how);
}

static void mutated(const struct item *item)
{
	switch (random_below(5)) {
	case 0:
	case 1:
		flipped(item, random_below(8 * item->length));
		break;
	case 2:
		resized(item, random_below(4) ? random_below(item->length + 80) : random_below(REQUEST + 1));
		break;
	case 3:
		overwritten(item);
		break;
	case 4:
		spliced(item, &all_items[random_below(all_count)]);
		break;
	}
}

static void at_random(size_t number)
{
	size_t length = random_below(2) ? random_below(100) : random_below(REQUEST + 1);
	unsigned char bytes[REQUEST];
	char how[160];

	for (size_t i = 0; i < length; i++)
		bytes[i] = random_word() >> 32;
	/* Most begin like a request, and some go on like a message. */
	if (length && random_below(8))
		bytes[0] = random_below(all_count);
	if (length > 10 && bytes[0] == 3 && random_below(2)) {
		bytes[1] = length - 2 < 128 ? length - 2 : 0x80 | ((length - 3) & 0x7f);
		bytes[2] = length - 2 < 128 ? 1 : (length - 3) >> 7;
	}
	snprintf(how, sizeof(how), "random request %zu of %zu bytes", number, length);
	hand_in(bytes, length, how);
}

void bytes(const struct item *items, size_t count, size_t mutations, size_t randoms)
{
	caller = caller_open();
	all_items = items;
	all_count = count;
	for (size_t i = 0; i < count; i++) {
		for (size_t bit = 0; !mutations && bit < 8 * items[i].length; bit++)
			flipped(&items[i], bit);
		for (size_t length = 0; !mutations && length <= items[i].length + 80; length++)
			resized(&items[i], length);
		/* At length, as many again of the other kinds. */
		for (size_t n = 0; n < (mutations ? mutations : 8 * items[i].length); n++)
			mutated(&items[i]);
		watch_all();
	}
	tally("bytes-mutated");
	for (size_t n = 0; n < randoms; n++)
		at_random(n);
	tally("bytes-random");
}
