/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A session as our users have it, with one service of a running Postfix: TLS, a login, and a
 * message that is signed, as deep as the service allows (postfix-submission.h). The message is
 * announced to gatepost-milter before (milter/proof.h), which does all its work and then refuses
 * it, saying who signed: so nothing is queued. Leaves nothing behind; where Postfix takes the
 * message all the same, it is deleted from the queue. Main thread; SIGPIPE ignored.
 */

#include "mailctl/attach/attach.h"
#include "mailctl/attach/postfix-submission.h"
#include "mailctl/attach/proof-user.h"

struct submit {
    const struct attach_site *site;
    const struct postfix_instance *instance;
    const struct submission *submission;
    const struct proof_user *user; /* not used below SUBMISSION_LOGIN */
    /* what came of it */
    struct text signature; /* "signed for example.org by ...", in the arena */
    bool is_final;         /* after a failure: do not try again, it would send once more */
};

enum err postfix_submit(struct submit *submit, struct failure *failure);
/* How many connections to gatepost-milter there are. */
enum err postfix_submit_milter_connections(
    const struct attach_site *site, uint64_t *count_r, struct failure *failure);
