/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One judgement of the whole engine over canned answers, driven as mailauth.h tells: MAIL FROM,
 * header, body, end, with a wave behind each.
 */

#include "lib/mailauth/mailauth.h"
#include "tests/unit/mailauth/canned.h"
#include "tests/unit/mailauth/dkim.h"

#define JUDGEMENT_NOW 1794009600
#define JUDGEMENT_WAVES_MAX 16

struct judgement {
    struct arena *arena;
    struct answers *answers;
    struct canned *canned;
    struct mailauth *session;
    struct mailauth_verdict verdict;
    size_t waves;
};

/* mx.example.org, with room for 40 fields. */
extern const struct mailauth_rules judgement_rules;

/* HELO mail.example.net; client NULL: no address. */
struct mailauth_facts judgement_facts(const char *client, const char *mail_from);
void judgement_start(
    struct judgement *run, const struct mailauth_facts *facts, const struct canned_record *zone);
/* The whole way of a message, from judgement_start() to the verdict. */
void judgement_drive(struct judgement *run, struct text message);
void judgement_finish(struct judgement *run);

/* Its steps. The header leaves the body behind. */
struct text judgement_header(struct judgement *run, struct text message);
enum auth_progress judgement_evaluate(struct judgement *run);
/* One wave; false: nothing was missing. */
bool judgement_answer(struct judgement *run);

/* The message with a signature by selector s1 and dkim_rsa_pem in front, relaxed. */
struct text judgement_sign(struct arena *arena, const char *domain, struct text message);
/* The message with a first set of ARC fields by the same key in front. */
struct text judgement_seal(struct arena *arena, const char *domain, struct text message);
