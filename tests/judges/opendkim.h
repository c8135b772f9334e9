/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * libopendkim's opinion of a message's signatures, with the keys that it is given. It sees each
 * signature alone, since one that is malformed or has no key would end its view of the others, and
 * keeps its other habits. One thread.
 */

#include <time.h>

#include "lib/mailauth/header.h"

/* Answers of the DNS: name, word ("FOUND", "ABSENT", "FAILED") and the record's text. */
struct opendkim_keys {
    const struct text *fields;
    size_t count; /* of fields, three a key */
};

/* Writes one line: "theirs", then a field for each signature, as dkim_answers.c says. */
void opendkim_judge(const struct header_field *fields, size_t field_count, struct text body,
    const struct opendkim_keys *keys, time_t now);
