#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tee.h"

/* More parameters than a call can have: what fits in the kernel's limit. */
#define ROOM 30

static void must(int good, const char *what)
{
	if (good)
		return;
	printf("@wrong %s: %s\n", what, strerror(errno));
	exit(1);
}

int tee_device(void)
{
	int device = open("/dev/tee0", O_RDWR | O_CLOEXEC);

	must(device >= 0, "/dev/tee0");
	return device;
}

struct memory tee_memory(int device, size_t size)
{
	struct tee_ioctl_shm_alloc_data data = { .size = size };
	struct memory memory = { .size = size };

	memory.fd = ioctl(device, TEE_IOC_SHM_ALLOC, &data);
	must(memory.fd >= 0, "shared memory");
	memory.id = data.id;
	memory.bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, memory.fd, 0);
	must(memory.bytes != MAP_FAILED, "mapping shared memory");
	return memory;
}

struct memory tee_share(int device, size_t size)
{
	struct tee_ioctl_shm_register_data data = { .length = size };
	struct memory memory = { .size = size };
	void *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	must(bytes != MAP_FAILED, "memory");
	data.addr = (uintptr_t)bytes;
	memory.fd = ioctl(device, TEE_IOC_SHM_REGISTER, &data);
	if (memory.fd < 0) {
		int error = errno;

		munmap(bytes, size);
		errno = error;
		return memory;
	}
	memory.id = data.id;
	memory.bytes = bytes;
	return memory;
}

void tee_drop(struct memory *memory)
{
	if (!memory->bytes)
		return;
	munmap(memory->bytes, memory->size);
	close(memory->fd);
	memory->bytes = NULL;
}

struct tee_ioctl_param tee_none(void)
{
	return (struct tee_ioctl_param){ .attr = TEE_IOCTL_PARAM_ATTR_TYPE_NONE };
}

struct tee_ioctl_param tee_memref(uint64_t type, const struct memory *memory, uint64_t offset,
				  uint64_t size)
{
	return (struct tee_ioctl_param){ .attr = type, .a = offset, .b = size, .c = memory->id };
}

struct answer tee_open(int device, uint32_t login, const struct tee_ioctl_param *parameters,
		       uint32_t count, uint32_t *session)
{
	static const unsigned char lock[] = { UUID };
	struct {
		struct tee_ioctl_open_session_arg arg;
		struct tee_ioctl_param parameters[ROOM];
	} call = { .arg = { .clnt_login = login, .num_params = count } };
	struct tee_ioctl_buf_data data = { (uintptr_t)&call,
		sizeof(call.arg) + count * sizeof(*parameters) };
	struct answer answer = { 0 };

	memcpy(call.arg.uuid, lock, sizeof(lock));
	if (count)
		memcpy(call.parameters, parameters, count * sizeof(*parameters));
	if (ioctl(device, TEE_IOC_OPEN_SESSION, &data))
		answer.error = errno;
	answer.result = call.arg.ret;
	answer.origin = call.arg.ret_origin;
	*session = call.arg.session;
	return answer;
}

uint32_t tee_session(int device)
{
	uint32_t session;
	struct answer answer = tee_open(device, TEE_IOCTL_LOGIN_PUBLIC, NULL, 0, &session);

	if (answer.error || answer.result) {
		printf("@wrong a plain session: errno %d, result 0x%08x\n", answer.error, answer.result);
		exit(1);
	}
	return session;
}

struct answer tee_invoke(int device, uint32_t session, uint32_t command,
			 const struct tee_ioctl_param *parameters, uint32_t count)
{
	struct {
		struct tee_ioctl_invoke_arg arg;
		struct tee_ioctl_param parameters[ROOM];
	} call = { .arg = { .func = command, .session = session, .num_params = count } };
	struct tee_ioctl_buf_data data = { (uintptr_t)&call,
		sizeof(call.arg) + count * sizeof(*parameters) };
	struct answer answer = { 0 };

	if (count)
		memcpy(call.parameters, parameters, count * sizeof(*parameters));
	if (ioctl(device, TEE_IOC_INVOKE, &data))
		answer.error = errno;
	answer.result = call.arg.ret;
	answer.origin = call.arg.ret_origin;
	memcpy(answer.parameters, call.parameters, sizeof(answer.parameters));
	return answer;
}

int tee_close(int device, uint32_t session)
{
	struct tee_ioctl_close_session_arg arg = { .session = session };

	return ioctl(device, TEE_IOC_CLOSE_SESSION, &arg) ? errno : 0;
}

int tee_cancel(int device, uint32_t session, uint32_t cancel_id)
{
	struct tee_ioctl_cancel_arg arg = { .cancel_id = cancel_id, .session = session };

	return ioctl(device, TEE_IOC_CANCEL, &arg) ? errno : 0;
}
