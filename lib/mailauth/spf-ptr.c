/* SPDX-License-Identifier: MIT */

#include "lib/mailauth/spf-ptr.h"

#include "lib/dns/name.h"

static const struct dns_answer *ask_reverse(struct spf_evaluation *evaluation)
{
    struct text name = dns_name_reverse(&evaluation->values.client, evaluation->arena);

    return answers_ask(evaluation->answers, name, DNS_PTR);
}

/* Names beyond the tenth are ignored, not an error: a sender has no power over them (§4.6.4). */
static size_t usable_count(const struct dns_answer *answer)
{
    size_t count = answer->count;

    if (count > SPF_PTR_NAMES_MAX)
        count = SPF_PTR_NAMES_MAX;
    return count;
}

/* Does a name's own address lookup lead back to the client? Its failure passes over the name. */
static enum spf_step validate(struct spf_evaluation *evaluation, struct text name)
{
    const struct dns_answer *answer =
        spf_eval_ask(evaluation, name, spf_eval_address_type(evaluation));

    if (answer == NULL)
        return SPF_STEP_WAITING;
    return spf_eval_has_client(evaluation, answer, 128) ? SPF_STEP_MATCH : SPF_STEP_NO_MATCH;
}

enum spf_step spf_ptr_match(struct spf_evaluation *evaluation, struct text target)
{
    const struct dns_answer *answer = ask_reverse(evaluation);
    enum spf_step step = SPF_STEP_NO_MATCH;

    if (answer == NULL)
        return SPF_STEP_WAITING;
    if (answer->status == DNS_NO_DATA || answer->status == DNS_NO_NAME)
        evaluation->void_lookups++;
    for (size_t i = 0; i < usable_count(answer); i++) {
        struct text name = answer->records[i].text;
        enum spf_step validated;

        /* Names elsewhere cannot match, so their addresses need not be asked for. */
        if (!dns_name_is_within(name, target))
            continue;
        validated = validate(evaluation, name);
        if (validated == SPF_STEP_MATCH)
            return SPF_STEP_MATCH;
        if (validated == SPF_STEP_WAITING)
            step = SPF_STEP_WAITING;
    }
    return step;
}

/* How good a validated name is for %{p}; 0 for none. */
static int rank(struct text name, struct text domain)
{
    if (text_equals_nocase(name, domain))
        return 3;
    return dns_name_is_within(name, domain) ? 2 : 1;
}

bool spf_ptr_validated(struct spf_evaluation *evaluation, struct text domain, struct text *name_r)
{
    const struct dns_answer *answer = ask_reverse(evaluation);
    struct text best = TEXT("unknown");
    bool is_waiting = false;
    int best_rank = 0;

    if (answer == NULL)
        return false;
    for (size_t i = 0; i < usable_count(answer); i++) {
        struct text name = answer->records[i].text;
        enum spf_step validated = validate(evaluation, name);

        if (validated == SPF_STEP_WAITING)
            is_waiting = true;
        if (validated == SPF_STEP_MATCH && rank(name, domain) > best_rank) {
            best = name;
            best_rank = rank(name, domain);
        }
    }
    if (is_waiting)
        return false;
    *name_r = best;
    return true;
}
