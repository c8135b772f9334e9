/* SPDX-License-Identifier: MIT */
#include "mailctl/dkim/rotation-view.h"

#include "mailctl/directory.h"
#include "mailctl/listing.h"
#include "mailctl/output.h"

/* --- sentences ------------------------------------------------------------ */

static struct text unknown_sentence(
    const struct invocation *invocation, const struct key_look *look)
{
    if (look == NULL || look->server.len == 0)
        return TEXT(
            "its zone's name servers could not be found (--resolver asks another resolver)");
    return arena_print(
        invocation->arena, "the name server %.*s could not tell", TEXT_ARGS(look->server));
}

static struct text mixed_sentence(const struct invocation *invocation, const struct key_look *look)
{
    return arena_print(invocation->arena,
        "the name server %.*s shows something else than the others",
        TEXT_ARGS(look != NULL ? look->server : TEXT_NONE));
}

/* Where the name leads is where the record is to be. */
static struct text place(
    const struct invocation *invocation, const struct dkim_key *key, const struct key_look *look)
{
    return look != NULL && look->alias.len != 0 ? look->alias
                                                : dkim_key_place(key, invocation->arena);
}

static struct text publish_sentence(const struct invocation *invocation, const struct dkim_key *key,
    const struct key_look *look, const char *before)
{
    return arena_print(invocation->arena,
        "%spublish the record of %.*s (mailctl dkim show %.*s %.*s)", before,
        TEXT_ARGS(place(invocation, key, look)), TEXT_ARGS(key->domain), TEXT_ARGS(key->selector));
}

/* It was looked for, and the domain's zone does not lead to ours. */
static bool lacks_alias(const struct dkim_key *key, const struct key_look *look)
{
    return key->zone.len != 0 && look != NULL && look->look.sight == ROTATION_NOTHING &&
           look->alias.len == 0;
}

static struct text record_sentence(
    const struct invocation *invocation, const struct dkim_key *key, const struct key_look *look)
{
    if (lacks_alias(key, look))
        return arena_print(invocation->arena,
            "%.*s is no alias yet, and its record to be published (mailctl dkim show %.*s %.*s)",
            TEXT_ARGS(dkim_key_owner(key, invocation->arena)), TEXT_ARGS(key->domain),
            TEXT_ARGS(key->selector));
    return publish_sentence(invocation, key, look, "");
}

static struct text time_sentence(
    const struct invocation *invocation, const struct rotation_step *step, const char *before)
{
    return arena_print(
        invocation->arena, "%s %.*s", before, TEXT_ARGS(directory_time(invocation, step->until)));
}

static struct text people_sentence(const struct invocation *invocation,
    const struct rotation_step *step, const struct key_look *look)
{
    switch (step->wait) {
    case ROTATION_WAITS_FOR_RECORD:
        return record_sentence(invocation, &step->key, look);
    case ROTATION_WAITS_FOR_CORRECTION:
        return publish_sentence(
            invocation, &step->key, look, "the DNS shows something else than this key: ");
    case ROTATION_WAITS_FOR_REVOCATION:
        return arena_print(invocation->arena, "change the record of %.*s to \"v=DKIM1; p=\"",
            TEXT_ARGS(place(invocation, &step->key, look)));
    default:
        return arena_print(invocation->arena, "take the record of %.*s out of the DNS",
            TEXT_ARGS(place(invocation, &step->key, look)));
    }
}

static struct text sentence(const struct invocation *invocation, const struct rotation_step *step,
    const struct key_look *look)
{
    switch (step->wait) {
    case ROTATION_WAITS_NOT:
        return step->key.state == DKIM_KEY_UNKNOWN
                   ? TEXT("left to a later version of mailctl, which knows this state")
                   : TEXT_NONE;
    case ROTATION_WAITS_FOR_AGE:
        return time_sentence(invocation, step, "signs; a successor is made from");
    case ROTATION_WAITS_FOR_SUCCESSOR:
        return TEXT("signs until its successor does");
    case ROTATION_WAITS_FOR_NAME:
        return TEXT("signs; a successor is made once the name of the key before it is free");
    case ROTATION_WAITS_FOR_SERVERS:
        return mixed_sentence(invocation, look);
    case ROTATION_WAITS_FOR_ANSWER:
        return unknown_sentence(invocation, look);
    case ROTATION_WAITS_FOR_CACHES:
        return time_sentence(invocation, step, "all name servers show it; caches do from");
    case ROTATION_WAITS_FOR_MAIL:
        return time_sentence(invocation, step, "mail that it signed may be under way until");
    case ROTATION_WAITS_FOR_SIGNER:
        return TEXT("kept until the DNS shows a key that signs for the domain");
    case ROTATION_WAITS_FOR_NOTICE:
        return time_sentence(invocation, step, "its record says so until");
    default:
        return people_sentence(invocation, step, look);
    }
}

struct text rotation_view_obstacle(const struct invocation *invocation, const struct key_look *look)
{
    switch (look->look.sight) {
    case ROTATION_NOTHING:
        return TEXT("the DNS shows no record of it");
    case ROTATION_MIXED:
        return mixed_sentence(invocation, look);
    case ROTATION_REVOKED:
    case ROTATION_OTHER:
        return TEXT("the DNS shows something else than this key");
    default:
        return unknown_sentence(invocation, look);
    }
}

/* --- rows ----------------------------------------------------------------- */

struct rotation_row rotation_view_row(const struct invocation *invocation,
    const struct rotation_step *step, enum dkim_key_state former, const struct key_look *look)
{
    return (struct rotation_row){.step = *step,
        .former = former,
        .is_new = look == NULL,
        .sentence = sentence(invocation, step, look)};
}

bool rotation_view_is_news(const struct rotation_row *row)
{
    return row->is_new || row->step.key.state != row->former ||
           row->step.wait == ROTATION_WAITS_FOR_ANSWER ||
           rotation_wait_is_for_people(row->step.wait);
}

static struct text change_of(const struct invocation *invocation, const struct rotation_row *row)
{
    struct text state = dkim_key_word(&row->step.key);

    if (row->is_new || row->step.key.state == row->former)
        return state;
    return arena_print(
        invocation->arena, "%.*s, was %s", TEXT_ARGS(state), dkim_key_state_word(row->former));
}

static void to_cells(const struct invocation *invocation, const void *item, struct text *cells)
{
    const struct rotation_row *row = item;

    cells[0] = row->step.key.domain;
    cells[1] = row->step.key.selector;
    cells[2] = change_of(invocation, row);
    cells[3] = row->sentence;
}

static json_t *to_json(const struct invocation *invocation, const void *item)
{
    const struct rotation_row *row = item;
    const struct dkim_key *key = &row->step.key;

    (void)invocation;
    return json_pack("{s:o, s:o, s:o, s:s?, s:o, s:s?, s:o, s:o}", "domain",
        output_json_text(key->domain), "selector", output_json_text(key->selector), "state",
        output_json_text(dkim_key_word(key)), "was",
        row->is_new ? NULL : dkim_key_state_word(row->former), "state_since",
        directory_json_time(key->state_since), "waits_for",
        row->step.wait == ROTATION_WAITS_NOT ? NULL : rotation_wait_word(row->step.wait), "until",
        row->step.until != 0 ? directory_json_time(row->step.until) : json_null(), "message",
        output_json_text(row->sentence));
}

void rotation_view_print(
    const struct invocation *invocation, const struct rotation_row *rows, size_t count)
{
    static const char *const headings[] = {"domain", "selector", "state", "waits for", NULL};
    static const struct listing listing = {
        headings, sizeof(struct rotation_row), to_cells, to_json};

    listing_print(invocation, &listing, rows, count);
}
