/*
 * The TEE's device, without libteec: nothing in user space looks at what is
 * asked. The kernel still does, see types.c and sizes.c.
 */
#ifndef TEE_H
#define TEE_H

#include <stddef.h>
#include <stdint.h>
#include <linux/tee.h>

/* Result codes of GlobalPlatform's TEE APIs. */
#define EXCESS_DATA 0xffff0004
#define BAD_PARAMETERS 0xffff0006
#define NOT_SUPPORTED 0xffff000a
#define OUT_OF_MEMORY 0xffff000c
#define SHORT_BUFFER 0xffff0010
#define TARGET_DEAD 0xffff3024

#define ORIGIN_TEE 3
#define ORIGIN_APPLICATION 4

#define PARAMETERS 4

/* Shared memory. */
struct memory {
	int fd;
	uint64_t id;
	size_t size;
	unsigned char *bytes;
};

/* What came of a call: an errno of the kernel's, or the TEE's result. */
struct answer {
	int error;
	uint32_t result;
	/* Who says so: ORIGIN_TEE or ORIGIN_APPLICATION. */
	uint32_t origin;
	struct tee_ioctl_param parameters[PARAMETERS];
};

/* Opens the TEE's device, or ends the program. */
int tee_device(void);

/* Allocates shared memory, or ends the program. */
struct memory tee_memory(int device, size_t size);

/* Shares memory of our own, whole pages; bytes is NULL where that is refused. */
struct memory tee_share(int device, size_t size);

/* Gives shared memory back. */
void tee_drop(struct memory *memory);

struct tee_ioctl_param tee_none(void);
struct tee_ioctl_param tee_memref(uint64_t type, const struct memory *memory, uint64_t offset,
				  uint64_t size);

/* Opens a session with the lock. */
struct answer tee_open(int device, uint32_t login, const struct tee_ioctl_param *parameters,
		       uint32_t count, uint32_t *session);

/* Opens a plain session with the lock, or ends the program. */
uint32_t tee_session(int device);

struct answer tee_invoke(int device, uint32_t session, uint32_t command,
			 const struct tee_ioctl_param *parameters, uint32_t count);

/* 0, or an errno. */
int tee_close(int device, uint32_t session);
int tee_cancel(int device, uint32_t session, uint32_t cancel_id);

#endif
