/* SPDX-License-Identifier: MIT */
#include "mailctl/daemon-ask.h"

#include <sysexits.h>
#include <unistd.h>

#include "lib/service/control-client.h"

#define ANSWER_TIMEOUT_MS 10000

static int complain(
    const struct invocation *invocation, const char *daemon, const struct failure *failure)
{
    if (failure->err == ERR_ABSENT && invocation_lacks_init(invocation->settings))
        return invocation_complain(invocation, EX_TEMPFAIL,
            "gatepost-%s does not run (%s); run \"mailctl init\", then systemctl start gatepost-%s",
            daemon, failure->text, daemon);
    if (failure->err == ERR_ABSENT)
        return invocation_complain(invocation, EX_TEMPFAIL,
            "gatepost-%s does not run (%s); start it: systemctl start gatepost-%s", daemon,
            failure->text, daemon);
    if (failure->err == ERR_ACCESS || (failure->err == ERR_REFUSED && geteuid() != 0))
        return invocation_complain(
            invocation, EX_NOPERM, "gatepost-%s: %s (this needs root)", daemon, failure->text);
    return invocation_complain(invocation, EX_TEMPFAIL,
        "gatepost-%s: %s (its log says more: journalctl -t gatepost-%s)", daemon, failure->text,
        daemon);
}

int daemon_ask(
    struct invocation *invocation, const char *daemon, const char *request, struct buffer *answer)
{
    int status = EX_CONFIG;
    const struct settings *settings = invocation_settings(invocation, &status);
    struct failure failure;

    if (settings == NULL)
        return status;
    if (control_ask(settings->run_directory, daemon, request, ANSWER_TIMEOUT_MS, answer,
            &failure) != ERR_NONE)
        return complain(invocation, daemon, &failure);
    return EX_OK;
}

bool daemon_take_number(struct text *line, int64_t *number_r)
{
    struct text piece;
    uint64_t number;

    if (!text_split(line, '\t', &piece) || !text_to_number(piece, INT64_MAX, &number))
        return false;
    *number_r = (int64_t)number;
    return true;
}
