/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Mail domains of this site, in STORE_DIRECTORY. Names are normalized (dns/name.h) by the caller.
 *
 * A domain has users and aliases of its own; or it is an alias of such a domain, and every address
 * in it stands for the same one there; or its mail is only taken in and passed on (a backup MX):
 * then it may have aliases and no users. Each may be switched off.
 */

#include "lib/base/arena.h"
#include "lib/store/store.h"

/* What an SPF record can hold of them, RFC 7208 §4.6.4. */
#define DOMAIN_SPF_INCLUDES_MAX 10

enum domain_kind { DOMAIN_MAILBOX, DOMAIN_ALIAS, DOMAIN_RELAY };

/* "mailbox", "alias", "relay". */
const char *domain_kind_word(enum domain_kind kind);
bool domain_kind_parse(struct text word, enum domain_kind *kind_r);

struct domain {
    struct text name;
    enum domain_kind kind;
    struct text target; /* of an alias: the domain that it stands for */
    bool enabled;
    bool signs;                  /* DKIM: its keys sign what leaves */
    struct text spf_includes;    /* names with single blanks between them */
    struct text report_address;  /* where others are asked to send reports; may be empty */
    int64_t default_quota_bytes; /* of users without one of their own; 0: unlimited */
    /* Where its mail goes on to, as transport(5) of Postfix has it; empty: as Postfix's settings
     * say. Not of an alias. */
    struct text transport;
    int64_t created; /* seconds since the epoch */
};

struct domain_list {
    const struct domain *items; /* sorted by name */
    size_t count;
};

/* A domain with mailboxes, and the defaults of all else. ERR_EXISTS. */
enum err domain_add(struct store *store, struct text name, int64_t now);
/*
 * Writes all but name and created. ERR_ABSENT: no such domain. ERR_REFUSED where what is in it
 * does not fit its kind: users where there are no mailboxes, aliases in an alias, or a target that
 * is itself no domain with mailboxes, or other domains that stand for this one; a list of
 * recipients (relay-recipient.h) where there is no relay; a transport of an alias.
 */
enum err domain_update(struct store *store, const struct domain *domain);
enum err domain_find(
    struct store *store, struct text name, struct arena *arena, struct domain *domain_r);
/* The nearest that the name is, or lies below. ERR_ABSENT. */
enum err domain_find_above(
    struct store *store, struct text name, struct arena *arena, struct text *domain_r);
enum err domain_list(struct store *store, struct arena *arena, struct domain_list *list_r);
/* Those that are aliases of the domain. */
enum err domain_list_aliases(
    struct store *store, struct text name, struct arena *arena, struct domain_list *list_r);
/*
 * ERR_REFUSED while users or aliases are in it, unless with_content; and while other domains are
 * aliases of it.
 */
enum err domain_delete(struct store *store, struct text name, bool with_content);
