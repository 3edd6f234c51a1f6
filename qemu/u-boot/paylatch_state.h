/* SPDX-License-Identifier: BSD-2-Clause */
/* What the bootloader needs to know of the TA. */
#ifndef PAYLATCH_STATE_H
#define PAYLATCH_STATE_H

/* 7d9f3c52-6a41-4e0b-9b57-2c8e51d4a6f3 */
#define PAYLATCH_UUID { 0x7d9f3c52, 0x6a41, 0x4e0b, \
	{ 0x9b, 0x57, 0x2c, 0x8e, 0x51, 0xd4, 0xa6, 0xf3 } }

/*
 * Answers in two value outputs: a state code and its detail; seconds to the
 * next change and flags.
 */
#define PAYLATCH_CMD_STATE 1

#endif
