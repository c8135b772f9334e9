/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "lib/mailauth/dmarc.h"
#include "mailctl/commands.h"
#include "mailctl/lookups.h"
#include "mailctl/output.h"

/* What stands at one name of the walk. */
static const char *step_state(const struct dmarc_step *step)
{
    if (step->temporary)
        return "no answer";
    if (step->several)
        return "several records: none counts";
    if (step->record == NULL)
        return "no record";
    return step->unusable ? "record that asks for nothing" : "record";
}

static struct text step_record(const struct dmarc_step *step)
{
    return step->record != NULL ? step->record->raw : TEXT_NONE;
}

/* What is found for mail in the name of a domain that passes nothing: its policy, and the walk. */
struct discovery {
    struct text domain;
    struct dmarc_walk walk;
    struct dmarc_verdict verdict;
};

/* NULL where there is no policy, or none that can be told; the reason in words then. */
static const char *policy_word(const struct dmarc_verdict *verdict, const char **reason_r)
{
    *reason_r = verdict->record == NULL ? "none published" : "none, since the record is unusable";
    if (verdict->result == AUTH_TEMPERROR)
        *reason_r = "unknown, since DNS did not answer";
    return verdict->result == AUTH_FAIL ? dmarc_policy_word(verdict->published) : NULL;
}

static json_t *walk_json(const struct dmarc_walk *walk)
{
    json_t *steps = json_array();

    for (size_t i = 0; i < walk->count; i++) {
        json_t *step = json_object();

        json_object_set_new(step, "domain", output_json_text(walk->steps[i].domain));
        json_object_set_new(step, "state", json_string(step_state(&walk->steps[i])));
        if (walk->steps[i].record != NULL)
            json_object_set_new(step, "record", output_json_text(walk->steps[i].record->raw));
        json_array_append_new(steps, step);
    }
    return steps;
}

static void print_json(const struct discovery *found)
{
    const struct dmarc_verdict *verdict = &found->verdict;
    json_t *object = json_object();
    const char *reason, *policy = policy_word(verdict, &reason);

    json_object_set_new(object, "domain", output_json_text(found->domain));
    json_object_set_new(object, "temporary", json_boolean(found->walk.temporary));
    json_object_set_new(
        object, "organizational_domain", output_json_text(found->walk.organizational_domain));
    if (verdict->record != NULL)
        json_object_set_new(object, "policy_domain", output_json_text(verdict->policy_domain));
    if (policy != NULL) {
        json_object_set_new(object, "policy", json_string(policy));
        json_object_set_new(object, "tag", json_string(verdict->policy_tag));
        json_object_set_new(object, "testing", json_boolean(verdict->record->testing));
    } else {
        json_object_set_new(object, "reason", json_string(reason));
    }
    json_object_set_new(object, "walk", walk_json(&found->walk));
    output_json(object);
}

static void print_walk(const struct invocation *invocation, const struct dmarc_walk *walk)
{
    static const char *const headings[] = {"name", "state", "record", NULL};
    struct output_table *table = output_table_new(invocation, headings);

    for (size_t i = 0; i < walk->count; i++) {
        const struct dmarc_step *step = &walk->steps[i];
        struct text cells[] = {
            arena_print(invocation->arena, "_dmarc.%.*s", TEXT_ARGS(step->domain)),
            text_from_string(step_state(step)), step_record(step)};

        output_table_add(table, cells);
    }
    output_table_print(table);
}

static void print_policy(const struct discovery *found)
{
    const struct dmarc_verdict *verdict = &found->verdict;
    const char *reason, *policy = policy_word(verdict, &reason);

    if (policy == NULL)
        printf("policy: %s\n", reason);
    else
        printf("policy: %s, from %.*s%s%s\n", policy, TEXT_ARGS(verdict->policy_domain),
            strcmp(verdict->policy_tag, "np") == 0 ? " (np: the name does not exist)" : "",
            verdict->record->testing ? " (testing: one step weaker)" : "");
    if (!found->walk.temporary)
        printf("organizational domain: %.*s\n", TEXT_ARGS(found->walk.organizational_domain));
}

/* Of a message that passes nothing DMARC says what its owner asks for. */
static enum auth_progress discover(
    struct discovery *found, struct answers *answers, struct arena *arena)
{
    const struct dmarc_query query = {.author_domain = found->domain};
    enum auth_progress progress = dmarc_walk_from(found->domain, answers, arena, &found->walk);

    return dmarc_evaluate(&query, answers, arena, &found->verdict) == AUTH_DONE ? progress
                                                                                : AUTH_WAITING;
}

static int run_dmarc(struct invocation *invocation)
{
    struct discovery found = {.domain = TEXT_NONE};
    struct lookups lookups;
    int status = invocation_domain(invocation, invocation_argument(invocation, 0), &found.domain);

    if (status == EX_OK)
        status = lookups_init(&lookups, invocation);
    if (status != EX_OK)
        return status;
    while (discover(&found, lookups.answers, invocation->arena) == AUTH_WAITING)
        lookups_fetch(&lookups);
    if (invocation->json) {
        print_json(&found);
    } else {
        print_walk(invocation, &found.walk);
        print_policy(&found);
    }
    return EX_OK;
}

static const char *const dmarc_examples[] = {
    "mailctl dmarc news.example.org", "mailctl --json dmarc example.org", NULL};

const struct command command_dmarc = {
    .noun = "dmarc",
    .arguments = "DOMAIN",
    .arguments_min = 1,
    .arguments_max = 1,
    .help = "show the DMARC record that counts for a domain, and where it was found",
    .details = "The names are those of the tree walk of RFC 9989. The exit status is 0 whatever\n"
               "is found. Neither configuration nor database is needed.",
    .examples = dmarc_examples,
    .run = run_dmarc,
};
