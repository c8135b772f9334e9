/* SPDX-License-Identifier: MIT */
#include "lib/mailauth/key-record.h"

#include "lib/mailauth/taglist.h"

/* True where a colon-separated list has that word. */
static bool list_has(const struct text *list, struct text word)
{
    struct text rest = *list, item;

    while (text_split(&rest, ':', &item))
        if (text_equals_nocase(text_trim(item), word))
            return true;
    return false;
}

/* v= may be missing; where it stands, it stands first and is DKIM1. */
static bool version_is_good(const struct taglist *tags)
{
    const struct text *version = taglist_find(tags, "v");

    return version == NULL ||
           (version == &tags->tags[0].value && text_equals(*version, TEXT("DKIM1")));
}

static bool read_algorithm(const struct taglist *tags, enum key_algorithm *algorithm_r)
{
    const struct text *kind = taglist_find(tags, "k");

    if (kind == NULL || text_equals_nocase(*kind, TEXT("rsa")))
        *algorithm_r = KEY_RSA;
    else if (text_equals_nocase(*kind, TEXT("ed25519")))
        *algorithm_r = KEY_ED25519;
    else
        return false;
    return true;
}

/* h= without sha256 and s= without e-mail make a key of no use to us. */
static bool is_suited(const struct taglist *tags)
{
    const struct text *hashes = taglist_find(tags, "h");
    const struct text *services = taglist_find(tags, "s");

    if (hashes != NULL && !list_has(hashes, TEXT("sha256")))
        return false;
    return services == NULL || list_has(services, TEXT("*")) || list_has(services, TEXT("email"));
}

enum key_status key_record_parse(struct text text, struct arena *arena, struct key_record *record_r)
{
    struct taglist tags;
    const struct text *data, *flags;
    struct key_record record = {.algorithm = KEY_RSA};

    if (taglist_parse(text, KEY_RECORD_TAGS_MAX, arena, &tags) != TAGLIST_OK ||
        !version_is_good(&tags))
        return KEY_MALFORMED;
    data = taglist_find(&tags, "p");
    if (data == NULL)
        return KEY_MALFORMED;
    if (data->len == 0)
        return KEY_REVOKED;
    if (!is_suited(&tags) || !read_algorithm(&tags, &record.algorithm))
        return KEY_UNSUITED;
    flags = taglist_find(&tags, "t");
    record.data = *data;
    record.is_testing = flags != NULL && list_has(flags, TEXT("y"));
    record.is_strict = flags != NULL && list_has(flags, TEXT("s"));
    *record_r = record;
    return KEY_OK;
}
