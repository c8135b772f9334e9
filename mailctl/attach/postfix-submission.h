/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One service by which our users send, port 587 or 465, as its configuration has it: where it is,
 * and how far a session with it can go. What cannot be tried has a reason that is no failure of
 * ours: no certificate yet, logins that somebody else checks, no domain. An attached Dovecot that
 * does not answer is one, and is found by knocking before the session: without it Postfix's process
 * would die under the session. Lives in the instance's arena.
 */

#include "mailctl/attach/master-cf.h"
#include "mailctl/attach/postfix-instance.h"

/* Each includes those before it. */
enum submission_depth { SUBMISSION_ANSWERS, SUBMISSION_TLS, SUBMISSION_LOGIN, SUBMISSION_MESSAGE };

struct submission {
    const char *host, *port; /* "127.0.0.1", "587" */
    bool is_wrapped;         /* TLS before anything is said */
    enum submission_depth depth;
    const char *obstacle; /* why not deeper; NULL at SUBMISSION_MESSAGE */
    const char *logins;   /* where the attached Dovecot has to answer; NULL: nowhere that we know */
};

/* What else decides about it. */
struct submission_facts {
    const char *host; /* for services that name none */
    bool has_dovecot; /* our file is in its configuration */
    bool has_domain;  /* there is one in the directory */
};

/*
 * False where the service is none of these. Where Dovecot is not attached, knocks at the socket by
 * which it would check passwords.
 */
bool postfix_submission_read(const struct postfix_instance *instance,
    const struct master_cf_service *service, const struct submission_facts *facts,
    struct submission *submission_r);
/*
 * Before each session. ERR_REFUSED: the attached Dovecot does not answer, or not yet: it may just
 * have been reloaded.
 */
enum err postfix_submission_knock(const struct submission *submission, struct failure *failure);
/* Whether Postfix can speak TLS as a server; service NULL: by main.cf alone. */
bool postfix_submission_has_certificate(
    const struct postfix_instance *instance, const struct master_cf_service *service);
