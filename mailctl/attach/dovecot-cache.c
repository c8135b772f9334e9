/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/dovecot-cache.h"

#include <unistd.h>

#include "mailctl/attach/dovecot-conf.h"
#include "mailctl/program.h"

#define MASTER_PID "/run/dovecot/master.pid"
#define FORGET_TIMEOUT_MS ((int64_t)10000)
#define DONE "cache entries flushed"
#define COMPLAINT "Error: "

/* The first thing that doveadm complains of. */
static bool find_complaint(struct text errors, struct text *complaint_r)
{
    struct text line;

    while (errors.len != 0 && text_split(&errors, '\n', &line)) {
        size_t at = text_find_text(line, TEXT(COMPLAINT));

        if (at < line.len) {
            *complaint_r = text_trim(text_skip(line, at + sizeof COMPLAINT - 1));
            return true;
        }
    }
    return false;
}

/* Where it cannot connect it complains, counts no entries, and ends with 0 all the same. */
static enum err flush(const char *const *argv, struct arena *arena, struct failure *failure)
{
    struct program_result result;
    struct text complaint;
    enum err err = program_run(argv, FORGET_TIMEOUT_MS, arena, &result, failure);

    if (err != ERR_NONE)
        return err;
    if (find_complaint(result.errors, &complaint))
        return failure_set(failure, ERR_REFUSED, "%.*s", TEXT_ARGS(complaint));
    if (result.status != 0 || text_find_text(result.output, TEXT(DONE)) >= result.output.len)
        return failure_set(failure, ERR_REFUSED, "%s ended with %d", argv[0], result.status);
    return ERR_NONE;
}

void dovecot_cache_forget(struct invocation *invocation, struct text address)
{
    const char *user = arena_copy_string(invocation->arena, address);
    /* An address may begin with "-". */
    const char *const argv[] = {
        "doveadm", "auth", "cache", "flush", "--", address.len != 0 ? user : NULL, NULL};
    struct failure failure;

    /* Without our file Dovecot knows none of our users; one that does not run remembers nothing. */
    if (invocation->dry_run || !dovecot_conf_is_there() || access(MASTER_PID, F_OK) != 0)
        return;
    if (flush(argv, invocation->arena, &failure) != ERR_NONE)
        (void)invocation_complain(invocation, EX_TEMPFAIL,
            "Dovecot may remember earlier logins: run \"doveadm auth cache flush\" (%s)",
            failure.text);
}
