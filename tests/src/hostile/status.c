#include "status.h"

static const unsigned char status_request[] = { 6 };

static uint64_t varint(const unsigned char **at)
{
	uint64_t value = 0;

	for (unsigned int shift = 0; shift < 64; shift += 7) {
		value |= (uint64_t)(**at & 0x7f) << shift;
		if (!(*(*at)++ & 0x80))
			break;
	}
	return value;
}

uint64_t status_sequence(const struct caller *caller)
{
	struct answer answer = caller_call(caller, status_request, sizeof(status_request));
	const unsigned char *at = caller->reply.bytes;

	/* Status: state, detail, device?, uptime, enrolment?: see docs/protocol.md, 13. */
	if (answer.error || answer.result || *at++ != 4)
		return UINT64_MAX;
	varint(&at);
	varint(&at);
	at += *at ? 33 : 1;
	varint(&at);
	if (!*at++)
		return UINT64_MAX;
	/* Voucher digest, lender, escrow?, then it. */
	at += 32 + 4;
	at += *at ? 5 : 1;
	return varint(&at);
}
