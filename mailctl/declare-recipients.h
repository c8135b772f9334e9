/* SPDX-License-Identifier: MIT */
#pragma once

/* The list of recipients that a relay is declared to have; an empty one is none. */

#include "lib/store/relay-recipient.h"
#include "mailctl/declare.h"

/* Of one domain; more is a mistake. */
#define DECLARE_RECIPIENTS_MAX 100000

struct declare_recipients {
    struct relay_recipient_list before;
    const struct text *addresses; /* in the form of the directory and its order, each once */
    size_t count;
    bool is_set; /* and not as it was */
};

/* What the domain at hand has. Each of these: false where the complaint was made. */
bool declare_recipients_find(struct declare *declare, struct declare_recipients *recipients_r);
bool declare_recipients_read(struct declare *declare, const char *key, const json_t *value,
    struct declare_recipients *recipients);
/* Those that go, before the domain may become something else; and those that come, after it. */
bool declare_recipients_take_away(
    struct declare *declare, const struct declare_recipients *recipients);
bool declare_recipients_give(struct declare *declare, const struct declare_recipients *recipients);
