/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One question to libopendmarc. Apart from libopendmarc.h since the library's header has names for
 * its own that are also ours. Any thread, once it is open.
 */

#include <stddef.h>

#include "lib/base/error.h"

/* The library looks up nothing: it is given the record. */
struct libopendmarc_case {
    const char *author_domain;
    const char *record;
    const char *policy_domain;       /* where it stands, above the author domain; NULL: there */
    const char *spf_domain;          /* of an SPF pass; NULL: none */
    const char *const *dkim_domains; /* of passing signatures */
    size_t dkim_domain_count;
};

enum libopendmarc_word {
    LIBOPENDMARC_PASS,
    LIBOPENDMARC_NONE, /* the policy of a fail */
    LIBOPENDMARC_QUARANTINE,
    LIBOPENDMARC_REJECT,
    LIBOPENDMARC_UNREAD /* the record, or a domain, is malformed to it */
};

enum err libopendmarc_open(struct failure *failure);
enum libopendmarc_word libopendmarc_call(const struct libopendmarc_case *asked);
