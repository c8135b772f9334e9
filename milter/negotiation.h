/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the milter wants of the mail server: the actions it may take, the steps of the protocol
 * that can be left out, and the macros. The same for every transport. Any thread.
 */

#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>
#include <stdbool.h>

#include "milter/protocol-reply.h"

/* Without these no result can be written and no forged one removed: no session then. */
#define NEGOTIATION_ACTIONS_NEEDED (SMFIF_ADDHDRS | SMFIF_CHGHDRS)
#define NEGOTIATION_ACTIONS_WANTED                                                                 \
    (NEGOTIATION_ACTIONS_NEEDED | SMFIF_CHGFROM | SMFIF_QUARANTINE | SMFIF_SETSYMLIST)

/*
 * The steps out of those that are offered: no answer where none is needed. Three exceptions: a
 * connection that is refused is told so at once; MAIL FROM is answered, or Postfix would keep it to
 * itself until the end of the message, and with it the first wave of questions, and a stop would
 * not know of the message; and over TCP an answer to DATA lets Postfix's next packets go without
 * waiting for the acknowledgement of the last ones.
 */
unsigned long negotiation_steps(unsigned long offered, bool is_unix, bool is_refused);

/*
 * The macros asked for, by stage. {mail_addr} is there for each message; so a list comes with each
 * MAIL FROM, and the {auth_authen} of the message before is forgotten.
 */
#define NEGOTIATION_MACRO_LISTS 4
extern const struct protocol_macro_list negotiation_macros[NEGOTIATION_MACRO_LISTS];
