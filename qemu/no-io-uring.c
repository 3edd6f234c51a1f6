/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preloaded into QEMU, so that its main loop waits with poll() instead of
 * io_uring, as it does on hosts that do not allow io_uring.
 *
 * A precaution, not a proven cure: with QEMU 11.1 on a loaded host a few boots
 * stood still in /init, the guest idle with its timer armed but not firing.
 * The main loop is suspected; the hang could not be brought about again often
 * enough to tell, with or without this.
 */

#define ENOSYS 38

int io_uring_queue_init(void);
int io_uring_queue_init(void)
{
	return -ENOSYS;
}

int io_uring_queue_init_params(void);
int io_uring_queue_init_params(void)
{
	return -ENOSYS;
}
