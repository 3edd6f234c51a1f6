/* The lock as it is asked honestly: alive, and unchanged? And what was tried. */
#ifndef LOCK_H
#define LOCK_H

#include "tee.h"

/* A request, as it would be handed in. */
struct item {
	char name[32];
	/* Handed in whole it may change something. */
	int acts;
	/* What no signature covers, and may differ: a nonce. */
	size_t free_from, free_length;
	size_t length;
	unsigned char bytes[REQUEST];
};

/* A session with memory for one request and its reply. */
struct caller {
	int device;
	uint32_t session;
	struct memory request, reply;
};

/* Reads the items from standard input: NAME ACTS FREE_FROM FREE_LENGTH HEX. */
size_t items_read(struct item *items, size_t room);
/* Whether these bytes are such a request, but for what is free in it. */
int item_is(const struct item *item, const unsigned char *bytes, size_t length);

struct caller caller_open(void);
/* CALL as it is meant. */
struct answer caller_call(const struct caller *caller, const unsigned char *bytes, size_t length);
/* STATE as it is meant; its words are in the first two parameters. */
struct answer caller_state(const struct caller *caller);

/* Opens the session that the lock is watched through, and remembers what it says. */
void watch_begin(void);
/* Counts a case, after which the lock must live and say the same words. */
void watch(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* That all else it tells is the same: identity, statement, contact, history. */
void watch_all(void);

/* Something is not as it has to be; after some of these the program ends. */
void wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Prints how many cases there were of this kind, and begins to count anew. */
void tally(const char *kind);
/* Counts cases that were watched elsewhere. */
void count(unsigned long cases);
/* How many cases were counted so far. */
unsigned long counted(void);
/* What is wrong so far. */
unsigned long wrongs(void);

/* The same numbers for the same seed. */
void random_seed(uint64_t seed);
uint64_t random_word(void);
size_t random_below(size_t end);

#endif
