/* Commands, sessions, logins and counts of parameters that do not exist. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kinds.h"

static void commands(const struct caller *caller)
{
	struct tee_ioctl_param of_state[PARAMETERS] = {
		{ .attr = TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_OUTPUT },
		{ .attr = TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_OUTPUT },
	};
	struct tee_ioctl_param of_call[PARAMETERS] = {
		tee_memref(TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INPUT, &caller->request, 0, 1),
		tee_memref(TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_OUTPUT, &caller->reply, 0, REPLY),
	};

	for (uint64_t n = 0; n < 512; n++) {
		/* 0 and the first 64 after the last; around each power of two; any. */
		uint32_t command = n < 66 ? n : n < 130 ? (1ull << (n - 66) / 2) - 1 + n % 2 : random_word();

		if (command == COMMAND_STATE || command == COMMAND_CALL)
			continue;
		for (int which = 0; which < 2; which++) {
			struct answer answer = tee_invoke(caller->device, caller->session, command,
							  which ? of_call : of_state, PARAMETERS);

			if (answer.error || answer.result != NOT_SUPPORTED)
				wrong("command %u: errno %d, result 0x%08x", command, answer.error, answer.result);
			watch("command %u", command);
		}
	}
	tally("no-such-command");
}

/* Fewer and more parameters than four; with more than this the kernel refuses. */
#define MOST_PARAMETERS 6

static void counts(const struct caller *caller)
{
	struct tee_ioctl_param parameters[30];

	for (uint32_t count = 0; count <= 30; count++)
		for (uint32_t command = 0; command <= COMMAND_CALL + 1; command++) {
			uint32_t due = count > PARAMETERS ? BAD_PARAMETERS :
				       command == COMMAND_STATE || command == COMMAND_CALL ?
				       count < 2 ? BAD_PARAMETERS : 0 : NOT_SUPPORTED;
			struct answer answer;

			memset(parameters, 0, sizeof(parameters));
			parameters[0] = command == COMMAND_CALL ?
				tee_memref(TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INPUT, &caller->request, 0, 1) :
				(struct tee_ioctl_param){ .attr = TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_OUTPUT };
			parameters[1] = command == COMMAND_CALL ?
				tee_memref(TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_OUTPUT, &caller->reply, 0, REPLY) :
				(struct tee_ioctl_param){ .attr = TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_OUTPUT };
			answer = tee_invoke(caller->device, caller->session, command, parameters, count);
			if (count > MOST_PARAMETERS ? answer.error != EINVAL : answer.error || answer.result != due)
				wrong("command %u with %u parameters: errno %d, result 0x%08x", command, count,
				      answer.error, answer.result);
			watch("command %u with %u parameters", command, count);
		}
	tally("parameter-counts");
}

static void sessions(const struct caller *caller)
{
	struct caller other = caller_open(), mixed = *caller;
	uint32_t closed = tee_session(caller->device);

	tee_close(caller->device, closed);
	for (unsigned int n = 0; n < 200; n++) {
		/* Another descriptor's, one that is closed, and any. */
		mixed.session = n == 0 ? other.session : n == 1 ? closed : n < 64 ? n + 1000 : random_word();
		if (caller_state(&mixed).error != EINVAL)
			wrong("STATE of session %u, which is not ours", mixed.session);
		watch("STATE of session %u, which is not ours", mixed.session);
		if (tee_close(mixed.device, mixed.session) != EINVAL)
			wrong("closed session %u, which is not ours", mixed.session);
		watch("closing session %u, which is not ours", mixed.session);
		if (tee_cancel(mixed.device, mixed.session, n) != EINVAL)
			wrong("cancelled in session %u, which is not ours", mixed.session);
		watch("cancelling in session %u, which is not ours", mixed.session);
	}
	if (caller_state(&other).error || caller_state(&other).result)
		wrong("the other's session was closed");
	close(other.device);
	tally("sessions-of-others");
}

static void logins(const struct caller *caller)
{
	for (uint32_t n = 0; n < 64; n++) {
		uint32_t login = n < 16 ? n : n < 32 ? TEE_IOCTL_LOGIN_REE_KERNEL_MIN + n - 16 :
				 n < 48 ? TEE_IOCTL_LOGIN_REE_KERNEL_MAX - (n - 32) : random_word();
		uint32_t session;
		struct answer answer = tee_open(caller->device, login, NULL, 0, &session);
		int known = login == TEE_IOCTL_LOGIN_PUBLIC || login == TEE_IOCTL_LOGIN_USER ||
			    login == TEE_IOCTL_LOGIN_GROUP;

		/* The lock asks nobody who they are; other logins the kernel refuses. */
		if (known ? answer.error || answer.result : !answer.error)
			wrong("login 0x%x: errno %d, result 0x%08x", login, answer.error, answer.result);
		if (known)
			tee_close(caller->device, session);
		watch("login 0x%x", login);
	}
	tally("logins");
}

/* The device's other requests, and their arguments, at random. */
static void requests(const struct caller *caller)
{
	for (unsigned int n = 0; n < 400; n++) {
		unsigned char noise[64];
		unsigned int number = n % 12;
		struct tee_ioctl_buf_data data = { (uintptr_t)noise, random_below(sizeof(noise)) };

		for (size_t i = 0; i < sizeof(noise); i++)
			noise[i] = random_word() >> 32;
		if (n % 3 == 0)
			data.buf_ptr = random_word();
		if (n % 5 == 0)
			data.buf_len = random_word();
		ioctl(caller->device, _IOWR(TEE_IOC_MAGIC, TEE_IOC_BASE + number, data), &data);
		ioctl(caller->device, _IOR(TEE_IOC_MAGIC, TEE_IOC_BASE + number, data), &data);
		watch("request %u of the device", number);
	}
	tally("requests-of-the-device");
}

void nonsense(void)
{
	struct caller caller = caller_open();

	commands(&caller);
	counts(&caller);
	sessions(&caller);
	logins(&caller);
	requests(&caller);
}
