/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Tag lists "a=b; c=d" (RFC 6376 §3.2), shared by DKIM signatures, key records and DMARC records.
 * A pure parser: names and values point into the input. Any thread.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/text.h"

struct tag {
    struct text name;  /* as written, case kept */
    struct text value; /* blanks and folding at both ends removed, those inside kept */
};

struct taglist {
    const struct tag *tags; /* in the order of the input */
    size_t count;
};

enum taglist_status {
    TAGLIST_OK,
    TAGLIST_SYNTAX,    /* a piece without "=", or with an illegal name or value */
    TAGLIST_DUPLICATE, /* the same name twice: the whole list is invalid */
    TAGLIST_TOO_MANY
};

/* At most max tags. On anything but TAGLIST_OK nothing is written. */
enum taglist_status taglist_parse(
    struct text text, size_t max, struct arena *arena, struct taglist *list_r);
/*
 * The forgiving reading that DMARC records want (RFC 9989 §4.7): malformed pieces are dropped,
 * of duplicates the list remains invalid.
 */
enum taglist_status taglist_parse_forgiving(
    struct text text, size_t max, struct arena *arena, struct taglist *list_r);
/* Exact name; NULL where there is no such tag. */
const struct text *taglist_find(const struct taglist *list, const char *name);
