/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the tests of ARC share: a message that is sealed by one after the other, and judged.
 */

#include "lib/mailauth/arc.h"
#include "tests/unit/mailauth/canned.h"
#include "tests/unit/mailauth/dkim.h"

#define CHAIN_PLAIN                                                                                \
    "From: Ann <ann@example.net>\n"                                                                \
    "To: list@lists.example\n"                                                                     \
    "Subject: plans\n"                                                                             \
    "\n"                                                                                           \
    "We meet at noon.\n"

/* Who seals with which key; canned records have all but nobody's. */
struct chain_sealer {
    const char *domain, *pem;
};
extern const struct chain_sealer chain_one, chain_two, chain_tested, chain_slow, chain_nobody,
    chain_brief;

/* A message on its way: its chain judged, its body in. */
struct chain_run {
    struct arena *arena;
    struct canned *canned;
    struct message *message;
    struct arc_verdict verdict;
    size_t waves, asked; /* questions in all */
    const struct signature_rules *rules;
    const char *selector; /* of our seals; NULL: "s1" */
    bool has_no_time;     /* nor have they */
    size_t hashes;        /* so many others want one of the body before */
    bool is_not_sealed;   /* nobody asks for the body hash that a seal of ours would have */
    bool is_truncated;    /* not all of the header is there */
};

void chain_start(struct chain_run *run);
void chain_finish(struct chain_run *run);
void chain_judge(struct chain_run *run, struct text text);
/* The text with one more set on top; names are its h=, or empty. */
enum err chain_seal(struct chain_run *run, struct text text, const struct chain_sealer *sealer,
    const char *names, struct text *sealed_r);
enum err chain_seal_results(struct chain_run *run, struct text text,
    const struct chain_sealer *sealer, const char *names, const char *results,
    struct text *sealed_r);
/* The text with the first occurrence of one string replaced; it must be there. */
struct text chain_replaced(
    struct arena *arena, struct text text, const char *old, const char *replacement);
