#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lock.h"
#include "processes.h"

void *processes_memory(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED) {
		wrong("no shared memory");
		exit(1);
	}
	return memory;
}

void processes_run(size_t processes, void (*body)(size_t which, void *context), void *context)
{
	unsigned long *cases = processes_memory(processes * sizeof(*cases));
	uint64_t seed = random_word();
	unsigned long before = counted();
	int status;

	fflush(stdout);
	for (size_t i = 0; i < processes; i++)
		if (!fork()) {
			random_seed(seed + i);
			body(i, context);
			cases[i] = counted() - before;
			fflush(stdout);
			_exit(wrongs() != 0);
		}
	for (size_t i = 0; i < processes; i++)
		if (wait(&status) < 0 || status)
			wrong("a process ended with status 0x%x", status);
	for (size_t i = 0; i < processes; i++)
		count(cases[i]);
	munmap(cases, processes * sizeof(*cases));
}
