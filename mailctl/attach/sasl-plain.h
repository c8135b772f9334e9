/* SPDX-License-Identifier: MIT */
#pragma once

/* The SASL mechanism PLAIN, client side (RFC 4616). Any thread. */

#include "lib/base/buffer.h"

/* Appends the initial response in base64: a secret, buffer_done_wiped() it. */
void sasl_plain_append(struct text login, struct text password, struct buffer *out);
