/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A library of somebody else's that is loaded when it is asked for, by the name and version whose
 * headers we were built with. Who never asks for one needs none installed and has none in memory.
 * A library stays loaded to the end of the process. Any thread.
 */

#include "lib/base/error.h"

struct foreign_symbol {
    const char *name;
    void *function; /* where the pointer to it goes; a pointer to a function pointer */
};

struct foreign_library {
    const char *file;    /* "libspf2.so.2" */
    const char *package; /* Debian's, for the message */
    const struct foreign_symbol *symbols;
    size_t symbol_count;
};

/* ERR_ABSENT where it is not there, or has not all that we need; *failure says what to install. */
enum err foreign_open(const struct foreign_library *library, struct failure *failure);
