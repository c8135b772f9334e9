/* SPDX-License-Identifier: MIT */
#pragma once

/* Tables of where mail goes on to: answers as table.h has them, for table.c alone. */

#include "authd/directory.h"
#include "lib/base/buffer.h"

/* ADDRESS -> TRANSPORT:NEXTHOP of its domain (transport_maps). */
enum err table_transport(struct directory *directory, struct text key, struct arena *arena,
    struct buffer *value, struct failure *failure);
/*
 * SENDER -> the transport of the host that takes what it sends elsewhere
 * (sender_dependent_default_transport_maps).
 */
enum err table_sender_transport(struct directory *directory, struct text key, struct arena *arena,
    struct buffer *value, struct failure *failure);
/* SENDER -> LOGIN:PASSWORD, a secret, where it logs in there (smtp_sasl_password_maps). */
enum err table_relay_password(struct directory *directory, struct text key, struct arena *arena,
    struct buffer *value, struct failure *failure);
/* ADDRESS -> its domain, where a relay takes mail for it (relay_recipient_maps). */
enum err table_relay_recipient(struct directory *directory, struct text key, struct arena *arena,
    struct buffer *value, struct failure *failure);
