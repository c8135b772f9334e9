/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a Dovecot is like before we come: its version and those of its settings that decide what our
 * files have to say (dovecot-conf.h). Read by doveconf; nothing is changed. Texts live in the
 * arena given.
 */

#include "lib/service/settings.h"
#include "mailctl/invocation.h"

#define DOVECOT_QUEUES_MAX 16

/* What gatepost.lua asks where nothing else is said. */
#define DOVECOT_USUAL_LOGIN_SOCKET "/run/gatepost/authd"

enum dovecot_version { DOVECOT_2_3, DOVECOT_2_4, DOVECOT_OTHER };

struct dovecot_facts {
    enum dovecot_version version;
    const char *version_text;    /* "2.3.19.1" */
    struct text printed;         /* doveconf -n */
    struct text mechanisms;      /* "plain login", in one form for both versions */
    struct text protocols;       /* the same */
    struct text mail_home;       /* of 2.4, as a setting; empty where there is none */
    struct text username_format; /* auth_username_format */
    struct text delimiter;       /* recipient_delimiter */
    int64_t first_valid_uid;
    bool has_auth_cache;
    bool has_policy_server;   /* one of the operator's own */
    bool has_inbox_namespace; /* one that is named inbox */
    bool has_quota;           /* a quota of its own */
    unsigned sieve_before;    /* 2.3: how many of sieve_before, sieve_before2, ... are taken */
    /* not Dovecot's own */
    const char *our_delimiter;              /* what recipient_delimiter is to be */
    const char *queues[DOVECOT_QUEUES_MAX]; /* of each Postfix instance that uses us */
    size_t queue_count;
    bool has_local_lmtp;        /* Postfix hands mail for system users to Dovecot, too */
    int64_t mail_uid;           /* of the mail user; -1: there is no such user */
    const char *data_directory; /* where gatepost.lua is */
    const char *login_socket;   /* of gatepost-authd, as a path */
    const char *realm;          /* authd.realm; "" or NULL: none */
    const char *policy_url;     /* of gatepost-authd's auth policy; NULL: it is not asked */
    const char *policy_nonce;   /* where there is a URL */
};

/* "2.3.19.1 (9b53102964)" and such. */
enum dovecot_version dovecot_version_of(struct text text);
/* "2.3", "2.4". */
const char *dovecot_version_word(enum dovecot_version version);
/*
 * A list in either form, "plain login" or lines "plain = yes", as "plain login". Names that are
 * switched off are left out.
 */
struct text dovecot_list(struct text printed, struct arena *arena);
bool dovecot_list_has(struct text list, const char *name);
/* Whether what doveconf -n printed has an auth_policy_server_url. */
bool dovecot_has_policy_server(struct text printed);
/* Whether a transport of Postfix, "lmtp:unix:private/dovecot-lmtp", is LMTP. Empty: it is none. */
bool dovecot_transport_is_lmtp(struct text transport);

/*
 * The queue directories alone: of the usual Postfix, and of the instances whose configuration
 * directories are named, up to NULL, as far as they are there.
 */
void dovecot_facts_queues(
    const char *const *instances, struct arena *arena, struct dovecot_facts *facts);
/*
 * configuration: the file to read, NULL: the usual one. ERR_ABSENT: there is no Dovecot;
 * ERR_REFUSED: its configuration cannot be read, with doveconf's reason.
 */
enum err dovecot_facts_read(const struct settings *settings, const char *configuration,
    const char *const *instances, struct arena *arena, struct dovecot_facts *facts_r,
    struct failure *failure);
