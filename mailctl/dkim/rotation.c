/* SPDX-License-Identifier: MIT */
#include "mailctl/dkim/rotation.h"

#include <assert.h>

#include "lib/store/dkim-delegation.h"

struct walk {
    const struct dkim_key_list *keys; /* as they were */
    const struct rotation_look *looks;
    const struct rotation_rules *rules;
    int64_t now;
    struct rotation_step *steps;
    size_t count;
    bool had_active; /* before any key moved */
};

static const char *const wait_words[] = {
    [ROTATION_WAITS_NOT] = "",
    [ROTATION_WAITS_FOR_AGE] = "age",
    [ROTATION_WAITS_FOR_SUCCESSOR] = "successor",
    [ROTATION_WAITS_FOR_NAME] = "name",
    [ROTATION_WAITS_FOR_RECORD] = "record",
    [ROTATION_WAITS_FOR_CORRECTION] = "correction",
    [ROTATION_WAITS_FOR_SERVERS] = "servers",
    [ROTATION_WAITS_FOR_ANSWER] = "answer",
    [ROTATION_WAITS_FOR_CACHES] = "caches",
    [ROTATION_WAITS_FOR_MAIL] = "mail",
    [ROTATION_WAITS_FOR_SIGNER] = "signer",
    [ROTATION_WAITS_FOR_REVOCATION] = "revocation",
    [ROTATION_WAITS_FOR_NOTICE] = "notice",
    [ROTATION_WAITS_FOR_REMOVAL] = "removal",
};

const char *rotation_wait_word(enum rotation_wait wait)
{
    assert((size_t)wait < sizeof wait_words / sizeof *wait_words);
    return wait_words[wait];
}

bool rotation_wait_is_for_people(enum rotation_wait wait)
{
    switch (wait) {
    case ROTATION_WAITS_FOR_RECORD:
    case ROTATION_WAITS_FOR_CORRECTION:
    case ROTATION_WAITS_FOR_REVOCATION:
    case ROTATION_WAITS_FOR_REMOVAL:
        return true;
    default:
        return false;
    }
}

/* --- the keys of the domain ----------------------------------------------- */

static bool takes_place_of(const struct dkim_key *key, const struct dkim_key *former)
{
    return !text_is_empty(key->replaces) && text_equals(key->replaces, former->selector);
}

/* It signs, and the key whose place it takes does, too. */
static bool is_taking_over(const struct dkim_key_list *keys, const struct dkim_key *key)
{
    for (size_t i = 0; i < keys->count && key->state == DKIM_KEY_ACTIVE; i++)
        if (keys->items[i].state == DKIM_KEY_ACTIVE && takes_place_of(key, &keys->items[i]))
            return true;
    return false;
}

static bool had_active(const struct dkim_key_list *keys)
{
    for (size_t i = 0; i < keys->count; i++)
        if (keys->items[i].state == DKIM_KEY_ACTIVE)
            return true;
    return false;
}

static bool has_retired(const struct dkim_key_list *keys)
{
    for (size_t i = 0; i < keys->count; i++)
        if (keys->items[i].state == DKIM_KEY_RETIRED)
            return true;
    return false;
}

/* A key signs, and the DNS shows it: its mail needs no other. */
static bool has_shown_signer(const struct walk *walk)
{
    for (size_t i = 0; i < walk->count; i++)
        if (walk->steps[i].key.state == DKIM_KEY_ACTIVE && walk->looks[i].sight == ROTATION_KEY)
            return true;
    return false;
}

/* It signed once, or was not let. What is in an unknown state may still come. */
static bool is_past(const struct dkim_key *key)
{
    return key->state > DKIM_KEY_ACTIVE && key->state != DKIM_KEY_UNKNOWN;
}

/* The index of the key that is to replace this one, or count. */
static size_t find_successor(const struct walk *walk, const struct dkim_key *key)
{
    size_t i = 0;

    while (i < walk->count &&
           (is_past(&walk->steps[i].key) || !takes_place_of(&walk->steps[i].key, key)))
        i++;
    return i;
}

static void enter(struct rotation_step *step, enum dkim_key_state state, int64_t now)
{
    step->key.state = state;
    step->key.state_since = now;
    if (state == DKIM_KEY_PUBLISHED)
        step->key.seen = now;
    else if (state == DKIM_KEY_MADE || state > DKIM_KEY_RETIRED)
        step->key.seen = 0;
}

static void await(struct rotation_step *step, enum rotation_wait wait)
{
    step->wait = wait;
    step->until = 0;
}

static void await_time(struct rotation_step *step, enum rotation_wait wait, int64_t until)
{
    step->wait = wait;
    step->until = until;
}

/* What a key waits for whose record is not there as it should be, or was not looked for yet. */
static enum rotation_wait missing_wait(enum rotation_sight sight)
{
    switch (sight) {
    case ROTATION_UNSEEN:
    case ROTATION_NOTHING:
        return ROTATION_WAITS_FOR_RECORD;
    case ROTATION_MIXED:
        return ROTATION_WAITS_FOR_SERVERS;
    case ROTATION_REVOKED:
    case ROTATION_OTHER:
        return ROTATION_WAITS_FOR_CORRECTION;
    default:
        return ROTATION_WAITS_FOR_ANSWER;
    }
}

static void note_ttl(struct rotation_step *step, const struct rotation_look *look)
{
    int64_t ttl_s = look->ttl_s < ROTATION_TTL_MAX_S ? look->ttl_s : ROTATION_TTL_MAX_S;

    if (ttl_s > step->key.ttl_s)
        step->key.ttl_s = ttl_s;
}

/* --- a step from each state: true where the key has entered another ------- */

static bool from_made(
    const struct walk *walk, struct rotation_step *step, const struct rotation_look *look)
{
    if (walk->rules->force) {
        enter(step, DKIM_KEY_ACTIVE, walk->now);
        return true;
    }
    note_ttl(step, look);
    if (look->sight == ROTATION_KEY) {
        enter(step, DKIM_KEY_PUBLISHED, walk->now);
        return true;
    }
    await(step, missing_wait(look->sight));
    return false;
}

static bool from_published(
    const struct walk *walk, struct rotation_step *step, const struct rotation_look *look)
{
    bool is_told = look->sight != ROTATION_UNSEEN && look->sight != ROTATION_UNKNOWN;
    int64_t until;

    note_ttl(step, look);
    until = step->key.seen + step->key.ttl_s;
    if (walk->rules->force ||
        (look->sight == ROTATION_KEY && (walk->now >= until || !walk->had_active))) {
        enter(step, DKIM_KEY_ACTIVE, walk->now);
        return true;
    }
    if (is_told && look->sight != ROTATION_KEY) {
        enter(step, DKIM_KEY_MADE, walk->now);
        return true;
    }
    if (is_told)
        await_time(step, ROTATION_WAITS_FOR_CACHES, until);
    else
        await(step, ROTATION_WAITS_FOR_ANSWER);
    return false;
}

/* A rotation that is under way is not begun once more. */
static bool may_begin(const struct walk *walk, const struct rotation_step *step)
{
    const struct dkim_key *former = &walk->keys->items[step - walk->steps];

    return walk->rules->begin && former->state == DKIM_KEY_ACTIVE &&
           !is_taking_over(walk->keys, former);
}

static bool is_taken(const struct walk *walk, struct text selector)
{
    for (size_t i = 0; i < walk->count; i++) {
        const struct dkim_key *key = &walk->steps[i].key;

        if (text_equals(key->selector, selector))
            return key->state != DKIM_KEY_GONE || key->seen == 0;
    }
    return false;
}

/* A name for its successor that none of the others' successors gets. */
static bool has_name_left(const struct walk *walk, const struct rotation_step *step)
{
    struct text algorithm = step->key.algorithm;
    size_t free = 0, needed = 0;

    if (!walk->rules->is_delegated)
        return true;
    for (size_t i = 0; i < DKIM_DELEGATION_NAMES; i++)
        free += !is_taken(walk, dkim_delegation_selector(algorithm, i));
    for (size_t i = 0; i < walk->count; i++)
        needed += &walk->steps[i] != step && walk->steps[i].needs_successor &&
                  text_equals(walk->steps[i].key.algorithm, algorithm);
    return free > needed;
}

/* Without a successor: until it is old enough to get one. */
static void await_age(const struct walk *walk, struct rotation_step *step)
{
    int64_t until = step->key.state_since + walk->rules->rotate_after_s;
    bool is_old = walk->rules->rotate_after_s != 0 && walk->now >= until;
    bool is_due = is_old || may_begin(walk, step);

    step->needs_successor = is_due && has_name_left(walk, step);
    if (is_due)
        await(step, step->needs_successor ? ROTATION_WAITS_FOR_SUCCESSOR : ROTATION_WAITS_FOR_NAME);
    else if (walk->rules->rotate_after_s != 0)
        await_time(step, ROTATION_WAITS_FOR_AGE, until);
    else
        await(step, ROTATION_WAITS_NOT);
}

/* It gives its place only to a key that the DNS shows, too. */
static bool from_active(
    const struct walk *walk, struct rotation_step *step, const struct rotation_look *look)
{
    size_t successor = find_successor(walk, &step->key);

    if (successor == walk->count) {
        await_age(walk, step);
    } else if (walk->steps[successor].key.state == DKIM_KEY_ACTIVE &&
               (walk->rules->force || walk->looks[successor].sight == ROTATION_KEY)) {
        enter(step, DKIM_KEY_RETIRED, walk->now);
        return true;
    } else {
        await(step, ROTATION_WAITS_FOR_SUCCESSOR);
    }
    if (look->sight == ROTATION_NOTHING || look->sight == ROTATION_OTHER ||
        look->sight == ROTATION_REVOKED)
        await(step, missing_wait(look->sight));
    return false;
}

/*
 * A revoked key cannot come back: where no other key signs whose signatures receivers can verify,
 * whoever mends that may still need this one.
 */
static bool from_retired(
    const struct walk *walk, struct rotation_step *step, const struct rotation_look *look)
{
    int64_t until = step->key.state_since + walk->rules->queue_life_s;

    (void)look;
    if (walk->now < until) {
        await_time(step, ROTATION_WAITS_FOR_MAIL, until);
    } else if (!has_shown_signer(walk)) {
        await(step, ROTATION_WAITS_FOR_SIGNER);
    } else {
        enter(step, DKIM_KEY_REVOKED, walk->now);
        return true;
    }
    return false;
}

static enum rotation_wait revoked_wait(enum rotation_sight sight)
{
    switch (sight) {
    case ROTATION_UNKNOWN:
        return ROTATION_WAITS_FOR_ANSWER;
    case ROTATION_MIXED:
        return ROTATION_WAITS_FOR_SERVERS;
    default:
        return ROTATION_WAITS_FOR_REVOCATION;
    }
}

/* What shows no record any more has nothing left to be revoked. */
static bool from_revoked(
    const struct walk *walk, struct rotation_step *step, const struct rotation_look *look)
{
    int64_t until;

    if (look->sight == ROTATION_REVOKED && step->key.seen == 0)
        step->key.seen = walk->now;
    until = step->key.seen + walk->rules->queue_life_s;
    if (look->sight == ROTATION_NOTHING || (step->key.seen != 0 && walk->now >= until)) {
        enter(step, DKIM_KEY_GONE, walk->now);
        return true;
    }
    if (step->key.seen != 0)
        await_time(step, ROTATION_WAITS_FOR_NOTICE, until);
    else
        await(step, revoked_wait(look->sight));
    return false;
}

static bool from_gone(
    const struct walk *walk, struct rotation_step *step, const struct rotation_look *look)
{
    if (look->sight == ROTATION_NOTHING && step->key.seen == 0)
        step->key.seen = walk->now;
    if (step->key.seen != 0)
        await(step, ROTATION_WAITS_NOT);
    else if (look->sight == ROTATION_UNKNOWN)
        await(step, ROTATION_WAITS_FOR_ANSWER);
    else
        await(step, ROTATION_WAITS_FOR_REMOVAL);
    return false;
}

static bool from_unknown(
    const struct walk *walk, struct rotation_step *step, const struct rotation_look *look)
{
    (void)walk;
    (void)look;
    await(step, ROTATION_WAITS_NOT);
    return false;
}

/* --- the walk ------------------------------------------------------------- */

typedef bool step_fn(
    const struct walk *walk, struct rotation_step *step, const struct rotation_look *look);

static step_fn *const from[] = {
    [DKIM_KEY_MADE] = from_made,
    [DKIM_KEY_PUBLISHED] = from_published,
    [DKIM_KEY_ACTIVE] = from_active,
    [DKIM_KEY_RETIRED] = from_retired,
    [DKIM_KEY_REVOKED] = from_revoked,
    [DKIM_KEY_GONE] = from_gone,
    [DKIM_KEY_UNKNOWN] = from_unknown,
};

bool rotation_needs_look(const struct dkim_key_list *keys, const struct dkim_key *key)
{
    switch (key->state) {
    case DKIM_KEY_ACTIVE:
        return is_taking_over(keys, key) || has_retired(keys);
    case DKIM_KEY_RETIRED:
    case DKIM_KEY_UNKNOWN:
        return false;
    case DKIM_KEY_GONE:
        return key->seen == 0;
    default:
        return true;
    }
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* The latest time that anybody has noted of the keys. */
static int64_t latest_of(const struct dkim_key_list *keys)
{
    int64_t latest = 0;

    for (size_t i = 0; i < keys->count; i++)
        if (keys->items[i].state != DKIM_KEY_UNKNOWN)
            latest = later(latest, later(keys->items[i].created,
                                       later(keys->items[i].state_since, keys->items[i].seen)));
    return latest;
}

/*
 * A time to come was written by a clock that was ahead, or is read by one that is behind: waiting
 * begins now, not then. Should the clock come to that time after all, it was behind, and what it
 * noted meanwhile lies too far back: waiting begins once more.
 */
static struct rotation_step first_step(const struct dkim_key *key, int64_t latest, int64_t now)
{
    struct rotation_step step = {.key = *key};

    if (key->state == DKIM_KEY_UNKNOWN)
        return step;
    step.key.state_since = earlier(key->state_since, now);
    step.key.seen = earlier(key->seen, now);
    if (latest > now) {
        step.key.doubted = later(key->doubted, latest);
    } else if (key->doubted != 0 && now >= key->doubted) {
        step.key.state_since = key->state == DKIM_KEY_ACTIVE ? key->doubted : now;
        step.key.seen = key->seen != 0 ? now : 0;
        step.key.doubted = 0;
    }
    return step;
}

/* What one key enters may move another: over again, until all stand. */
void rotation_walk(const struct dkim_key_list *keys, const struct rotation_look *looks,
    const struct rotation_rules *rules, int64_t now, struct rotation_step *steps)
{
    struct walk walk = {.keys = keys,
        .looks = looks,
        .rules = rules,
        .now = now,
        .steps = steps,
        .count = keys->count,
        .had_active = had_active(keys)};
    int64_t latest = latest_of(keys);
    bool has_moved = true;

    for (size_t i = 0; i < keys->count; i++)
        steps[i] = first_step(&keys->items[i], latest, now);
    while (has_moved) {
        has_moved = false;
        for (size_t i = 0; i < keys->count; i++)
            has_moved |= from[steps[i].key.state](&walk, &steps[i], &looks[i]);
    }
}
