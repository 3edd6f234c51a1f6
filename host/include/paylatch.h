/* SPDX-License-Identifier: Apache-2.0 */
/* Paylatch's C library. Generated from src/ffi.rs by paylatch-header. */

#ifndef PAYLATCH_H
#define PAYLATCH_H

#include <stddef.h>
#include <stdint.h>

/**
 * Done.
 */
#define PAYLATCH_OK 0

/**
 * The lock refused it.
 */
#define PAYLATCH_ERROR_REFUSED 1

/**
 * An argument is missing or too small.
 */
#define PAYLATCH_ERROR_USAGE 2

/**
 * A text is not what it must be.
 */
#define PAYLATCH_ERROR_INPUT 3

/**
 * A key can't be used.
 */
#define PAYLATCH_ERROR_KEY 4

/**
 * There is no device to talk to.
 */
#define PAYLATCH_ERROR_NO_DEVICE 5

/**
 * The device is at fault or could not store it: try again.
 */
#define PAYLATCH_ERROR_FAULT 6

/**
 * A file could not be read or written.
 */
#define PAYLATCH_ERROR_IO 7

/**
 * A connection to a lock. One thread at a time may use it.
 */
struct paylatch;

/**
 * The state, as a bootloader is told. The codes are in `paylatch_state.h`.
 */
struct paylatch_state {
  /**
   * PAYLATCH_STATE_...; anything else, 0 too, means locked.
   */
  uint32_t state;
  /**
   * PAYLATCH_REASON_... while locked, PAYLATCH_FAULT_... at a fault,
   * PAYLATCH_DETAIL_..., else 0.
   */
  uint32_t detail;
  /**
   * Seconds of use until the state changes by itself or a lock becomes
   * possible; PAYLATCH_NO_CHANGE for never.
   */
  uint32_t seconds;
  /**
   * PAYLATCH_USABLE_... in the lower half, the protocol's version in the upper.
   */
  uint32_t flags;
};

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Opens a connection: to this device's TEE, or with `simulator` not NULL to
 * the simulated phone in that file. Close it with paylatch_close.
 *
 * The caller promises:
 * `simulator` is NULL or a string that ends with a 0; `handle` points to room
 * for a pointer.
 */
int32_t paylatch_open(const char *simulator, struct paylatch **handle);

/**
 * Closes a connection. NULL is nothing to close.
 *
 * The caller promises:
 * `handle` is NULL or came from paylatch_open and was not closed yet.
 */
void paylatch_close(struct paylatch *handle);

/**
 * Asks for the state. It is cheap, and answered in every state.
 *
 * The caller promises:
 * `handle` came from paylatch_open; `state` points to a paylatch_state.
 */
int32_t paylatch_get_state(struct paylatch *handle, struct paylatch_state *state);

/**
 * Hands in a lender's message or an escrow's release, as text. What became of
 * it is written into `json`, as `paylatch --json apply` prints it; `json` may
 * be NULL. A `json` that is too small does not undo what was done: the message
 * handed in again answers that it was applied already.
 *
 * The caller promises:
 * `handle` came from paylatch_open; `message` is a string that ends with a 0;
 * `json` is NULL or room for `size` bytes.
 */
int32_t paylatch_apply(struct paylatch *handle, const char *message, char *json, size_t size);

/**
 * Tries a hotline code: twelve digits, with spaces or hyphens anywhere between
 * them. What became of it is written into `json`, as `paylatch --json code`
 * prints it; `json` may be NULL.
 *
 * The caller promises:
 * `handle` came from paylatch_open; `digits` is a string that ends with a 0;
 * `json` is NULL or room for `size` bytes.
 */
int32_t paylatch_hotline_code(struct paylatch *handle, const char *digits, char *json, size_t size);

/**
 * Writes the status into `json`, as `paylatch --json status` prints it.
 * `needed`, where it is not NULL, gets the bytes that takes, with the 0 at the
 * end. 4096 are enough.
 *
 * The caller promises:
 * `handle` came from paylatch_open; `json` is room for `size` bytes; `needed`
 * is NULL or points to a size_t.
 */
int32_t paylatch_status_json(struct paylatch *handle, char *json, size_t size, size_t *needed);

/**
 * Lets the lock see that time passes. The OS calls it every few minutes.
 *
 * The caller promises:
 * `handle` came from paylatch_open.
 */
int32_t paylatch_tick(struct paylatch *handle);

/**
 * Tells the lock of a clean shutdown.
 *
 * The caller promises:
 * `handle` came from paylatch_open.
 */
int32_t paylatch_shutdown(struct paylatch *handle);

/**
 * Writes what went wrong in this thread's last call that failed into `text`,
 * one line, cut short where `size` is too small. Gives the bytes that all of
 * it takes, with the 0 at the end.
 *
 * The caller promises:
 * `text` is NULL or room for `size` bytes.
 */
size_t paylatch_last_error(char *text, size_t size);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* PAYLATCH_H */
