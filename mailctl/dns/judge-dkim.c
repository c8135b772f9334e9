/* SPDX-License-Identifier: MIT */

/*
 * DKIM: a key is fine only where the DNS shows that very key, alone. How the record is written
 * (blanks, the order of tags) is its own business.
 */

#include "lib/base/base64.h"
#include "lib/mailauth/key.h"
#include "lib/mailauth/taglist.h"
#include "mailctl/dns/judge.h"

#define KEY_TAGS_MAX 32

/* A published key beside ours: as bytes, so that blanks in base64 make no difference. */
struct comparison {
    const struct zone_record *wanted;
    const struct dkim_key *key;
    struct text shown;
};

static bool key_bytes(struct text record, struct arena *arena, struct text *bytes_r)
{
    struct taglist tags;
    const struct text *value;
    unsigned char *bytes;
    size_t len;

    if (record.len > KEY_RECORD_MAX_BYTES ||
        taglist_parse(record, KEY_TAGS_MAX, arena, &tags) != TAGLIST_OK)
        return false;
    value = taglist_find(&tags, "p");
    if (value == NULL)
        return false;
    bytes = arena_alloc(arena, BASE64_DECODED_MAX(value->len));
    if (!base64_decode(*value, bytes, &len))
        return false;
    *bytes_r = text_from_bytes((const char *)bytes, len);
    return true;
}

static void say(struct check *check, const struct comparison *at, const char *code,
    struct text message, struct text change)
{
    check_say(check, FINDING_ERROR, code, at->wanted->owner, "TXT", message, change);
}

static void publish(
    struct check *check, const struct comparison *at, const char *code, struct text message)
{
    say(check, at, code, message, check_publish(check, at->wanted));
}

static void judge_same_key(struct check *check, const struct comparison *at)
{
    struct public_key *key = NULL;
    enum key_status status = public_key_parse(at->shown, &key);

    if (status != KEY_OK)
        publish(check, at, "dkim-unsuited",
            arena_print(
                check->arena, "it is our key, but receivers say: %s", key_status_text(status)));
    else if (public_key_is_testing(key))
        check_say(check, FINDING_WARNING, "dkim-testing", at->wanted->owner, "TXT",
            TEXT("it is our key, but t=y says that signatures are to count for nothing"),
            TEXT("take t=y away"));
    else
        check_fine(check, RECORD_DKIM, at->wanted->owner, "TXT", TEXT("it is our key"));
    public_key_release(&key);
}

/* Whatever is shown but an empty p= lets what it has signed pass. */
static void judge_revoked(struct check *check, const struct comparison *at, struct text shown)
{
    if (shown.len == 0)
        check_fine(check, RECORD_DKIM, at->wanted->owner, "TXT", TEXT("the key is revoked"));
    else
        publish(check, at, "dkim-not-revoked", TEXT("the key is revoked, and the record has one"));
}

static void judge_text(struct check *check, const struct comparison *at)
{
    struct text ours, shown;

    if (text_find(at->shown, '"') != at->shown.len) {
        publish(check, at, "dkim-quoted", TEXT("quotes stand in the record itself"));
        return;
    }
    if (!key_bytes(at->shown, check->arena, &shown)) {
        publish(check, at, "dkim-malformed",
            TEXT("it cannot be read: it was cut off, or broken while it was entered"));
        return;
    }
    if (at->key->state == DKIM_KEY_REVOKED) {
        judge_revoked(check, at, shown);
        return;
    }
    if (shown.len == 0) {
        publish(check, at, "dkim-revoked", TEXT("an empty p= says that the key is revoked"));
        return;
    }
    if (!key_bytes(at->key->record, check->arena, &ours) || !text_equals(ours, shown)) {
        publish(check, at, "dkim-other-key", TEXT("it is another key than ours"));
        return;
    }
    judge_same_key(check, at);
}

/* What it has signed may still be under way, to somebody who then finds no key. */
static void judge_missing_retired(struct check *check, const struct comparison *at)
{
    if (check->now - at->key->state_since >= check->mail_life_s ||
        check_missing_elsewhere(check, FINDING_ERROR, at->wanted))
        return;
    publish(check, at, "dkim-too-early",
        TEXT("it is not there any more, and mail that the key signed may still be under way"));
}

/* Without its key in the DNS nothing that is signed with it passes. */
static void judge_missing(struct check *check, const struct comparison *at)
{
    switch (at->key->state) {
    case DKIM_KEY_REVOKED:
    case DKIM_KEY_GONE:
    case DKIM_KEY_UNKNOWN:
        return;
    case DKIM_KEY_RETIRED:
        judge_missing_retired(check, at);
        return;
    default:
        check_missing(check, at->key->state == DKIM_KEY_ACTIVE ? FINDING_ERROR : FINDING_WARNING,
            "dkim-missing", at->wanted);
    }
}

/* --- aliases -------------------------------------------------------------- */

/*
 * Whether receivers come to where the key's record is to be: what is wrong with the alias is said
 * by judge_aliases().
 */
static bool is_reached(struct check *check, const struct comparison *at)
{
    struct zone_seen seen;

    if (at->key->zone.len == 0)
        return true;
    if (!zone_view_see(
            check->view, dkim_key_owner(at->key, check->arena), DNS_CNAME, check->arena, &seen)) {
        check->is_waiting = true;
        return false;
    }
    return seen.answer->count == 1 &&
           text_equals_nocase(seen.answer->records[0].text, at->wanted->owner);
}

/* Mail fails where the key of that name has signed it. */
static enum finding_level alias_level(const struct check *check, struct text owner)
{
    for (size_t i = 0; i < check->request->key_count; i++) {
        const struct dkim_key *key = &check->request->keys[i];

        if ((key->state == DKIM_KEY_ACTIVE || key->state == DKIM_KEY_RETIRED) &&
            text_equals(dkim_key_owner(key, check->arena), owner))
            return FINDING_ERROR;
    }
    return FINDING_WARNING;
}

static bool is_alias_of(struct text target, const struct zone_record *wanted)
{
    return text_equals_nocase(target, text_head(wanted->data, wanted->data.len - 1));
}

static void judge_aliases(struct check *check)
{
    size_t at = 0;
    struct zone_seen seen;

    for (const struct zone_record *wanted;
         (wanted = check_wanted(check, RECORD_DKIM, "CNAME", &at)) != NULL;) {
        enum finding_level level = alias_level(check, wanted->owner);

        if (!check_see(check, wanted->owner, DNS_CNAME, &seen))
            continue;
        if (seen.answer->count == 0)
            check_missing(check, level, "dkim-alias-missing", wanted);
        else if (is_alias_of(seen.answer->records[0].text, wanted))
            check_fine(check, RECORD_DKIM, wanted->owner, "CNAME",
                TEXT("it leads to the zone that has the keys"));
        else
            check_say(check, level, "dkim-alias-other", wanted->owner, "CNAME",
                arena_print(check->arena, "it is an alias of %.*s, where our keys are not",
                    TEXT_ARGS(check_safe(check, seen.answer->records[0].text))),
                check_publish(check, wanted));
    }
}

static void judge_key(struct check *check, struct comparison *at)
{
    struct zone_seen seen;

    if (!is_reached(check, at))
        return;
    if (!check_see(check, at->wanted->owner, DNS_TXT, &seen))
        return;
    if (seen.answer->count == 0) {
        judge_missing(check, at);
    } else if (seen.answer->count > 1) {
        say(check, at, "dkim-several",
            arena_print(check->arena, "there are %zu records, and receivers take any of them",
                seen.answer->count),
            TEXT("leave ours alone there"));
    } else {
        at->shown = seen.answer->records[0].text;
        judge_text(check, at);
    }
}

void judge_dkim(struct check *check)
{
    size_t at = 0, key = 0;

    for (const struct zone_record *wanted;
         (wanted = check_wanted(check, RECORD_DKIM, "TXT", &at)) != NULL; key++) {
        struct comparison comparison = {
            .wanted = wanted, .key = &check->request->keys[key], .shown = TEXT_NONE};

        judge_key(check, &comparison);
    }
    judge_aliases(check);
    if (check->request->wants[RECORD_DKIM] && check->request->key_count == 0)
        check_say(check, FINDING_WARNING, "dkim-no-key", check->request->domain, NULL,
            TEXT("the domain has no key, so nothing is signed"),
            arena_print(check->arena, "mailctl dkim generate %.*s --dual",
                TEXT_ARGS(check->request->domain)));
}
