/* SPDX-License-Identifier: MIT */

/* The DNS tree walk (RFC 9989 §4.10). */

#include <stdio.h>

#include "lib/dns/name.h"
#include "lib/mailauth/dmarc.h"

/* Names with more labels are cut down to this many behind the first query. */
#define LABELS_BEHIND_FIRST (DMARC_WALK_MAX - 1)

static const struct dns_answer *ask(struct text domain, struct answers *answers)
{
    char name[sizeof "_dmarc." + DNS_NAME_MAX];

    /* One that is cut off is too long to be asked for all the same. */
    (void)snprintf(name, sizeof name, "_dmarc.%.*s", TEXT_ARGS(domain));
    return answers_ask(answers, text_from_string(name), DNS_TXT);
}

/* The names to ask for, the domain itself first. Returns their number. */
static size_t list_names(struct text domain, struct text names_r[DMARC_WALK_MAX])
{
    size_t labels = dns_name_label_count(domain), count = 0;

    names_r[count++] = domain;
    for (labels = labels > DMARC_WALK_MAX ? LABELS_BEHIND_FIRST : labels - 1; labels != 0; labels--)
        names_r[count++] = dns_name_last_labels(domain, labels);
    return count;
}

/*
 * A name of one label is nobody's organization unless its owner says so: a record there that
 * forgot psd=y would make all who register below it one organization (§11.8).
 */
static bool is_public_suffix(const struct dmarc_step *step)
{
    if (step->record->psd == DMARC_PSD_UNKNOWN)
        return dns_name_label_count(step->domain) == 1;
    return step->record->psd == DMARC_PSD_YES;
}

static void keep_record(struct dmarc_step *step, const struct dmarc_record *record,
    enum dmarc_parse parse, struct arena *arena)
{
    struct dmarc_record *kept = arena_alloc(arena, sizeof *kept);

    *kept = *record;
    step->record = kept;
    step->unusable = parse == DMARC_PARSE_UNUSABLE;
}

/*
 * What the answer at one name amounts to. An answer may hold hundreds of records: each is parsed
 * in scratch, none behind the second that counts, and one kept at most.
 */
static void read_step(const struct dns_answer *answer, struct arena *scratch, struct arena *arena,
    struct dmarc_step *step)
{
    struct dmarc_record first = {.p = DMARC_POLICY_NONE};
    enum dmarc_parse first_parse = DMARC_PARSE_NOT_DMARC;

    step->temporary = answer->status == DNS_TEMPORARY;
    for (size_t i = 0; i < answer->count && !step->several; i++) {
        struct dmarc_record record;
        enum dmarc_parse parse = dmarc_record_parse(answer->records[i].text, scratch, &record);

        arena_reset(scratch);
        if (parse == DMARC_PARSE_NOT_DMARC)
            continue;
        step->several = first_parse != DMARC_PARSE_NOT_DMARC;
        first = record;
        first_parse = parse;
    }
    if (first_parse == DMARC_PARSE_NOT_DMARC || step->several)
        return;
    keep_record(step, &first, first_parse, arena);
    step->public_suffix = is_public_suffix(step);
}

/*
 * The organizational domain among what was found (§4.10.2). A walk ends where a record says
 * psd=y or psd=n, so that one with psd=n is the last, and the shortest, in any case.
 */
static struct text select_organizational(const struct dmarc_walk *walk, struct text domain)
{
    struct text shortest = domain;

    for (size_t i = 0; i < walk->count; i++) {
        const struct dmarc_step *step = &walk->steps[i];

        if (step->record == NULL)
            continue;
        if (step->public_suffix)
            return dns_name_last_labels(domain, dns_name_label_count(step->domain) + 1);
        shortest = step->domain;
    }
    return shortest;
}

/* Reads the steps up to the one that ends the walk. False where one of them is missing. */
static bool read_steps(const struct dns_answer *const *found, const struct text *names,
    size_t count, struct arena *arena, struct dmarc_walk *walk)
{
    struct arena *scratch = arena_new();
    bool has_end = false;

    while (walk->count < count && !has_end && found[walk->count] != NULL) {
        struct dmarc_step *step = &walk->steps[walk->count];

        step->domain = names[walk->count];
        read_step(found[walk->count], scratch, arena, step);
        walk->temporary = walk->temporary || step->temporary;
        walk->count++;
        has_end = step->record != NULL && step->record->psd != DMARC_PSD_UNKNOWN;
    }
    arena_free(&scratch);
    return has_end || walk->count == count;
}

enum auth_progress dmarc_walk_from(
    struct text domain, struct answers *answers, struct arena *arena, struct dmarc_walk *walk_r)
{
    const struct dns_answer *found[DMARC_WALK_MAX];
    struct text names[DMARC_WALK_MAX];
    size_t count = list_names(domain, names);
    struct dmarc_walk walk = {.count = 0};

    for (size_t i = 0; i < count; i++)
        found[i] = ask(names[i], answers);
    if (!read_steps(found, names, count, arena, &walk))
        return AUTH_WAITING;
    walk.organizational_domain = select_organizational(&walk, domain);
    *walk_r = walk;
    return AUTH_DONE;
}
