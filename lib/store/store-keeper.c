/* SPDX-License-Identifier: MIT */
#include "lib/store/store-keeper.h"

#include "lib/base/memory.h"

void store_keeper_init(
    struct store_keeper *keeper, const char *state_directory, enum store_kind kind)
{
    *keeper =
        (struct store_keeper){.state_directory = memory_copy_string(state_directory), .kind = kind};
}

void store_keeper_done(struct store_keeper *keeper)
{
    store_close(&keeper->store);
    memory_free(&keeper->state_directory);
}

enum err store_keeper_open(struct store_keeper *keeper, bool *is_anew_r, struct failure *failure)
{
    const char *folder = keeper->state_directory;
    struct failure why;
    bool changed;
    enum err err;

    if (keeper->store != NULL && !store_is_current(keeper->store))
        store_close(&keeper->store);
    *is_anew_r = keeper->store == NULL;
    if (keeper->store != NULL)
        return ERR_NONE;
    err = store_open(folder, keeper->kind, STORE_WRITE, &keeper->store, failure);
    if (err != ERR_ABSENT && err != ERR_OLDER)
        return err;
    /* Where it cannot be made, the first reason is the one that says what to do. */
    if (store_prepare(folder, keeper->kind, NULL, &changed, &why) != ERR_NONE)
        return err;
    return store_open(folder, keeper->kind, STORE_WRITE, &keeper->store, failure);
}

/* For the others it is only a matter of time. */
static bool may_stay_open(enum err err)
{
    return err == ERR_NONE || err == ERR_BUSY || err == ERR_LIMIT;
}

bool store_keeper_note(struct store_keeper *keeper, enum err err)
{
    unsigned failures = keeper->failures;

    if (!may_stay_open(err))
        store_close(&keeper->store);
    if (err == ERR_NONE)
        keeper->failures = 0;
    else if (failures < STORE_KEEPER_PAUSE_MAX_MS)
        keeper->failures++;
    return (failures == 0) != (err == ERR_NONE);
}

int64_t store_keeper_pause_ms(const struct store_keeper *keeper)
{
    int64_t pause_ms = keeper->failures != 0 ? STORE_KEEPER_PAUSE_MS : 0;

    for (unsigned i = 1; i < keeper->failures && pause_ms < STORE_KEEPER_PAUSE_MAX_MS; i++)
        pause_ms *= 2;
    return pause_ms < STORE_KEEPER_PAUSE_MAX_MS ? pause_ms : STORE_KEEPER_PAUSE_MAX_MS;
}
