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

static const struct dmarc_step *first_with_record(const struct dmarc_walk *walk)
{
    for (size_t i = 0; i < walk->count; i++)
        if (walk->steps[i].record != NULL)
            return &walk->steps[i];
    return NULL;
}

static struct text step_record(const struct dmarc_step *step)
{
    return step->record != NULL ? step->record->raw : TEXT_NONE;
}

/* The policy for mail from the domain itself where the record is above it, sp counts. */
static const char *policy_word(struct text domain, const struct dmarc_step *found)
{
    return dmarc_policy_word(
        text_equals(domain, found->domain) ? found->record->p : found->record->sp);
}

static void print_json(struct text domain, const struct dmarc_walk *walk)
{
    const struct dmarc_step *found = first_with_record(walk);
    json_t *object = json_object(), *steps = json_array();

    for (size_t i = 0; i < walk->count; i++) {
        json_t *step = json_object();

        json_object_set_new(step, "domain", output_json_text(walk->steps[i].domain));
        json_object_set_new(step, "state", json_string(step_state(&walk->steps[i])));
        if (walk->steps[i].record != NULL)
            json_object_set_new(step, "record", output_json_text(walk->steps[i].record->raw));
        json_array_append_new(steps, step);
    }
    json_object_set_new(object, "domain", output_json_text(domain));
    json_object_set_new(object, "temporary", json_boolean(walk->temporary));
    json_object_set_new(
        object, "organizational_domain", output_json_text(walk->organizational_domain));
    if (found != NULL) {
        json_object_set_new(object, "policy_domain", output_json_text(found->domain));
        json_object_set_new(object, "policy", json_string(policy_word(domain, found)));
        json_object_set_new(object, "testing", json_boolean(found->record->testing));
    }
    json_object_set_new(object, "walk", steps);
    output_json(object);
}

static void print_walk(
    const struct invocation *invocation, struct text domain, const struct dmarc_walk *walk)
{
    static const char *const headings[] = {"name", "state", "record", NULL};
    const struct dmarc_step *found = first_with_record(walk);
    struct output_table *table = output_table_new(invocation, headings);

    for (size_t i = 0; i < walk->count; i++) {
        const struct dmarc_step *step = &walk->steps[i];
        struct text cells[] = {
            arena_print(invocation->arena, "_dmarc.%.*s", TEXT_ARGS(step->domain)),
            text_from_string(step_state(step)), step_record(step)};

        output_table_add(table, cells);
    }
    output_table_print(table);
    if (found == NULL)
        printf("policy: %s\n",
            walk->temporary ? "unknown, since DNS did not answer" : "none published");
    else
        printf("policy: %s, from %.*s%s\n", policy_word(domain, found), TEXT_ARGS(found->domain),
            found->record->testing ? " (testing: one step weaker)" : "");
    if (!walk->temporary)
        printf("organizational domain: %.*s\n", TEXT_ARGS(walk->organizational_domain));
}

static int run_dmarc(struct invocation *invocation)
{
    struct dmarc_walk walk;
    struct lookups lookups;
    struct text domain = TEXT_NONE;
    int status = invocation_domain(invocation, invocation_argument(invocation, 0), &domain);

    if (status == EX_OK)
        status = lookups_init(&lookups, invocation);
    if (status != EX_OK)
        return status;
    while (dmarc_walk_from(domain, lookups.answers, invocation->arena, &walk) == AUTH_WAITING)
        lookups_fetch(&lookups);
    if (invocation->json)
        print_json(domain, &walk);
    else
        print_walk(invocation, domain, &walk);
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
