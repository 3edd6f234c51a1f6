// SPDX-License-Identifier: GPL-2.0-or-later
/* Paylatch: what a command costs, on an emulator that counts instructions as time. */
#include <command.h>
#include <stdio.h>
#include <time.h>

static int do_ticks(struct cmd_tbl *cmdtp, int flag, int argc, char *const argv[])
{
	unsigned long long begin = get_ticks(), end;
	int repeatable, rc = 0;

	if (argc > 1)
		rc = cmd_process(0, argc - 1, argv + 1, &repeatable, NULL);
	end = get_ticks();
	printf("ticks %llu %llu\n", begin, end - begin);

	return rc;
}

U_BOOT_CMD(ticks, CONFIG_SYS_MAXARGS, 0, do_ticks,
	   "run a command and tell what it took",
	   "[command [arguments]] - prints the timer's ticks before it, and of it");
