/* SPDX-License-Identifier: MIT */
#pragma once

/* Answers of the login protocol, as authd writes them. Pure functions but for the buffer. */

#include <stdint.h>

#include "authd/account.h"
#include "lib/base/buffer.h"

/* "ID\tok\tuser=...\thome=...\tuid=...\tgid=...\tquota_bytes=...\n" */
void login_reply_account(struct buffer *out, uint32_t id, const struct account *account);
/* "ID\tSTATUS\n" or "ID\tSTATUS\tNAME=VALUE\n"; name NULL: without a field. */
void login_reply_status(
    struct buffer *out, uint32_t id, const char *status, const char *name, struct text value);
/* "ID\ttemporary\treason=...\tretry=no\n" */
void login_reply_refused(struct buffer *out, uint32_t id, const char *reason);
/* "error\treason=...\n": the last line before the connection is closed. */
void login_reply_error(struct buffer *out, const char *reason);
