/* SPDX-License-Identifier: MIT */
#pragma once

/* New secrets for SRS. Single thread. */

#include "lib/base/error.h"
#include "lib/store/srs-secret.h"

/* Makes one of random bytes, which signs from now on. store: STORE_SRS, writable. */
enum err srs_secrets_make(struct store *store, int64_t now);
/* The same where there is none at all: for init and upgrade. */
enum err srs_secrets_make_first(struct store *store, int64_t now, bool *changed_r);
