/* SPDX-License-Identifier: MIT */
#include "mailctl/store-owners.h"

const char *store_directory_of(enum store_kind kind, const struct settings *settings)
{
    return kind == STORE_LIMITS ? settings_limits_directory(settings) : settings->state_directory;
}

struct store_owner store_owners_of(enum store_kind kind, const struct settings *settings)
{
    switch (kind) {
    case STORE_DIRECTORY:
        return (struct store_owner){.group = settings->group};
    case STORE_CREDENTIALS:
    case STORE_GUARD:
        return (struct store_owner){.user = settings->authd.user};
    case STORE_KEYS:
    case STORE_SEEN:
        return (struct store_owner){.user = settings->milter.user};
    case STORE_SRS:
        return (struct store_owner){.group = settings->srs.group};
    case STORE_LIMITS:
        return (struct store_owner){.user = settings->policyd.user};
    case STORE_KIND_COUNT:
        break;
    }
    return (struct store_owner){NULL, NULL};
}
