/* The kinds of attacks; each tallies what it has tried. */
#ifndef KINDS_H
#define KINDS_H

#include "lock.h"

/* All combinations; of those with requests that are refused alike, one in so many. */
void types(const struct item *items, size_t count, size_t one_in);
void sizes(const struct item *items, size_t count);
/* So many mutations of each item, or all bit flips if it is 0, and random requests. */
void bytes(const struct item *items, size_t count, size_t mutations, size_t randoms);
/* Commands, logins, sessions and parameter counts that do not exist. */
void nonsense(void);
/* So many processes with so many sessions each, all at once. */
void crowd(const struct item *items, size_t count, size_t processes, size_t sessions, size_t rounds);
/* Calls that are interrupted so many times: killed, closed, cancelled, unmapped. */
void interrupted(const struct item *items, size_t count, size_t times);
/* Sessions and shared memory until there is no more. */
void exhaustion(const struct item *items, size_t count);
/*
 * The first half of the items are messages that the lock would take one after the
 * other, the second half the same ones forged: each is handed in while it is
 * replaced by the other. Not watched: the messages are there to be taken.
 */
void race(const struct item *items, size_t count);
/* So many processes hand in the same messages at once, in orders of their own. */
void rush(const struct item *items, size_t count, size_t processes);
/* Hands in one message after the other with hardly any memory left, so many times. */
void starving(const struct item *items, size_t count, size_t steps);

#endif
