/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What must be on the machine before Dovecot can use our files: packages, the user who owns the
 * mail, the folder of the mail, the compiled Sieve script. Looked at for the plan, made at its
 * beginning; none of it is undone by detach, since it may hold mail.
 */

#include "mailctl/attach/attach.h"

/* Of the folder of all mailboxes. */
#define DOVECOT_NEEDS_MAIL_MODE 0770
#define DOVECOT_NEEDS_SIEVE PKGDATADIR "/sieve/gatepost-junk.sieve"
#define DOVECOT_NEEDS_SIEVE_BINARY PKGDATADIR "/sieve/gatepost-junk.svbin"

/* Notes and actions for what is missing. */
void dovecot_needs_plan(const struct attach_site *site, struct plan *plan);
/* Makes it. EX_OK, or the status after a complaint. */
int dovecot_needs_make(const struct attach_site *site);
/* "/var/vmail": what stands in mail_home before the part that differs between users. */
const char *dovecot_needs_mail_folder(const struct settings *settings, struct arena *arena);
