/* SPDX-License-Identifier: MIT */
#include "lib/engines/dkim-differences.h"

#include "lib/dns/answers.h"
#include "lib/engines/pattern.h"
#include "lib/mailauth/key-record.h"

#define LABEL "[a-z0-9]([a-z0-9-]*[a-z0-9])?"
#define DOMAIN "(" LABEL "\\.)+[a-z0-9-]*[a-z][a-z0-9-]*"
#define SELECTOR_LABEL "[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?"
#define SELECTOR SELECTOR_LABEL "(\\." SELECTOR_LABEL ")*"
#define BLANKS "[ \t\r\n]*"
#define BASE64 "[A-Za-z0-9+/ \t\r\n]*(=" BLANKS "){0,2}"
#define CANON "(simple|relaxed)(/(simple|relaxed))?"
#define TAG BLANKS "[a-z][a-z0-9_]*" BLANKS "=[^\x01-\x08\x0b\x0c\x0e-\x1f\x7f]*"

/* --- what the predicates look at --- */

static struct text value_of(const struct dkim_difference_input *input)
{
    return input->fields[input->index].value;
}

/* The tag's value as written, that of the first of its name; false: there is none. */
static bool find_tag(struct text list, const char *name, struct text *value_r)
{
    struct text piece;

    while (text_split(&list, ';', &piece)) {
        size_t equals = text_find(piece, '=');

        if (text_equals(text_trim(text_head(piece, equals)), text_from_string(name))) {
            *value_r = text_trim(text_skip(piece, equals + 1));
            return true;
        }
    }
    return false;
}

static struct text tag_of(
    const struct dkim_difference_input *input, const char *name, const char *without)
{
    struct text value = text_from_string(without);

    (void)find_tag(value_of(input), name, &value);
    return value;
}

static const struct dns_answer *key_of(const struct dkim_difference_input *input)
{
    struct arena *arena = arena_new();
    const struct dns_answer *answer = answers_peek(input->answers,
        arena_print(arena, "%.*s._domainkey.%.*s", TEXT_ARGS(tag_of(input, "s", "")),
            TEXT_ARGS(tag_of(input, "d", ""))),
        DNS_TXT);

    arena_free(&arena);
    return answer;
}

/* The record of the key; empty: there is none. */
static struct text record_of(const struct dkim_difference_input *input)
{
    const struct dns_answer *answer = key_of(input);

    return answer != NULL && answer->count != 0 ? answer->records[0].text : TEXT("");
}

static bool is_tag_list(struct text text)
{
    struct text piece;

    if (memchr(text.data, '\0', text.len) != NULL)
        return false;
    while (text_split(&text, ';', &piece)) {
        bool is_last = text.data == NULL;

        if (!pattern_matches(piece, TAG) && !(is_last && text_is_empty(text_trim(piece))))
            return false;
    }
    return true;
}

static bool stands_twice(struct text name, struct text rest)
{
    struct text piece;

    while (text_split(&rest, ';', &piece))
        if (text_equals(text_trim(text_head(piece, text_find(piece, '='))), name))
            return true;
    return false;
}

static bool has_twins(struct text text)
{
    struct text piece;

    while (text_split(&text, ';', &piece))
        if (stands_twice(text_trim(text_head(piece, text_find(piece, '='))), text))
            return true;
    return false;
}

static size_t count_in(struct text list, char separator, const char *word)
{
    struct text piece;
    size_t count = 0;

    while (text_split(&list, separator, &piece))
        count += text_equals_nocase(text_trim(piece), text_from_string(word));
    return count;
}

static size_t count_froms(const struct dkim_difference_input *input)
{
    size_t count = 0;

    for (size_t i = 0; i < input->field_count; i++)
        count += text_equals_nocase(input->fields[i].name, TEXT("From"));
    return count;
}

/* --- the predicates --- */

static bool version_stands_late(const void *input)
{
    struct text rest = record_of(input), first;

    return text_split(&rest, ';', &first) && stands_twice(TEXT("v"), rest);
}

static bool has_broken_record(const void *input)
{
    struct text record = record_of(input);

    return !text_is_empty(record) && (!is_tag_list(record) || has_twins(record));
}

/* The record is read, what stands in p= is not. */
static bool has_odd_key(const void *input)
{
    struct arena *arena = arena_new();
    struct key_record record;
    struct public_key *key = NULL;
    bool is_odd = key_record_parse(record_of(input), arena, &record) == KEY_OK &&
                  public_key_parse(record_of(input), &key) == KEY_MALFORMED;

    public_key_release(&key);
    arena_free(&arena);
    return is_odd;
}

static bool is_key_of_another_kind(const void *input)
{
    struct text kind = TEXT("rsa"), algorithm = tag_of(input, "a", "");

    (void)find_tag(record_of(input), "k", &kind);
    return !text_starts_with_nocase(algorithm, kind) ||
           !text_starts_with(text_skip(algorithm, kind.len), TEXT("-"));
}

static bool has_other_query(const void *input)
{
    return count_in(tag_of(input, "q", "dns/txt"), ':', "dns/txt") == 0;
}

static bool has_no_domain(const void *input)
{
    return !pattern_matches(tag_of(input, "d", ""), DOMAIN);
}

static bool has_no_selector(const void *input)
{
    return !pattern_matches(tag_of(input, "s", ""), SELECTOR);
}

static bool has_length(const void *input)
{
    return pattern_matches(tag_of(input, "l", ""), "[0-9]+");
}

static bool has_odd_length(const void *input)
{
    struct text length;

    return find_tag(value_of(input), "l", &length) &&
           (!pattern_matches(length, "[0-9]+") || length.len > 18);
}

static bool has_two_ats(const void *input)
{
    struct text identity = tag_of(input, "i", "");
    size_t count = 0;

    for (size_t i = 0; i < identity.len; i++)
        count += identity.data[i] == '@' || text_starts_with(text_skip(identity, i), TEXT("=40"));
    return count > 1;
}

static bool has_zero_time(const void *input)
{
    return pattern_matches(tag_of(input, "t", ""), "0+");
}

static bool has_expired_just_now(const void *input)
{
    int64_t now = ((const struct dkim_difference_input *)input)->now;
    uint64_t expires;

    return text_to_number(tag_of(input, "x", ""), INT64_MAX, &expires) && (int64_t)expires < now &&
           (int64_t)expires >= now - SIGNATURE_CLOCK_SLACK_S;
}

static bool has_utf8(const void *input)
{
    return pattern_occurs(value_of(input), "[\x80-\xff]");
}

static bool has_twin_tags(const void *input)
{
    return has_twins(value_of(input));
}

static bool has_broken_names(const void *input)
{
    struct text names = tag_of(input, "h", ""), name;

    if (text_is_empty(names) || names.data[names.len - 1] == ':')
        return true;
    while (text_split(&names, ':', &name))
        if (!header_name_is_valid(text_trim(name)))
            return true;
    return false;
}

static bool has_no_from(const void *input)
{
    return count_froms(input) == 0;
}

static bool has_more_froms(const void *input)
{
    return count_froms(input) > count_in(tag_of(input, "h", ""), ':', "From");
}

static bool has_broken_canon(const void *input)
{
    return !pattern_matches(tag_of(input, "c", "simple"), CANON);
}

static bool has_broken_tags(const void *input)
{
    return !is_tag_list(value_of(input));
}

static bool is_broken_base64(struct text value)
{
    size_t count = 0;

    for (size_t i = 0; i < value.len; i++)
        count += !text_is_blank(value.data[i]);
    return !pattern_matches(value, BASE64) || count % 4 != 0;
}

static bool has_broken_base64(const void *input)
{
    return is_broken_base64(tag_of(input, "b", "")) || is_broken_base64(tag_of(input, "bh", ""));
}

static bool key_fails(const void *input)
{
    const struct dns_answer *answer = key_of(input);

    return answer != NULL && answer->status == DNS_TEMPORARY;
}

static bool key_fails_with_length(const void *input)
{
    return key_fails(input) && has_length(input);
}

static bool has_semicolon_name(const void *input)
{
    const struct dkim_difference_input *given = input;

    for (size_t i = 0; i < given->field_count; i++)
        if (text_find(given->fields[i].name, ';') != given->fields[i].name.len)
            return true;
    return false;
}

static bool key_fails_good_field(const void *input)
{
    return key_fails(input) && (has_two_ats(input) || has_zero_time(input) || has_utf8(input) ||
                                   has_semicolon_name(input));
}

/* A CR that is no part of a CRLF, which stands behind each field. */
static bool has_bare(struct text text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] == '\r' && (i + 1 == text.len || text.data[i + 1] != '\n'))
            return true;
    return false;
}

static bool has_bare_cr(const void *input)
{
    const struct dkim_difference_input *given = input;

    for (size_t i = 0; i < given->field_count; i++)
        if (has_bare(given->fields[i].raw))
            return true;
    return has_bare(given->body);
}

/* --- the table --- */

#define RECORD "permfail key record malformed"
/* What we say without a key in hand: not of keys, of bodies, or that a signature did not verify. */
#define FIELD_FAULT "permfail ([^kbmnps]|k[^e]|b[^o]|m[^o]|n[^o]|p[^a]|s[^i]|signature [^d]).*"

/* clang-format off */
const struct difference dkim_differences[] = {
    {"v= of a key not first", "RFC 6376 §3.6.1", "v= of a key record, where it stands, is the first tag, and in capitals",
     RECORD, "success", version_stands_late},
    {"key record no tag list", "RFC 6376 §3.2, 3.6.1", "an empty tag or the same one twice makes no tag list",
     RECORD, "success", has_broken_record},
    {"k= against a=", "RFC 6376 §3.6.1, 6.1.2", "k= says what p= is; they decode whatever a= wants",
     RECORD "|permfail key is of another algorithm", "success", is_key_of_another_kind},
    {"more than a key in p=", "RFC 6376 §3.6.1, RFC 8017 A.1.1", "p= is the DER of one key, in base64, and nothing behind it",
     RECORD, "success", has_odd_key},
    {"query method", "RFC 6376 §3.5, 6.1.1", "only dns/txt is known; they ask whatever stands in q=",
     "permfail unknown query method", "success", has_other_query},
    {"d= no domain", "RFC 6376 §3.5", "d= is a domain name",
     "permfail d= is no domain", "success", has_no_domain},
    {"s= no selector", "RFC 6376 §3.1", "s= is a part of a domain name",
     "permfail s= is no selector", "success", has_no_selector},
    {"l= within the body", "RFC 6376 §8.2", "what lies behind l= may be anybody's: no pass unless a setting says so",
     "permfail part of the body is not signed", "success", has_length},
    {"l= no number", "RFC 6376 §3.5", "l= is a number of at most 76 digits, and none is too large to be compared",
     "permfail l= is no length", "success", has_odd_length},
    {"at-signs in i=", "RFC 6376 §3.5", "the domain of i= stands behind the last at-sign; =40 is one as well",
     "success", "permfail invalid domain coverage", has_two_ats},
    {"time zero", "RFC 6376 §3.5", "0 is a time, and long ago; they take it for the future",
     "success", "permfail signature timestamp in the future", has_zero_time},
    {"expired a moment ago", "RFC 6376 §3.5", "x= has passed when it has passed; they allow for clocks that are 300 seconds late",
     "permfail signature expired", "success", has_expired_just_now},
    {"UTF-8 in a tag", "RFC 8616 §3", "a tag's value may hold UTF-8",
     "success", "permfail unread: Syntax error", has_utf8},
    {"tag twice", "RFC 6376 §3.2", "a tag that stands twice makes the list invalid",
     "permfail a tag stands twice", "success", has_twin_tags},
    {"h= no names", "RFC 6376 §3.5", "h= holds names of fields with colons between them",
     "permfail h= is malformed", "success", has_broken_names},
    {"no From", "RFC 6376 §5.4, RFC 5322 §3.6", "a message without From is none of RFC 5322, and From is what is signed for",
     "permfail message has no From field", "success", has_no_from},
    {"several From", "RFC 6376 §8.15", "a From above or below the one that is signed is what the reader may see",
     "permfail more From fields than signed", "success", has_more_froms},
    {"blanks in c=", "RFC 6376 §3.5", "c= is one of four words",
     "permfail unknown canonicalization", "success", has_broken_canon},
    {"signature no tag list", "RFC 6376 §3.2", "what is between two semicolons is a name, an equals sign and a value",
     "permfail signature field malformed", "success", has_broken_tags},
    {"b= no base64", "RFC 6376 §3.5", "they pass over what is no base64, and do not miss what is missing at its end",
     "permfail bh?= is no .*", "success", has_broken_base64},
    {"bare CR", "RFC 6376 §2.8, 3.4", "a CR without LF is no blank",
     "success|permfail (signature|body hash) did not verify", "success|permfail signature verification failed", has_bare_cr},
    {"semicolon in a field's name", "RFC 5322 §3.6.8", "any visible byte but a colon may be in the name of a field",
     "success", "permfail unread: Syntax error", has_semicolon_name},
    {"failing key, broken field", "RFC 6376 §6.1", "whether the field or its key is looked at first is nobody's rule; both mean no pass",
     FIELD_FAULT, "tempfail .*", key_fails},
    {"broken field, failing key", "RFC 6376 §6.1", "the same, where they find fault with a field that is good",
     "tempfail .*", "permfail .*", key_fails_good_field},
    {"l= of a failing key", "RFC 6376 §6.1", "the same, where they hold l= against the body before they have a key",
     "tempfail .*", "permfail (length tag value exceeds body size|body length value invalid)", key_fails_with_length},
    {.name = NULL},
};
/* clang-format on */

/* --- results --- */

struct text dkim_difference_ours(const struct signature_verdict *verdict, struct arena *arena)
{
    const char *reason =
        verdict->reason != NULL ? verdict->reason : auth_result_word(verdict->result);

    if (verdict->result == AUTH_PASS)
        return TEXT("success");
    return arena_print(
        arena, "%s %s", verdict->result == AUTH_TEMPERROR ? "tempfail" : "permfail", reason);
}

struct text dkim_difference_theirs(const struct libopendkim_opinion *opinion, struct arena *arena)
{
    static const char *const words[] = {"success", "tempfail", "permfail", "permfail unread:"};
    const char *behind = opinion->words != NULL ? opinion->words : "";

    return arena_print(
        arena, "%s%s%s", words[opinion->status], behind[0] != '\0' ? " " : "", behind);
}
