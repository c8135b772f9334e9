/* SPDX-License-Identifier: MIT */

/* DMARC policy records (RFC 9989 §4.7-4.8). */

#include "lib/mailauth/dmarc.h"
#include "lib/mailauth/taglist.h"

#define TAGS_MAX 64

const char *dmarc_policy_word(enum dmarc_policy policy)
{
    static const char *const words[] = {
        [DMARC_POLICY_NONE] = "none",
        [DMARC_POLICY_QUARANTINE] = "quarantine",
        [DMARC_POLICY_REJECT] = "reject",
    };

    return words[policy];
}

static struct text skip_blanks(struct text text)
{
    while (text.len != 0 && (text.data[0] == ' ' || text.data[0] == '\t'))
        text = text_skip(text, 1);
    return text;
}

/* dmarc-version = "v" equals %s"DMARC1", then a separator or the end. */
static bool has_version(struct text text)
{
    if (!text_starts_with_nocase(text, TEXT("v")))
        return false;
    text = skip_blanks(text_skip(text, 1));
    if (!text_starts_with(text, TEXT("=")))
        return false;
    text = skip_blanks(text_skip(text, 1));
    if (!text_starts_with(text, TEXT("DMARC1")))
        return false;
    text = skip_blanks(text_skip(text, 6));
    return text.len == 0 || text.data[0] == ';';
}

/* --- reporting URIs (§4.6) --- */

static bool is_uri_byte(char byte)
{
    const struct text others = TEXT("-._~:/?#[]@$&'()*+;=%");

    return text_is_alnum(byte) || text_find(others, byte) != others.len;
}

/* The obsolete "!10m" at the end is passed over. */
static struct text without_size(struct text uri)
{
    size_t mark = text_find_last(uri, '!');
    size_t at = mark + 1;

    while (at < uri.len && text_is_digit(uri.data[at]))
        at++;
    if (at == mark + 1)
        return uri;
    if (at < uri.len && text_find(TEXT("kmgt"), text_lower(uri.data[at])) < 4)
        at++;
    return at == uri.len ? text_head(uri, mark) : uri;
}

static bool is_later_scheme_byte(char byte)
{
    return text_is_digit(byte) || byte == '+' || byte == '-' || byte == '.';
}

static bool is_scheme(struct text scheme)
{
    for (size_t i = 0; i < scheme.len; i++)
        if (!text_is_alpha(scheme.data[i]) && (i == 0 || !is_later_scheme_byte(scheme.data[i])))
            return false;
    return scheme.len != 0;
}

/* URI of RFC 3986 as far as its bytes go; a mailto besides needs an address. */
static bool is_uri(struct text uri)
{
    size_t colon, at;

    uri = without_size(text_trim(uri));
    colon = text_find(uri, ':');
    if (colon + 1 >= uri.len || !is_scheme(text_head(uri, colon)))
        return false;
    for (size_t i = colon; i < uri.len; i++) {
        if (!is_uri_byte(uri.data[i]))
            return false;
        if (uri.data[i] == '%' && (i + 2 >= uri.len || text_hex_value(uri.data[i + 1]) < 0 ||
                                      text_hex_value(uri.data[i + 2]) < 0))
            return false;
    }
    if (!text_equals_nocase(text_head(uri, colon), TEXT("mailto")))
        return true;
    uri = text_skip(uri, colon + 1);
    at = text_find(uri, '@');
    return at != 0 && at + 1 < uri.len;
}

static bool has_uri(struct text list)
{
    struct text uri;

    for (size_t i = 0; i < DMARC_URIS_MAX && text_split(&list, ',', &uri); i++)
        if (is_uri(uri))
            return true;
    return false;
}

/* --- tags --- */

/* Names in any case, though they should be in lower case. */
static struct text find_value(const struct taglist *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (text_equals_nocase(list->tags[i].name, text_from_string(name)))
            return list->tags[i].value;
    return TEXT_NONE;
}

static bool is_value(struct text value, const char *word)
{
    return text_equals_nocase(value, text_from_string(word));
}

/* Reads one of p, sp and np: *has_r where it is there; false where it is there and wrong. */
static bool read_policy(
    const struct taglist *list, const char *name, bool *has_r, enum dmarc_policy *policy_r)
{
    struct text value = find_value(list, name);

    if (value.data == NULL)
        return true;
    for (enum dmarc_policy policy = DMARC_POLICY_NONE; policy <= DMARC_POLICY_REJECT; policy++) {
        if (!is_value(value, dmarc_policy_word(policy)))
            continue;
        *has_r = true;
        *policy_r = policy;
        return true;
    }
    return false;
}

/* Fills in p, sp and np (§4.7, 4.10.1). False where they are unusable. */
static bool read_policies(const struct taglist *list, struct dmarc_record *record)
{
    bool is_valid = read_policy(list, "sp", &record->has_sp, &record->sp);

    (void)read_policy(list, "p", &record->has_p, &record->p); /* a wrong one is none */
    is_valid = read_policy(list, "np", &record->has_np, &record->np) && is_valid;
    if (!is_valid || !record->has_p) {
        record->p = record->sp = record->np = DMARC_POLICY_NONE;
        record->has_p = record->has_sp = record->has_np = false;
        return has_uri(record->rua);
    }
    if (!record->has_sp)
        record->sp = record->p;
    if (!record->has_np)
        record->np = record->sp;
    return true;
}

static enum dmarc_psd read_psd(struct text value)
{
    if (is_value(value, "y"))
        return DMARC_PSD_YES;
    return is_value(value, "n") ? DMARC_PSD_NO : DMARC_PSD_UNKNOWN;
}

/* A name that differs in case alone is the same name. */
static bool has_twins(const struct taglist *list)
{
    for (size_t i = 0; i < list->count; i++)
        for (size_t j = i + 1; j < list->count; j++)
            if (text_equals_nocase(list->tags[i].name, list->tags[j].name))
                return true;
    return false;
}

enum dmarc_parse dmarc_record_parse(
    struct text text, struct arena *arena, struct dmarc_record *record_r)
{
    struct dmarc_record record = {.raw = text};
    struct taglist list;
    bool is_usable;

    if (!has_version(text))
        return DMARC_PARSE_NOT_DMARC;
    if (text.len > DMARC_RECORD_MAX_BYTES ||
        taglist_parse_forgiving(text, TAGS_MAX, arena, &list) != TAGLIST_OK || has_twins(&list)) {
        *record_r = record;
        return DMARC_PARSE_UNUSABLE;
    }
    record.rua = find_value(&list, "rua");
    record.ruf = find_value(&list, "ruf");
    record.fo = find_value(&list, "fo");
    record.psd = read_psd(find_value(&list, "psd"));
    record.testing = is_value(find_value(&list, "t"), "y");
    record.dkim_strict = is_value(find_value(&list, "adkim"), "s");
    record.spf_strict = is_value(find_value(&list, "aspf"), "s");
    is_usable = read_policies(&list, &record);
    *record_r = record;
    return is_usable ? DMARC_PARSE_OK : DMARC_PARSE_UNUSABLE;
}
