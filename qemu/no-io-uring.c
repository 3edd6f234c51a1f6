/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preloaded into QEMU, so that its main loop waits with poll() instead of
 * io_uring, as it does on hosts that do not allow io_uring. On a loaded host
 * QEMU 11.1's io_uring loop now and then misses that a timer was set: the
 * guest then stands still until something else wakes the loop.
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
