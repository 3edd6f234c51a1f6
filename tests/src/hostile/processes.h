/* Several processes that attack at once. */
#ifndef PROCESSES_H
#define PROCESSES_H

#include <stddef.h>

/* Runs the body in so many processes; their cases and wrongs are counted here. */
void processes_run(size_t processes, void (*body)(size_t which, void *context), void *context);

/* Zeroed memory that processes share. */
void *processes_memory(size_t size);

#endif
