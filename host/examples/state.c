/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Says what state the phone is in, and hands in a message.
 *
 *   state                        the state of this device
 *   state -s FILE                of a simulated one
 *   state [-s FILE] -m MESSAGE   hands in a message first
 *
 * Build: cargo rustc -p paylatch --release --lib --crate-type staticlib
 *        cc -I host/include host/examples/state.c libpaylatch.a -lm -o state
 * On a device, with --features optee: add -lteec.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "paylatch.h"
#include "paylatch_state.h"

static int failed(const char *doing, int code)
{
	char text[512];

	paylatch_last_error(text, sizeof(text));
	fprintf(stderr, "state: %s: %s\n", doing, text);
	return code;
}

static const char *name(uint32_t state)
{
	switch (state) {
	case PAYLATCH_STATE_UNPROVISIONED:
		return "not set up";
	case PAYLATCH_STATE_UNLOCKED:
		return "unlocked";
	case PAYLATCH_STATE_LOCKED:
		return "locked";
	case PAYLATCH_STATE_RELEASED:
		return "released for good";
	case PAYLATCH_STATE_FAULT:
		return "at fault, treated as locked";
	default:
		return "not known, treated as locked";
	}
}

static int show(struct paylatch *phone)
{
	struct paylatch_state state;
	char json[4096];
	int code = paylatch_get_state(phone, &state);

	if (code)
		return failed("asking for the state", code);
	printf("The phone is %s (0x%08" PRIx32 ").\n", name(state.state),
	       state.state);
	if (state.seconds != PAYLATCH_NO_CHANGE)
		printf("That may change after %" PRIu32 " seconds of use.\n",
		       state.seconds);
	code = paylatch_status_json(phone, json, sizeof(json), NULL);
	if (code)
		return failed("asking for the status", code);
	printf("%s\n", json);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	const char *simulator = NULL;
	const char *message = NULL;
	struct paylatch *phone = NULL;
	char json[256];
	int code;

	for (int i = 1; i < argc; i++) {
		if (i + 1 < argc && !strcmp(argv[i], "-s")) {
			simulator = argv[++i];
		} else if (i + 1 < argc && !strcmp(argv[i], "-m")) {
			message = argv[++i];
		} else {
			fprintf(stderr, "usage: state [-s FILE] [-m MESSAGE]\n");
			return PAYLATCH_ERROR_USAGE;
		}
	}
	code = paylatch_open(simulator, &phone);
	if (code)
		return failed("opening", code);
	if (message) {
		code = paylatch_apply(phone, message, json, sizeof(json));
		if (code)
			failed("handing in the message", code);
		else
			printf("%s\n", json);
	}
	if (!code)
		code = show(phone);
	paylatch_close(phone);
	return code;
}
