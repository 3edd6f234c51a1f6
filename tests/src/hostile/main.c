/*
 * A hostile normal world, on the device: hostile KIND SEED [NUMBER...]. Requests
 * come on standard input, see items_read. Prints "@hostile KIND CASES" for each
 * kind that was tried, "@wrong ..." for what is not as it has to be, "@note ..." for
 * people, and "@alive" from time to time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kinds.h"

#define ITEMS 256

static struct item items[ITEMS];

int main(int argc, char **argv)
{
	const char *kind = argc > 1 ? argv[1] : "";
	size_t n[3] = { 0 };
	size_t items_count;
	char more;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 3) {
		fprintf(stderr, "usage: hostile KIND SEED [NUMBER...] <ITEMS\n");
		return 2;
	}
	random_seed(strtoull(argv[2], NULL, 10));
	for (int i = 3; i < argc && i < 6; i++)
		n[i - 3] = strtoull(argv[i], NULL, 10);
	items_count = items_read(items, ITEMS);
	watch_begin();
	if (!items_count)
		wrong("no items");
	else if (scanf(" %c", &more) == 1)
		wrong("more than %zu items, or one that can't be read", items_count);
	else if (!strcmp(kind, "types"))
		types(items, items_count, n[0]);
	else if (!strcmp(kind, "sizes"))
		sizes(items, items_count);
	else if (!strcmp(kind, "bytes"))
		bytes(items, items_count, n[0], n[1]);
	else if (!strcmp(kind, "nonsense"))
		nonsense();
	else if (!strcmp(kind, "crowd"))
		crowd(items, items_count, n[0], n[1], n[2]);
	else if (!strcmp(kind, "interrupted"))
		interrupted(items, items_count, n[0]);
	else if (!strcmp(kind, "exhaustion"))
		exhaustion(items, items_count);
	else if (!strcmp(kind, "race"))
		race(items, items_count);
	else if (!strcmp(kind, "rush"))
		rush(items, items_count, n[0]);
	else if (!strcmp(kind, "starving"))
		starving(items, items_count, n[0]);
	else
		wrong("no such kind: %s", kind);
	return wrongs() != 0;
}
