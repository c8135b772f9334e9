/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Our two files for Dovecot, in the syntax of the version at hand. Two, since order demands it:
 * Dovecot asks passdbs in the order in which it reads them, so ours stands before Debian's
 * 10-auth.conf, which includes the system's; and a setting is what was said last, so that what
 * Debian's own files say too (auth_mechanisms, mail_home, the user names of LMTP) comes after
 * them. Pure: the facts decide. The files in contrib/dovecot are what comes out on an untouched
 * Debian.
 */

#include "lib/base/buffer.h"
#include "mailctl/attach/dovecot-facts.h"

#define DOVECOT_CONF_FOLDER "/etc/dovecot/conf.d"
#define DOVECOT_CONF_LOGINS "05-gatepost.conf"
#define DOVECOT_CONF_DELIVERY "95-gatepost.conf"

/*
 * Where Dovecot remembers logins (auth_cache_size), a password that was good once would be good for
 * each protocol and from each address. 2.4 is told to remember none of ours. 2.3 cannot be told
 * that (its Lua passdb passes an empty key on as none, which ends the auth process), so it
 * remembers each service and address apart.
 */
#define DOVECOT_CONF_CACHE_2_3 "cache_key=%u%s%r"
#define DOVECOT_CONF_CACHE_2_4 "use_cache = no"

/* Who may log in. The version of the facts is one that we know. */
void dovecot_conf_logins(const struct dovecot_facts *facts, struct buffer *out);
/* Sockets for Postfix, quota, Junk. */
void dovecot_conf_delivery(const struct dovecot_facts *facts, struct buffer *out);
/*
 * Whether that file, the first of them, has one of these, which older ones have not; or needs none,
 * as checkpassword is remembered only where it is asked for.
 */
bool dovecot_conf_limits_cache(struct text file);
/* Whether Dovecot has the first of them, so that it asks us about logins. */
bool dovecot_conf_is_there(void);
/*
 * A queue directory in which one of our files has sockets though it is none of the facts'; NULL:
 * there is none. Once such a folder is gone, Dovecot does not start.
 */
const char *dovecot_conf_stray_queue(
    struct text file, const struct dovecot_facts *facts, struct arena *arena);
/* What the second of them says of recipient_delimiter; false where it says nothing. */
bool dovecot_conf_delimiter(struct text file, struct text *delimiter_r);
/* The version that one of our files was written for; DOVECOT_OTHER: none of ours. */
enum dovecot_version dovecot_conf_version(struct text file);
