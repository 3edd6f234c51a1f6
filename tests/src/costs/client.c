/*
 * The first and only program of a device that is measured: does what the emulator hands
 * it as a script, and tells what each line took, in ticks of the system's counter.
 *
 * open TA NAME TIMES          open a session, and close it
 * keep TA COUNT               open so many more sessions, and leave them open
 * empty|state|avb-read NAME TIMES
 * avb-write NAME TIMES        of the two states, in turn
 * empty|verify|verify-optee HEX NAME TIMES
 * call HEX NAME TIMES         a request for the lock; its last reply is told, too
 * wait SECONDS
 *
 * `NAME` is told with each line; of what is done several times, the least is told.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <tee_client_api.h>

#define SCRIPT "/sys/firmware/qemu_fw_cfg/by_name/opt/paylatch/costs/raw"
/* Of OP-TEE's AVB TA, ta_avb.h */
#define AVB_READ 2
#define AVB_WRITE 3

struct ta {
	const char *name;
	TEEC_UUID uuid;
	TEEC_Session session;
	int open;
};

static struct ta tas[] = {
	{ .name = "lock", .uuid = { LOCK_UUID } },
	{ .name = "avb", .uuid = { 0x023f8f1a, 0x292a, 0x432b, { 0x8f, 0xc4, 0xde, 0x84, 0x71, 0x35, 0x80, 0x67 } } },
	{ .name = "bench", .uuid = { BENCH_UUID } },
};
enum { LOCK, AVB, BENCH };

static TEEC_Context context;
static unsigned char request[REQUEST_SIZE], reply[REPLY_SIZE];
static size_t request_size, reply_size;

static unsigned long long now(void)
{
	unsigned long long ticks;

	__asm__ volatile("isb; mrs %0, cntvct_el0" : "=r"(ticks) : : "memory");
	return ticks;
}

static void end(const char *what, unsigned int code)
{
	if (what)
		printf("costs: failed: %s: 0x%x\n", what, code);
	fflush(stdout);
	tcdrain(STDOUT_FILENO);
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

static void hex(const char *text)
{
	for (request_size = 0; request_size < sizeof(request); request_size++, text += 2)
		if (sscanf(text, "%2hhx", &request[request_size]) != 1)
			break;
}

static TEEC_Result open_session(struct ta *ta)
{
	return TEEC_OpenSession(&context, &ta->session, &ta->uuid, TEEC_LOGIN_PUBLIC, NULL, NULL, NULL);
}

static TEEC_Session *session(int which)
{
	struct ta *ta = &tas[which];

	if (!ta->open) {
		TEEC_Result result = open_session(ta);

		if (result)
			end(ta->name, result);
		ta->open = 1;
	}
	return &ta->session;
}

/* One invocation. The session is opened before, where it is not part of what is asked. */
static TEEC_Result once(const char *what, unsigned int turn)
{
	TEEC_Operation op = { 0 };

	if (!strcmp(what, "empty") && !request_size)
		return TEEC_InvokeCommand(session(BENCH), NOTHING, NULL, NULL);
	if (!strcmp(what, "state")) {
		op.paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_OUTPUT, TEEC_VALUE_OUTPUT, TEEC_NONE, TEEC_NONE);
		return TEEC_InvokeCommand(session(LOCK), COMMAND_STATE, &op, NULL);
	}
	if (!strcmp(what, "avb-read")) {
		op.paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_OUTPUT, TEEC_NONE, TEEC_NONE, TEEC_NONE);
		return TEEC_InvokeCommand(session(AVB), AVB_READ, &op, NULL);
	}
	if (!strcmp(what, "avb-write")) {
		op.paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_INPUT, TEEC_NONE, TEEC_NONE, TEEC_NONE);
		op.params[0].value.a = !(turn & 1);
		return TEEC_InvokeCommand(session(AVB), AVB_WRITE, &op, NULL);
	}
	op.params[0].tmpref.buffer = request;
	op.params[0].tmpref.size = request_size;
	op.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_TEMP_INPUT, TEEC_NONE, TEEC_NONE, TEEC_NONE);
	if (!strcmp(what, "empty"))
		return TEEC_InvokeCommand(session(BENCH), NOTHING, &op, NULL);
	if (!strcmp(what, "verify"))
		return TEEC_InvokeCommand(session(BENCH), VERIFY, &op, NULL);
	if (!strcmp(what, "verify-optee"))
		return TEEC_InvokeCommand(session(BENCH), VERIFY_OPTEE, &op, NULL);
	if (!strcmp(what, "call")) {
		TEEC_Result result;

		op.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_TEMP_INPUT, TEEC_MEMREF_TEMP_OUTPUT,
						 TEEC_NONE, TEEC_NONE);
		op.params[1].tmpref.buffer = reply;
		op.params[1].tmpref.size = sizeof(reply);
		result = TEEC_InvokeCommand(session(LOCK), COMMAND_CALL, &op, NULL);
		reply_size = op.params[1].tmpref.size;
		return result;
	}
	end(what, 0);
	return 0;
}

static void told(const char *name, unsigned long long ticks)
{
	printf("costs: %s %llu\n", name, ticks);
}

/* What is done by itself is told before and after, so that requests can be told apart. */
static void mark(const char *name)
{
	printf("costs: begin %s\n", name);
	fflush(stdout);
	tcdrain(STDOUT_FILENO);
}

static void timed(const char *what, const char *name, unsigned int times)
{
	unsigned long long least = -1ULL;

	mark(name);
	for (unsigned int i = 0; i < times; i++) {
		unsigned long long begin = now(), took;
		TEEC_Result result = once(what, i);

		took = now() - begin;
		if (result)
			end(name, result);
		if (took < least)
			least = took;
	}
	told(name, least);
	if (!strcmp(what, "call")) {
		printf("costs: reply %s ", name);
		for (size_t i = 0; i < reply_size; i++)
			printf("%02x", reply[i]);
		printf("\n");
	}
}

static void opened(const char *which, const char *name, unsigned int times)
{
	unsigned long long least = -1ULL;

	mark(name);
	for (struct ta *ta = tas; ta < tas + sizeof(tas) / sizeof(*tas); ta++) {
		for (unsigned int i = 0; !strcmp(ta->name, which) && i < times; i++) {
			unsigned long long begin = now(), took;
			TEEC_Result result = open_session(ta);

			took = now() - begin;
			if (result)
				end(name, result);
			TEEC_CloseSession(&ta->session);
			if (took < least)
				least = took;
		}
	}
	told(name, least);
}

static void keep(const char *which, unsigned int count)
{
	static TEEC_Session kept[128];

	for (struct ta *ta = tas; ta < tas + sizeof(tas) / sizeof(*tas); ta++) {
		for (unsigned int i = 0; !strcmp(ta->name, which) && i < count; i++) {
			TEEC_Result result = i < sizeof(kept) / sizeof(*kept)
						     ? TEEC_OpenSession(&context, &kept[i], &ta->uuid, TEEC_LOGIN_PUBLIC,
									NULL, NULL, NULL)
						     : TEEC_ERROR_OUT_OF_MEMORY;

			if (result)
				end(which, result);
		}
	}
}

static void line(char *text)
{
	char *words[4] = { 0 }, *rest = text;
	int count = 0;

	while (count < 4 && (words[count] = strtok_r(rest, " ", &rest)))
		count++;
	if (count == 2 && !strcmp(words[0], "wait"))
		sleep(atoi(words[1]));
	else if (count == 3 && !strcmp(words[0], "keep"))
		keep(words[1], atoi(words[2]));
	else if (count == 4 && !strcmp(words[0], "open"))
		opened(words[1], words[2], atoi(words[3]));
	else if (count == 4) {
		hex(words[1]);
		timed(words[0], words[2], atoi(words[3]));
	} else if (count == 3) {
		request_size = 0;
		timed(words[0], words[1], atoi(words[2]));
	} else
		end(text, 0);
}

int main(void)
{
	unsigned long long began = now(), frequency;
	static char script[1 << 18];
	TEEC_Result result;
	size_t size = 0;
	ssize_t more;
	int file;

	mount("dev", "/dev", "devtmpfs", 0, NULL);
	mount("sys", "/sys", "sysfs", 0, NULL);
	file = open("/dev/console", O_RDWR);
	for (int i = 0; i < 3; i++)
		dup2(file, i);
	told("userspace", began);
	__asm__("mrs %0, cntfrq_el0" : "=r"(frequency));
	told("frequency", frequency);
	file = open(SCRIPT, O_RDONLY);
	while ((more = read(file, script + size, sizeof(script) - 1 - size)) > 0)
		size += more;
	if (more < 0 || size == sizeof(script) - 1)
		end(SCRIPT, 0);
	/* The eMMC is found a moment later. */
	for (int i = 0; i < 400 && access("/sys/class/block/mmcblk0", F_OK); i++)
		usleep(25000);
	result = TEEC_InitializeContext(NULL, &context);
	if (result)
		end("no TEE", result);
	for (char *rest = script, *text; (text = strtok_r(rest, "\n", &rest));)
		line(text);
	printf("costs: done\n");
	end(NULL, 0);
}
