/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The tables that Postfix looks up: what each answers for a key. Reads the databases alone; the
 * loop's thread.
 *
 *   domains    DOMAIN -> itself: a mail domain of ours (virtual_mailbox_domains)
 *   relays     DOMAIN -> itself: one whose mail we take in and pass on (relay_domains)
 *   relay-recipients  ADDRESS -> its domain, where that is passed on and takes mail for it
 *              (relay_recipient_maps): without a list of its own for everybody, else for those who
 *              stand in it, and for postmaster
 *   transports ADDRESS -> TRANSPORT:NEXTHOP, where its domain has one (transport_maps)
 *   sender-transports  SENDER -> TRANSPORT:[HOST]:PORT, where what that sender, or all of its
 *              domain, sends elsewhere goes by a host of its own
 *              (sender_dependent_default_transport_maps)
 *   relay-passwords  SENDER -> LOGIN:PASSWORD, where it logs in there: for the service of that
 *              transport alone (smtp_sasl_password_maps)
 *   mailboxes  ADDRESS -> "domain/local/" (virtual_mailbox_maps)
 *   aliases    ADDRESS or @DOMAIN -> where its mail goes (virtual_alias_maps). A mailbox answers
 *              with itself, so that the catch-all of its domain does not take its mail; what is
 *              neither alias nor mailbox goes where the catch-all does. Whose mail is forwarded
 *              answers with the targets, and with itself where a copy is kept; in a domain that is
 *              an alias, an address answers with the same one in the domain that it stands for
 *   senders    ADDRESS or @DOMAIN -> the logins that may send as it (smtpd_sender_login_maps):
 *              the user himself, the users that an alias leads to, or those of the catch-all, and
 *              those who were given the right
 *   srs        ADDRESS -> the sender that the milter has made it of, where one of our secrets
 *              verifies and its days are not over; nothing for any other (virtual_alias_maps)
 *
 * A domain that is switched off is not there. A user who is switched off still gets mail, but may
 * not send. Postfix asks a socketmap for whole addresses: extensions are cut off here, after the
 * whole address and before the catch-all.
 */

#include "authd/directory.h"
#include "lib/base/buffer.h"

/* Postfix reads no longer answers (socketmap_max_reply_size). */
#define TABLE_ANSWER_MAX ((size_t)99000)

struct table {
    const char *name;
    const char *help;
    /* ERR_NONE: found, the value stands in *value, empty before. ERR_ABSENT. ERR_LIMIT: over our
     * bounds. Another code: failed; *failure says why. */
    enum err (*answer)(struct directory *directory, struct text key, struct arena *arena,
        struct buffer *value, struct failure *failure);
    bool is_secret; /* what it answers is wiped when it is sent */
};

/* NULL where there is no table of that name. */
const struct table *table_find(struct text name);
