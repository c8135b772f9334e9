/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A list in the DNS is asked, and what it says becomes findings (RFC 5782). A list is believed once
 * its own entries for tests say that it works. Many answer to a resolver that they do not like with
 * an address of its own, which is no listing. What the DNS says comes from a table of answers:
 * where one is missing it has been noted, and is_waiting is set.
 */

#include "lib/dns/answers.h"
#include "mailctl/finding.h"

struct blocklist_asking {
    struct text zone;   /* the list */
    bool is_of_domains; /* else of addresses */
    bool is_mute;       /* what is wrong with the list itself is told elsewhere */
    struct answers *answers;
    struct arena *arena;
    struct findings *findings;
    bool is_waiting;
};

/* True where its entries for tests are as they should be. Else that is told, or waited for. */
bool blocklist_works(struct blocklist_asking *asking);
/*
 * Whether it has nothing under that name of the DNS; shown: whom it stands for. False too where it
 * could not be told. Both are told.
 */
bool blocklist_is_clean(struct blocklist_asking *asking, struct text name, struct text shown);
