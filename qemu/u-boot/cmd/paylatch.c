// SPDX-License-Identifier: GPL-2.0+
/*
 * Asks the Paylatch TA for the lock's state, tells the OS, and boots only a
 * signed FIT. Whatever is not an explicit good answer means locked.
 */

#include <blk.h>
#include <bootm.h>
#include <bootstage.h>
#include <command.h>
#include <dm/ofnode.h>
#include <errno.h>
#include <event.h>
#include <fdt_support.h>
#include <image.h>
#include <mapmem.h>
#include <part.h>
#include <sysreset.h>
#include <tee.h>
#include <asm/global_data.h>
#include <linux/delay.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "paylatch_state.h"

DECLARE_GLOBAL_DATA_PTR;

/* The last answer, or why there was none: what the OS is told */
static struct paylatch_answer {
	bool asked;
	u32 error;	/* a TEE result or a negative errno; 0: answered */
	u32 state;
	u32 detail;
	u32 seconds;
	u32 flags;
} last;

static bool paylatch_usable(const struct paylatch_answer *answer)
{
	if (!answer->asked || answer->error)
		return false;

	switch (answer->state) {
	case PAYLATCH_STATE_UNLOCKED:
	case PAYLATCH_STATE_RELEASED:
		return true;
	case PAYLATCH_STATE_UNPROVISIONED:
		return IS_ENABLED(CONFIG_PAYLATCH_FACTORY);
	default:
		return false;
	}
}

static u32 paylatch_invoke(struct udevice *tee, u32 session,
			   struct paylatch_answer *answer)
{
	struct tee_invoke_arg invoke = {
		.func = PAYLATCH_COMMAND_STATE,
		.session = session,
	};
	/* 0 is no state: an output that is not written means nothing good */
	struct tee_param param[2] = {
		{ .attr = TEE_PARAM_ATTR_TYPE_VALUE_OUTPUT },
		{ .attr = TEE_PARAM_ATTR_TYPE_VALUE_OUTPUT },
	};
	int rc = tee_invoke_func(tee, &invoke, ARRAY_SIZE(param), param);

	if (rc)
		return rc;
	if (invoke.ret)
		return invoke.ret;

	answer->state = param[0].u.value.a;
	answer->detail = param[0].u.value.b;
	answer->seconds = param[1].u.value.a;
	answer->flags = param[1].u.value.b;

	return 0;
}

static u32 paylatch_open_and_invoke(struct paylatch_answer *answer)
{
	const struct tee_optee_ta_uuid uuid = PAYLATCH_TA_UUID;
	struct tee_open_session_arg session = { };
	struct udevice *tee = tee_find_device(NULL, NULL, NULL, NULL);
	u32 error;
	int rc;

	if (!tee)
		return -ENODEV;

	tee_optee_ta_uuid_to_octets(session.uuid, &uuid);
	rc = tee_open_session(tee, &session, 0, NULL);
	if (rc)
		return rc;
	if (session.ret)
		return session.ret;

	error = paylatch_invoke(tee, session.session, answer);
	tee_close_session(tee, session.session);

	return error;
}

static void paylatch_ask(void)
{
	struct paylatch_answer answer = { .asked = true };

	bootstage_start(BOOTSTAGE_ID_USER, "paylatch");
	answer.error = paylatch_open_and_invoke(&answer);
	bootstage_accum(BOOTSTAGE_ID_USER);
	last = answer;

	if (last.error)
		printf("paylatch: error 0x%08x (treated as locked)\n",
		       last.error);
	else
		printf("paylatch: state 0x%08x detail 0x%08x seconds %u flags 0x%08x (%s)\n",
		       last.state, last.detail, last.seconds, last.flags,
		       paylatch_usable(&last) ? "usable" : "treated as locked");
}

/* /firmware/paylatch is ours: what the image brought along is removed */
static int paylatch_ft_fixup(void *ctx, struct event *event)
{
	void *fdt = oftree_lookup_fdt(event->data.ft_fixup.tree);
	int firmware, node, rc;

	firmware = fdt_find_or_add_subnode(fdt, 0, "firmware");
	if (firmware < 0)
		return -ENOSPC;
	node = fdt_subnode_offset(fdt, firmware, "paylatch");
	if (node >= 0)
		fdt_del_node(fdt, node);
	if (!last.asked)
		return 0;

	node = fdt_add_subnode(fdt, firmware, "paylatch");
	if (node < 0)
		return -ENOSPC;
	rc = fdt_setprop_string(fdt, node, "compatible", "paylatch,state");
	if (last.error)
		rc = rc ?: fdt_setprop_u32(fdt, node, "error", last.error);
	else
		rc = rc ?: fdt_setprop_u32(fdt, node, "state", last.state) ?:
		     fdt_setprop_u32(fdt, node, "detail", last.detail) ?:
		     fdt_setprop_u32(fdt, node, "seconds", last.seconds) ?:
		     fdt_setprop_u32(fdt, node, "flags", last.flags);
	if (!rc && paylatch_usable(&last))
		rc = fdt_setprop_empty(fdt, node, "usable");

	return rc ? -ENOSPC : 0;
}
EVENT_SPY_FULL(EVT_FT_FIXUP, paylatch_ft_fixup);

/* Without a required key, U-Boot takes every FIT for verified. */
static bool has_required_key(void)
{
	const void *fdt = gd->fdt_blob;
	int node, keys = fdt_subnode_offset(fdt, 0, FIT_SIG_NODENAME);

	if (keys < 0)
		return false;
	fdt_for_each_subnode(node, fdt, keys) {
		const char *required = fdt_getprop(fdt, node, FIT_KEY_REQUIRED,
						   NULL);

		if (required && !strcmp(required, "conf"))
			return true;
	}

	return false;
}

/*
 * The partition table and the image are whatever somebody wrote there: the
 * size is bounded before anything is read, and what was read is judged again.
 */
static int load_fit(struct blk_desc *desc, const struct disk_partition *part,
		    ulong addr)
{
	void *fit = map_sysmem(addr, CONFIG_PAYLATCH_FIT_MAX_SIZE);
	u64 room = min_t(u64, (u64)part->size * part->blksz,
			 CONFIG_PAYLATCH_FIT_MAX_SIZE);
	lbaint_t blocks;
	u32 size;

	if (room < part->blksz || blk_dread(desc, part->start, 1, fit) != 1)
		return -EIO;
	if (fdt_check_header(fit))
		return -ENOEXEC;
	size = fdt_totalsize(fit);
	if (size > room)
		return -EFBIG;
	blocks = DIV_ROUND_UP(size, part->blksz);
	if (blk_dread(desc, part->start, blocks, fit) != blocks)
		return -EIO;
	if (fdt_check_header(fit) || fdt_totalsize(fit) != size ||
	    fit_check_format(fit, size))
		return -ENOEXEC;

	return 0;
}

static int verify_fit(ulong addr, const char *conf)
{
	const void *fit = map_sysmem(addr, CONFIG_PAYLATCH_FIT_MAX_SIZE);
	int node = fit_conf_get_node(fit, conf);
	int least = ofnode_conf_read_int("paylatch,rollback-index", 0);
	const fdt32_t *index;
	int len;

	if (node < 0)
		return -ENOENT;
	if (fit_config_verify(fit, node))
		return -EPERM;
	index = fdt_getprop(fit, node, "rollback-index", &len);
	if (least && (!index || len != sizeof(*index) ||
		      fdt32_to_cpu(*index) < (u32)least))
		return -ESTALE;

	return 0;
}

static const char *why(int error)
{
	switch (error) {
	case -ENODEV:
		return "no such storage or partition";
	case -EIO:
		return "the storage can't be read";
	case -ENOEXEC:
		return "what is there is no FIT";
	case -EFBIG:
		return "the FIT is larger than allowed or than its partition";
	case -ENOENT:
		return "the FIT has no such configuration";
	case -EPERM:
		return "the signature is not good";
	case -ESTALE:
		return "the system is older than the oldest allowed";
	case -ENOKEY:
		return "there is no required key in U-Boot";
	default:
		return "starting it failed";
	}
}

/* Only returns with an error. */
static int paylatch_boot(const char *interface, const char *part_name,
			 const char *image)
{
	struct disk_partition part;
	struct bootm_info bootm;
	struct blk_desc *desc;
	char *conf;
	ulong addr;
	int rc;

	/* This also finds the eMMC, by which OP-TEE reaches its RPMB. */
	rc = part_get_info_by_dev_and_name_or_num(interface, part_name, &desc,
						  &part, false);
	paylatch_ask();
	if (rc < 0)
		return -ENODEV;
	if (!has_required_key())
		return -ENOKEY;

	addr = hextoul(image, &conf);
	if (*conf != '#')
		return -ENOENT;
	rc = load_fit(desc, &part, addr) ?: verify_fit(addr, conf + 1);
	if (rc)
		return rc;

	/* It verifies the configuration, and each image's digest. */
	bootm_init(&bootm);
	bootm.addr_img = image;
	bootm.cmd_name = "paylatch boot";
	bootm.boot_progress = true;
	bootm_run(&bootm);

	return -EACCES;
}

static int do_boot(struct cmd_tbl *cmdtp, int flag, int argc,
		   char *const argv[])
{
	int rc;

	if (argc != 4)
		return CMD_RET_USAGE;
	rc = paylatch_boot(argv[1], argv[2], argv[3]);
	printf("paylatch: not booted: %s (%d)\n", why(rc), rc);
	if (!IS_ENABLED(CONFIG_PAYLATCH_BOOT_ONLY))
		return CMD_RET_FAILURE;

	printf("\nThis phone can't start: its system is missing or is not the maker's.\n"
	       "Nothing on it was changed or erased. Its maker or shop can put the\n"
	       "system back.\n");
	sysreset_walk(SYSRESET_POWER_OFF);
	mdelay(1000);
	hang();
}

static int do_status(struct cmd_tbl *cmdtp, int flag, int argc,
		     char *const argv[])
{
	paylatch_ask();

	return paylatch_usable(&last) ? CMD_RET_SUCCESS : CMD_RET_FAILURE;
}

U_BOOT_LONGHELP(paylatch,
	"status - ask for the lock's state; true if the phone may be used\n"
	"paylatch boot <interface> <dev>#<partition> <addr>#<conf>\n"
	"       - ask, tell the OS, and boot this configuration of the signed\n"
	"         FIT in the partition, read to <addr>");

U_BOOT_CMD_WITH_SUBCMDS(paylatch, "Paylatch, the lock", paylatch_help_text,
	U_BOOT_SUBCMD_MKENT(status, 1, 1, do_status),
	U_BOOT_SUBCMD_MKENT(boot, 4, 0, do_boot));
