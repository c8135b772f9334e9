/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/dovecot-cache.h"

#include <unistd.h>

#include "mailctl/attach/dovecot-conf.h"
#include "mailctl/program.h"

#define MASTER_PID "/run/dovecot/master.pid"
#define FORGET_TIMEOUT_MS ((int64_t)10000)

void dovecot_cache_forget(struct invocation *invocation, struct text address)
{
    const char *user = arena_copy_string(invocation->arena, address);
    /* An address may begin with "-". */
    const char *const argv[] = {
        "doveadm", "auth", "cache", "flush", "--", address.len != 0 ? user : NULL, NULL};
    struct text output;
    struct failure failure;

    /* Without our file Dovecot knows none of our users; one that does not run remembers nothing. */
    if (invocation->dry_run || !dovecot_conf_is_there() || access(MASTER_PID, F_OK) != 0)
        return;
    if (program_succeed(argv, FORGET_TIMEOUT_MS, invocation->arena, &output, &failure) != ERR_NONE)
        (void)invocation_complain(invocation, EX_TEMPFAIL,
            "Dovecot may remember earlier logins: run \"doveadm auth cache flush\" (%s)",
            failure.text);
}
