/* SPDX-License-Identifier: MIT */
#include "mailctl/lost-databases.h"

#include "lib/store/domain.h"
#include "mailctl/store-owners.h"

/* What comes of an empty one. NULL: it fills by itself, or may have been unknown to the version
 * before this one. */
static const char *const consequences[STORE_KIND_COUNT] = {
    [STORE_DIRECTORY] = "Postfix would refuse the mail of all domains for good",
    [STORE_CREDENTIALS] = "nobody could log in",
    [STORE_KEYS] = "mail would go out unsigned",
};

/* Missing, or without content. What else is wrong with it, its opening for a purpose says. */
static bool is_absent(const struct settings *settings, enum store_kind kind)
{
    struct store *store = NULL;
    struct failure failure;
    enum err err =
        store_open(store_directory_of(kind, settings), kind, STORE_READ, &store, &failure);

    store_close(&store);
    return err == ERR_ABSENT;
}

/* The directory was in use before this moment. */
static bool is_lived_in(const struct settings *settings)
{
    struct arena *arena = arena_new();
    struct domain_list domains = {NULL, 0};
    struct store *store = NULL;
    struct failure failure;
    enum err err =
        store_open(settings->state_directory, STORE_DIRECTORY, STORE_READ, &store, &failure);

    if (err == ERR_NONE)
        (void)domain_list(store, arena, &domains);
    store_close(&store);
    arena_free(&arena);
    return err == ERR_OLDER || domains.count != 0;
}

/* From the last to the first: what another init makes meanwhile comes before what it had made. */
struct lost_databases lost_databases_find(const struct settings *settings)
{
    struct lost_databases lost = {.count = 0};
    bool was_made = is_lived_in(settings);

    for (int i = STORE_KIND_COUNT - 1; i >= 0; i--) {
        bool absent = is_absent(settings, (enum store_kind)i);

        lost.is_lost[i] = absent && was_made && consequences[i] != NULL;
        lost.count += lost.is_lost[i];
        was_made = was_made || !absent;
    }
    return lost;
}

struct text lost_databases_say(
    const struct settings *settings, enum store_kind kind, struct arena *arena)
{
    const char *name = store_kind_name(kind);

    return arena_print(arena,
        "%s/%s/%s.db: the %s database is lost, though others are there; with an empty one %s. Put "
        "%s.db back from a backup (mailctl-backup(1) says how), or have an empty one made on "
        "purpose: "
        "mailctl init --make-empty %s",
        store_directory_of(kind, settings), name, name, name, consequences[kind], name, name);
}
