/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The table of answers known so far: what the engine of lib/mailauth asks instead of the network.
 *
 * The engine calls answers_ask() for each name it wants. What is there comes back; what is not is
 * noted as missing, once, and NULL comes back. Whoever drives the engine takes the missing
 * questions, fetches all of them at once (a wave), puts the answers in and runs the engine again.
 * Tests, fuzzers and suites fill the table by hand.
 *
 * One table belongs to one message (or one check), lives in its arena and is used by one thread
 * at a time.
 */

#include "lib/dns/answer.h"

struct answers;

/* Bound on the questions of one message, over all methods; the rest is answered DNS_TEMPORARY. */
#define ANSWERS_MAX_QUESTIONS 512
/*
 * Once a message holds so many bytes of answers, only small ones are taken, and DNS_TEMPORARY
 * stands for the others. An honest message has a tenth of it; who has his own name server fill it
 * must not hide somebody else's records by that, so those of a usual size always find their place.
 */
#define ANSWERS_MAX_BYTES ((size_t)256 * 1024)
#define ANSWERS_SMALL_BYTES ((size_t)2 * 1024)

struct answers *answers_new(struct arena *arena);

/*
 * name need not be normalized as to case and final dot; one that is no valid DNS name (too long,
 * empty label) is answered DNS_NO_NAME at once. NULL: noted as missing.
 */
const struct dns_answer *answers_ask(struct answers *answers, struct text name, enum dns_type type);
/* The same without noting: for who wants to use an answer only if it is there anyway. */
const struct dns_answer *answers_peek(
    const struct answers *answers, struct text name, enum dns_type type);

/*
 * The answer is copied into the table's arena, within the bound of its bytes. Answering twice keeps
 * the first answer.
 */
void answers_put(
    struct answers *answers, struct text name, enum dns_type type, const struct dns_answer *answer);
/* The same, in place of an answer that is there; who holds that one may go on reading it. */
void answers_replace(
    struct answers *answers, struct text name, enum dns_type type, const struct dns_answer *answer);

/* Questions noted since the last answers_take_missing(). */
size_t answers_missing_count(const struct answers *answers);
/*
 * The missing questions, in the order in which they were noted; they are not handed out again
 * (nor noted again) until they are answered. The array lives in the table's arena.
 */
size_t answers_take_missing(struct answers *answers, const struct dns_question **questions_r);
/* A question that was handed out and has no answer is missing again. */
void answers_put_back(struct answers *answers, struct text name, enum dns_type type);
/*
 * Gives DNS_TEMPORARY to all that is still unanswered, and from then on to every new question:
 * the deadline has passed.
 */
void answers_give_up(struct answers *answers);
/* How many questions were handed out in all, without those that were put back. */
size_t answers_asked_count(const struct answers *answers);
