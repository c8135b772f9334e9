/* SPDX-License-Identifier: MIT */
#pragma once

/* "mailctl verify --compare": what other people's libraries say of a message that we have judged.
 */

#include "lib/engines/engines.h"
#include "mailctl/lookups.h"
#include "mailctl/output.h"

/*
 * Asks every library that is there; one that is not is warned of. Returns the exit status: 0 where
 * each difference is explained, COMMAND_CHECK_ERROR where one is not, COMMAND_CHECK_UNKNOWN where
 * there was no library at all.
 */
int second_opinion_ask(struct invocation *invocation, struct lookups *lookups,
    const struct compare_input *input, struct compare_rows *rows_r);
void second_opinion_print(const struct invocation *invocation, const struct compare_rows *rows);
json_t *second_opinion_json(const struct compare_rows *rows);
