/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The macros of one connection that we have a use for. Each is kept until it has been used, so
 * that nothing of one message is taken for the next; others are passed over. Values longer than
 * MACROS_VALUE_MAX are cut. One thread at a time.
 */

#include "lib/base/error.h"
#include "lib/base/text.h"

#define MACROS_VALUE_MAX 1024

enum macro {
    MACRO_CLIENT_ADDR,
    MACRO_CLIENT_NAME,
    MACRO_CLIENT_PTR,
    MACRO_DAEMON_NAME,
    MACRO_LOGIN,
    MACRO_QUEUE_ID,
    MACRO_COUNT
};

struct macros {
    char *values[MACRO_COUNT]; /* NULL: not told */
};

/* What SMFIC_MACRO carries. ERR_SYNTAX: it is not of that form. */
enum err macros_tell(struct macros *macros, struct text data, struct failure *failure);
/* data NULL where it was not told; valid until it is told again or forgotten. */
struct text macros_value(const struct macros *macros, enum macro macro);
/* Those from first to last. */
void macros_forget(struct macros *macros, enum macro first, enum macro last);
