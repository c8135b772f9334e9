/* SPDX-License-Identifier: MIT */

/* Dovecot: whether its configuration can be read, uses us, and suits its version. */

#include <unistd.h>

#include "mailctl/program.h"
#include "mailctl/status.h"

static bool contains(struct text text, const char *needle)
{
    return text_find_text(text, text_from_string(needle)) < text.len;
}

/* False where there is no Dovecot, or it does not say what it has. */
static bool read_configuration(struct status *status, struct text *printed_r)
{
    static const char *const argv[] = {"doveconf", "-n", NULL};
    struct failure failure;
    enum err err;

    if (!program_exists("doveconf")) {
        status_say(
            status, STATUS_WARNING, "apt-get install dovecot-imapd", "there is no Dovecot here");
        return false;
    }
    err = program_succeed(argv, STATUS_PROGRAM_MS, status->arena, printed_r, &failure);
    if (err == ERR_NONE)
        return true;
    if (!status->is_root)
        status_say(status, STATUS_UNKNOWN, "sudo mailctl status", "%s", failure.text);
    else
        status_say(status, STATUS_ERROR, "doveconf -n", "%s", failure.text);
    return false;
}

static void check_settings(struct status *status)
{
    struct text printed = TEXT_NONE;

    if (read_configuration(status, &printed) && !contains(printed, "gatepost"))
        status_say(status, STATUS_WARNING, NULL, "Dovecot does not ask Gatepost about users");
}

static const struct status_check checks[] = {
    {"settings", check_settings, "mailctl attach dovecot"},
};

const struct status_group status_dovecot = {"dovecot", checks, sizeof checks / sizeof *checks};
