/* SPDX-License-Identifier: MIT */

/* The DNS tree walk (RFC 9989 §4.10). */

#include "lib/dns/name.h"
#include "lib/mailauth/dmarc.h"

/* Names with more labels are cut down to this many behind the first query. */
#define LABELS_BEHIND_FIRST (DMARC_WALK_MAX - 1)

static const struct dns_answer *ask(
    struct text domain, struct answers *answers, struct arena *arena)
{
    struct text name = arena_print(arena, "_dmarc.%.*s", TEXT_ARGS(domain));

    return answers_ask(answers, name, DNS_TXT);
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

/* What the answer at one name amounts to. */
static void read_step(const struct dns_answer *answer, struct arena *arena, struct dmarc_step *step)
{
    size_t found = 0;

    step->temporary = answer->status == DNS_TEMPORARY;
    for (size_t i = 0; i < answer->count; i++) {
        struct dmarc_record record;
        enum dmarc_parse parse = dmarc_record_parse(answer->records[i].text, arena, &record);

        if (parse == DMARC_PARSE_NOT_DMARC)
            continue;
        if (++found == 1) {
            struct dmarc_record *kept = arena_alloc(arena, sizeof *kept);

            *kept = record;
            step->record = kept;
            step->unusable = parse == DMARC_PARSE_UNUSABLE;
        }
    }
    if (found > 1) {
        step->record = NULL;
        step->unusable = false;
        step->several = true;
    }
    step->public_suffix = step->record != NULL && is_public_suffix(step);
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
        if (step->public_suffix && i != 0)
            return dns_name_last_labels(domain, dns_name_label_count(step->domain) + 1);
        shortest = step->domain;
    }
    return shortest;
}

enum auth_progress dmarc_walk_from(
    struct text domain, struct answers *answers, struct arena *arena, struct dmarc_walk *walk_r)
{
    const struct dns_answer *found[DMARC_WALK_MAX];
    struct text names[DMARC_WALK_MAX];
    size_t count = list_names(domain, names);
    struct dmarc_walk walk = {.count = 0};

    for (size_t i = 0; i < count; i++)
        found[i] = ask(names[i], answers, arena);
    for (size_t i = 0; i < count; i++) {
        struct dmarc_step *step = &walk.steps[walk.count++];

        step->domain = names[i];
        if (found[i] == NULL)
            return AUTH_WAITING;
        read_step(found[i], arena, step);
        walk.temporary = walk.temporary || step->temporary;
        if (step->record != NULL && step->record->psd != DMARC_PSD_UNKNOWN)
            break;
    }
    walk.organizational_domain = select_organizational(&walk, domain);
    *walk_r = walk;
    return AUTH_DONE;
}
