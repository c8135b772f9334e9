/* SPDX-License-Identifier: MIT */
#pragma once

/* The rights to send that a user is declared to have: two lists, of which either may be missing. */

#include "lib/store/send-as.h"
#include "mailctl/declare.h"

/* Of one user; more is a mistake. */
#define DECLARE_RIGHTS_MAX 1000

struct declare_rights {
    struct send_as_list before;
    struct declare_right_list {
        const struct text *addresses; /* in the form of the directory */
        size_t count;
        bool is_set; /* and not as it was */
    } full, on_behalf;
};

/* What the user at hand has. Each of these: false where the complaint was made. */
bool declare_rights_find(struct declare *declare, struct declare_rights *rights_r);
/* A field: list is one of the two of rights. */
bool declare_rights_read(struct declare *declare, const char *key, const json_t *value,
    const struct declare_rights *rights, struct declare_right_list *list);
bool declare_rights_write(struct declare *declare, const struct declare_rights *rights);
