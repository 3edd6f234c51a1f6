/* What a status says of the enrolment. */
#ifndef STATUS_H
#define STATUS_H

#include "lock.h"

/* The last sequence number taken, or UINT64_MAX where there is none. */
uint64_t status_sequence(const struct caller *caller);

#endif
