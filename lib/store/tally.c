/* SPDX-License-Identifier: MIT */
#include "lib/store/tally.h"

#include "lib/store/statement.h"

/* Revoked keys and the like count, too: the rows that are there. */
static const struct {
    const char *noun, *query;
} things[STORE_KIND_COUNT][TALLY_MAX] = {
    [STORE_DIRECTORY] = {{"domains", "SELECT count(*) FROM domain"},
                         {"users", "SELECT count(*) FROM mail_user"}, {"aliases", "SELECT count(*) FROM alias"}},
    [STORE_CREDENTIALS] = {{"passwords", "SELECT count(*) FROM credential"},
                         {"app passwords", "SELECT count(*) FROM app_password"}},
    [STORE_KEYS] = {{"keys", "SELECT count(*) FROM dkim_key"}},
    [STORE_SRS] = {{"secrets", "SELECT count(*) FROM srs_secret"}                                               },
};

enum err tally_take(struct store *store, enum store_kind kind, struct tally *tally_r)
{
    struct tally tally = {.count = 0};

    for (size_t i = 0; i < TALLY_MAX && things[kind][i].noun != NULL; i++) {
        struct statement *st = statement_start(store, things[kind][i].query);
        enum err err;

        tally.items[i].noun = things[kind][i].noun;
        if (statement_step(st) == ERR_NONE)
            tally.items[i].count = statement_number(st, 0);
        err = statement_finish(st);
        if (err != ERR_NONE)
            return err;
        tally.count++;
    }
    *tally_r = tally;
    return ERR_NONE;
}
