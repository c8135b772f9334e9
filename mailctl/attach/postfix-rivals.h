/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Who signs or judges beside us in one Postfix. Milters: those that attach was told to leave there
 * (--keep), and others that came since. attach goes on only where each that it finds is replaced or
 * kept, so what it left in its files was kept by choice, and its journal remembers it. Reads only;
 * main thread.
 */

#include "lib/service/settings.h"
#include "mailctl/attach/postfix-instance.h"

struct postfix_rivals {
    bool is_attached; /* there is a journal */
    /* Names as --keep has them, "a,b"; empty: none. Beside ours now, and in any list at attach. */
    struct text kept, others, left;
    bool amavis_signs; /* as a content filter; attach does not ask about it */
};

/* ERR_ACCESS: what was attached is not ours to read. */
enum err postfix_rivals_find(const struct settings *settings,
    const struct postfix_instance *instance, struct postfix_rivals *rivals_r,
    struct failure *failure);
/*
 * What to run so that attach makes its plan anew, with the choices that were made: without them it
 * would ask, and leave Postfix detached. Detach may end with 1 where a conflict was kept.
 */
const char *postfix_rivals_again(
    const struct postfix_rivals *rivals, const struct postfix_instance *instance);
/* The same in one step; without choices where they cannot be read. */
const char *postfix_rivals_mend(
    const struct settings *settings, const struct postfix_instance *instance);
