/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The engines beside ours: libopendkim, libspf2 and libopendmarc, as selectable engines and as
 * second opinions.
 *
 * As an engine, a library works under rules of ours that keep its known errors from becoming a
 * pass (each file says which), asks the table of answers for what it wants from the DNS, and never
 * a resolver of its own. As a second opinion it is asked as it is.
 *
 * A library must be opened before its engine or opinion is used, by whoever starts the program;
 * then any thread may use it, with objects per message.
 */

#include "lib/base/error.h"
#include "lib/engines/compare.h"
#include "lib/mailauth/dmarc.h"
#include "lib/mailauth/signature.h"
#include "lib/mailauth/spf.h"

struct engine {
    const char *method; /* "dkim", "spf", "dmarc": the section of its setting */
    const char *name;   /* the value of the setting */
    const char *errors; /* what is known of it, for the warning at start: a sentence */
    enum err (*open)(struct failure *failure);
    /* Adds what the library alone says of the message. AUTH_WAITING: nothing is added yet, and
       names are noted that it wants. */
    enum auth_progress (*compare)(const struct compare_input *input, struct compare_rows *rows);
    const struct signature_engine *signatures; /* of the three, that of its method */
    const struct spf_engine *spf;
    const struct dmarc_engine *dmarc;
};

/* Those that this build has, ended by a row without a method. */
extern const struct engine engines[];
/* NULL where this build has none of that method and name. */
const struct engine *engines_find(const char *method, const char *name);
