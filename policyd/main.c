/* SPDX-License-Identifier: MIT */

/* gatepost-policyd: what the daemon skeleton has to know of us. The way of a request: policyd.h. */

#include "policyd/policyd.h"
#include "policyd/words.h"

static const char *address_of(const struct settings *settings)
{
    return settings->policyd.listen;
}

static const char *user_of(const struct settings *settings)
{
    return settings->policyd.user;
}

static int64_t drain_ms_of(const struct settings *settings)
{
    return settings->policyd.drain_ms;
}

static const struct service_socket sockets[] = {
    {.name = "policy", .setting = "policyd.listen", .address = address_of, .mode = 0660},
};

int main(int argc, char **argv)
{
    const struct service_program program = {
        .name = "gatepost-policyd",
        .summary = "Limits how much each user sends, as a policy service of Postfix.",
        .control = "policyd",
        .user_setting = "policyd.user",
        .user = user_of,
        .drain_ms = drain_ms_of,
        .sockets = sockets,
        .socket_count = sizeof sockets / sizeof *sockets,
        .words = policyd_words,
        .word_count = policyd_word_count,
        .start = policyd_start,
        .reload = policyd_reload,
        .drain = policyd_drain,
        .stop = policyd_stop,
    };

    return service_run(&program, argc, argv);
}
