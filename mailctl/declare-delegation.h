/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The zones that the DKIM keys of declared domains stand in. They are another store's than the
 * directory, so that no transaction has both: what the walk finds is kept in the declaration, and
 * written beside it, what ends before the directory is committed, what begins afterwards. So no
 * domain that is new ever has the delegation of an earlier one of its name.
 */

#include "mailctl/declare.h"

/* The field of the domain at hand. False where the complaint was made, here and below. */
bool declare_delegation_read(struct declare *declare, const char *key, const json_t *value);
/* The domain at hand goes, or is new and the file says nothing: what there is of it ends. */
bool declare_delegation_forget(struct declare *declare);

/* Those that end, and those that begin. Return the exit status. */
int declare_delegation_write_ends(struct declare *declare);
int declare_delegation_write_begins(struct declare *declare);
