/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a bootloader needs to ask the installment lock for its state.
 * Generated from paylatch-proto by paylatch-header.
 *
 * Invoke PAYLATCH_COMMAND_STATE with two VALUE_OUTPUT parameters, both
 * set to 0 before. First a: state. First b: detail. Second a: seconds
 * of use until the state changes by itself or a lock becomes possible.
 * Second b: PAYLATCH_USABLE bits, and the protocol's version in the
 * upper half. Whatever is neither UNLOCKED nor RELEASED, 0 and a failed
 * call too, is to be treated as locked.
 */
#ifndef PAYLATCH_STATE_H
#define PAYLATCH_STATE_H

/* The trusted application */
#define PAYLATCH_TA_UUID_TEXT "7d9f3c52-6a41-4e0b-9b57-2c8e51d4a6f3"
#define PAYLATCH_TA_UUID { 0x7d9f3c52, 0x6a41, 0x4e0b, { 0x9b, 0x57, 0x2c, 0x8e, 0x51, 0xd4, 0xa6, 0xf3 } }
#define PAYLATCH_WIRE_VERSION 1

/* Command numbers */
#define PAYLATCH_COMMAND_STATE 1
#define PAYLATCH_COMMAND_CALL 2
#define PAYLATCH_REQUEST_SIZE 3968
#define PAYLATCH_REPLY_SIZE 640

/* State: first output, a */
#define PAYLATCH_STATE_UNPROVISIONED 0x52e6b438U
#define PAYLATCH_STATE_UNLOCKED 0x269e0d37U
#define PAYLATCH_STATE_LOCKED 0x0c5c7fd0U
#define PAYLATCH_STATE_RELEASED 0x9531985dU
#define PAYLATCH_STATE_FAULT 0x6f03675aU

/* Detail: first output, b */
#define PAYLATCH_REASON_PAYMENT_OVERDUE 0x00000001U
#define PAYLATCH_REASON_REPORTED_LOST 0x00000002U
#define PAYLATCH_REASON_REPORTED_STOLEN 0x00000003U
#define PAYLATCH_REASON_AGREEMENT_BREACHED 0x00000004U
#define PAYLATCH_FAULT_STORAGE_UNAVAILABLE 0x00000001U
#define PAYLATCH_FAULT_STATE_MISSING 0x00000002U
#define PAYLATCH_FAULT_STATE_CORRUPT 0x00000003U
#define PAYLATCH_FAULT_KEYS_CORRUPT 0x00000004U
#define PAYLATCH_FAULT_OTHER_DEVICE 0x00000005U
#define PAYLATCH_FAULT_NEWER_FORMAT 0x00000006U
#define PAYLATCH_FAULT_OLD_BUILD 0x00000007U
#define PAYLATCH_FAULT_WRITE_UNCONFIRMED 0x00000008U
#define PAYLATCH_FAULT_PLATFORM 0x00000009U
#define PAYLATCH_DETAIL_UNTIL_POWER_OFF 0x00000100U
#define PAYLATCH_DETAIL_DEADLINE_PASSED 0x00000200U

/* Seconds: second output, a */
#define PAYLATCH_NO_CHANGE 0xffffffffU

/* Usable while locked: second output, b; emergency calls always are */
#define PAYLATCH_USABLE_INCOMING_CALLS 0x00000001U
#define PAYLATCH_USABLE_OUTGOING_CALLS 0x00000002U
#define PAYLATCH_USABLE_MESSAGES 0x00000004U
#define PAYLATCH_USABLE_LENDER_APP 0x00000008U
#define PAYLATCH_USABLE_CLOCK 0x00000010U
#define PAYLATCH_USABLE_HEALTH 0x00000020U

#endif /* PAYLATCH_STATE_H */
