// SPDX-License-Identifier: GPL-2.0+
/*
 * Ask the Paylatch TA for the lock's state. Whatever goes wrong on the way is
 * told apart from an answer: to the boot flow it means locked.
 */

#include <command.h>
#include <errno.h>
#include <tee.h>
#include <linux/string.h>

#include "paylatch_state.h"

/* struct tee_optee_ta_uuid in the byte order that a session is opened with */
static void uuid_octets(u8 out[TEE_UUID_LEN])
{
	const struct tee_optee_ta_uuid uuid = PAYLATCH_TA_UUID;

	tee_optee_ta_uuid_to_octets(out, &uuid);
}

static int paylatch_state(struct tee_param param[2], u32 *error)
{
	struct tee_open_session_arg session;
	struct tee_invoke_arg invoke;
	struct udevice *tee;
	int rc;

	*error = TEE_ERROR_GENERIC;
	tee = tee_find_device(NULL, NULL, NULL, NULL);
	if (!tee)
		return -ENODEV;

	memset(&session, 0, sizeof(session));
	uuid_octets(session.uuid);
	rc = tee_open_session(tee, &session, 0, NULL);
	if (rc)
		return rc;
	if (session.ret) {
		*error = session.ret;
		return -EIO;
	}

	memset(&invoke, 0, sizeof(invoke));
	invoke.func = PAYLATCH_COMMAND_STATE;
	invoke.session = session.session;
	memset(param, 0, 2 * sizeof(*param));
	param[0].attr = TEE_PARAM_ATTR_TYPE_VALUE_OUTPUT;
	param[1].attr = TEE_PARAM_ATTR_TYPE_VALUE_OUTPUT;
	rc = tee_invoke_func(tee, &invoke, 2, param);
	if (!rc && invoke.ret) {
		*error = invoke.ret;
		rc = -EIO;
	}
	tee_close_session(tee, session.session);

	return rc;
}

static int do_status(struct cmd_tbl *cmdtp, int flag, int argc,
		     char *const argv[])
{
	struct tee_param param[2];
	u32 error;
	int rc;

	rc = paylatch_state(param, &error);
	if (rc) {
		printf("paylatch: error 0x%08x (treated as locked)\n",
		       rc == -EIO ? error : (u32)rc);
		return CMD_RET_FAILURE;
	}
	printf("paylatch: state 0x%08x detail 0x%08x seconds %u flags 0x%08x\n",
	       (u32)param[0].u.value.a, (u32)param[0].u.value.b,
	       (u32)param[1].u.value.a, (u32)param[1].u.value.b);

	return CMD_RET_SUCCESS;
}

U_BOOT_LONGHELP(paylatch,
	"status - ask the TA for the lock's state");

U_BOOT_CMD_WITH_SUBCMDS(paylatch, "Paylatch, the lock", paylatch_help_text,
	U_BOOT_SUBCMD_MKENT(status, 1, 1, do_status));
