/* SPDX-License-Identifier: GPL-2.0+ */
/*
 * For tests only: a normal world that lies to the secure world about its RPMB.
 * Included, in Linux and in U-Boot, by what carries the requests.
 *
 * All requests are counted, those that look for a device as well. A fault is
 * set as KIND,ARGUMENT,AFTER,COUNT, the argument in hexadecimal. Once AFTER
 * more requests have been served, COUNT (0: all) are spoilt:
 *
 *   code    the result ARGUMENT is given instead of serving it
 *   late    it is served, and then the result ARGUMENT given all the same
 *   flip    it is served, and a bit of byte ARGUMENT of each frame flipped
 *   drop    it is not served, but said to be; its answer's memory is as it was
 *   lose    it is served, but its answer does not arrive
 *   short   it is served, but only ARGUMENT bytes of its answer arrive
 *   replay  it is not served: the oldest answer is given that is remembered of
 *           the same question, else of the same kind of question
 *
 * When the last one has been spoilt, and after "none", all is honest.
 */

#define RPMB_FRAME_SIZE		512
/* Where these are in a frame, in bytes (JEDEC JESD84-B51, 6.6.22) */
#define RPMB_FRAME_ADDRESS	504
#define RPMB_FRAME_KIND		510

#define RPMB_ANSWERS		64
#define RPMB_ANSWER_SIZE	(16 * RPMB_FRAME_SIZE)

static const char *const rpmb_fault_kinds[] = {
	"code", "late", "flip", "drop", "lose", "short", "replay",
};

struct rpmb_fault {
	const char *kind;	/* NULL: none */
	u32 argument;
	u32 after;
	u32 count;
};

struct rpmb_exchange {
	const u8 *request;	/* the first frame; NULL: it is no frame */
	u8 *answer;		/* may be NULL */
	size_t size;		/* of the answer, in bytes */
};

static struct rpmb_fault rpmb_fault;
static u32 rpmb_requests;

static struct rpmb_answer {
	u8 address[2];
	u8 kind[2];
	size_t size;
	u8 bytes[RPMB_ANSWER_SIZE];
} rpmb_answers[RPMB_ANSWERS];
static u32 rpmb_remembered;

static int rpmb_fault_set(const char *text)
{
	size_t length = strcspn(text, ",\n");
	struct rpmb_fault fault = { };
	u32 *number[] = { &fault.argument, &fault.after, &fault.count };
	char *end;
	int i;

	for (i = 0; i < ARRAY_SIZE(rpmb_fault_kinds); i++)
		if (strlen(rpmb_fault_kinds[i]) == length &&
		    !memcmp(rpmb_fault_kinds[i], text, length))
			fault.kind = rpmb_fault_kinds[i];
	if (!fault.kind && (length != 4 || memcmp("none", text, length)))
		return -EINVAL;

	text += length;
	for (i = 0; i < ARRAY_SIZE(number) && *text == ','; i++) {
		*number[i] = simple_strtoul(text + 1, &end, i ? 10 : 16);
		text = end;
	}
	if ((fault.kind && i < ARRAY_SIZE(number)) || (*text && *text != '\n'))
		return -EINVAL;

	rpmb_fault = fault;
	return 0;
}

/* How the next request is spoilt */
static struct rpmb_fault rpmb_next_fault(void)
{
	struct rpmb_fault fault = rpmb_fault;

	rpmb_requests++;
	if (rpmb_fault.kind && rpmb_fault.after) {
		rpmb_fault.after--;
		fault.kind = NULL;
	} else if (rpmb_fault.kind && rpmb_fault.count) {
		rpmb_fault.count--;
		if (!rpmb_fault.count)
			rpmb_fault.kind = NULL;
	}

	return fault;
}

static void rpmb_remember(const struct rpmb_exchange *x)
{
	struct rpmb_answer *answer = rpmb_answers + rpmb_remembered % RPMB_ANSWERS;

	if (!x->request || !x->answer || x->size > RPMB_ANSWER_SIZE)
		return;
	memcpy(answer->address, x->request + RPMB_FRAME_ADDRESS, 2);
	memcpy(answer->kind, x->request + RPMB_FRAME_KIND, 2);
	memcpy(answer->bytes, x->answer, x->size);
	answer->size = x->size;
	rpmb_remembered++;
}

static void rpmb_replay(const struct rpmb_exchange *x)
{
	const struct rpmb_answer *answer, *found = NULL;
	bool same, found_same = false;
	u32 i;

	if (!x->request || !x->answer)
		return;
	for (i = 0; i < RPMB_ANSWERS; i++) {
		answer = rpmb_answers + (rpmb_remembered + i) % RPMB_ANSWERS;
		if (answer->size != x->size ||
		    memcmp(answer->kind, x->request + RPMB_FRAME_KIND, 2))
			continue;
		same = !memcmp(answer->address,
			       x->request + RPMB_FRAME_ADDRESS, 2);
		if (found && (found_same || !same))
			continue;
		found = answer;
		found_same = same;
	}
	if (found)
		memcpy(x->answer, found->bytes, x->size);
}

/* Serves a request, or spoils it: the result to give */
static u32 rpmb_serve(struct rpmb_exchange *x, struct rpmb_fault *fault,
		      u32 (*serve)(void *context), void *context)
{
	static u8 before[RPMB_ANSWER_SIZE];
	size_t at, lost = 0;
	u32 result;

	*fault = rpmb_next_fault();
	if (!fault->kind) {
		result = serve(context);
		if (!result)
			rpmb_remember(x);
		return result;
	}
	if (!strcmp(fault->kind, "code"))
		return fault->argument;
	if (!strcmp(fault->kind, "drop"))
		return 0;
	if (!strcmp(fault->kind, "replay")) {
		rpmb_replay(x);
		return 0;
	}

	if (x->answer && x->size <= sizeof(before)) {
		memcpy(before, x->answer, x->size);
		if (!strcmp(fault->kind, "lose"))
			lost = x->size;
		else if (!strcmp(fault->kind, "short") &&
			 fault->argument < x->size)
			lost = x->size - fault->argument;
	}
	result = serve(context);
	if (!strcmp(fault->kind, "late"))
		return fault->argument;
	if (!strcmp(fault->kind, "flip") && x->answer)
		for (at = fault->argument; at < x->size; at += RPMB_FRAME_SIZE)
			x->answer[at] ^= 1;
	if (lost) {
		at = x->size - lost;
		memcpy(x->answer + at, before + at, lost);
		x->size = at;
	}
	return result;
}
