/* SPDX-License-Identifier: MIT */
#include "lib/mailauth/signature-field.h"

#include "lib/base/base64.h"
#include "lib/dns/name.h"
#include "lib/mailauth/message.h"
#include "lib/mailauth/signature.h"
#include "lib/mailauth/taglist.h"

#define B_HEAD_LEN 8             /* RFC 6008 */
#define TIME_MAX 999999999999    /* t= and x= have at most 12 digits */
#define BODY_LIMIT_DIGITS_MAX 76 /* l= */
#define INSTANCE_DIGITS_MAX 2

static struct text lower_copy(struct text text, struct arena *arena)
{
    char *copy = arena_copy_string(arena, text);

    text_lower_bytes(copy, text.len);
    return text_from_bytes(copy, text.len);
}

static struct text without_blanks(struct text text, struct arena *arena)
{
    char *copy = arena_alloc(arena, text.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++)
        if (!text_is_blank(text.data[i]))
            copy[len++] = text.data[i];
    return text_from_bytes(copy, len);
}

/* --- one function per tag: NULL, or what is wrong --- */

static const char *read_version(
    struct text value, struct arena *arena, struct signature_field *field)
{
    (void)arena, (void)field;
    return text_equals(value, TEXT("1")) ? NULL : "unknown signature version";
}

static const char *read_algorithm(
    struct text value, struct arena *arena, struct signature_field *field)
{
    field->algorithm_word = lower_copy(value, arena);
    if (text_equals(field->algorithm_word, TEXT("rsa-sha256")))
        field->algorithm = KEY_RSA;
    else if (text_equals(field->algorithm_word, TEXT("ed25519-sha256")))
        field->algorithm = KEY_ED25519;
    else if (text_equals(field->algorithm_word, TEXT("rsa-sha1")))
        return "algorithm rsa-sha1 is not accepted"; /* RFC 8301 §3.1 */
    else
        return "unknown algorithm";
    return NULL;
}

/* A name as the grammar has it: without the final dot that the DNS would pass over. */
static bool read_name(struct text value, struct arena *arena, struct text *name_r)
{
    return !text_ends_with_nocase(value, TEXT(".")) && dns_name_normalize(value, arena, name_r);
}

static const char *read_domain(
    struct text value, struct arena *arena, struct signature_field *field)
{
    struct text domain;

    if (!read_name(value, arena, &domain) || !dns_name_is_domain(domain))
        return "d= is no domain";
    field->domain = domain;
    field->identity_domain = domain;
    field->identity = arena_print(arena, "@%.*s", TEXT_ARGS(domain));
    return NULL;
}

static const char *read_selector(
    struct text value, struct arena *arena, struct signature_field *field)
{
    return read_name(value, arena, &field->selector) ? NULL : "s= is no selector";
}

static const char *read_signature(
    struct text value, struct arena *arena, struct signature_field *field)
{
    unsigned char *bytes = arena_alloc(arena, BASE64_DECODED_MAX(value.len));

    field->b_head = text_head(without_blanks(value, arena), B_HEAD_LEN);
    if (!base64_decode(value, bytes, &field->signature_len) || field->signature_len == 0)
        return "b= is no base64";
    field->signature = bytes;
    return NULL;
}

static const char *read_body_hash(
    struct text value, struct arena *arena, struct signature_field *field)
{
    unsigned char *bytes = arena_alloc(arena, BASE64_DECODED_MAX(value.len));
    size_t len;

    if (!base64_decode(value, bytes, &len) || len != sizeof field->body_hash)
        return "bh= is no SHA-256 hash";
    memcpy(field->body_hash, bytes, len);
    return NULL;
}

static bool read_canon(struct text word, enum canon *canon_r)
{
    if (text_equals_nocase(word, TEXT("simple")))
        *canon_r = CANON_SIMPLE;
    else if (text_equals_nocase(word, TEXT("relaxed")))
        *canon_r = CANON_RELAXED;
    else
        return false;
    return true;
}

/* "header/body"; the body's is simple where it is not named. */
static const char *read_canons(
    struct text value, struct arena *arena, struct signature_field *field)
{
    size_t slash = text_find(value, '/');

    (void)arena;
    field->body_canon = CANON_SIMPLE;
    if (!read_canon(text_head(value, slash), &field->header_canon) ||
        (slash != value.len && !read_canon(text_skip(value, slash + 1), &field->body_canon)))
        return "unknown canonicalization";
    return NULL;
}

static bool names_have(const struct signature_field *field, struct text name)
{
    for (size_t i = 0; i < field->name_count; i++)
        if (text_equals_nocase(field->names[i], name))
            return true;
    return false;
}

/* Names in h= between colons, blanks around them removed. */
static const char *read_name_list(
    struct text value, bool may_be_empty, struct arena *arena, struct signature_field *field)
{
    struct text rest = value, name, *names;
    size_t count = 1;

    for (size_t i = 0; i < value.len; i++)
        count += value.data[i] == ':';
    if (count > SIGNATURE_SIGNED_FIELDS_MAX)
        return "too many names in h=";
    names = arena_alloc_zero(arena, count, sizeof *names);
    count = 0;
    while (text_split(&rest, ':', &name)) {
        names[count] = text_trim(name);
        if (names[count].len == 0 && may_be_empty)
            continue;
        if (!header_name_is_valid(names[count]))
            return "h= is malformed";
        count++;
    }
    field->names = names;
    field->name_count = count;
    return NULL;
}

/* From must be one of them. */
static const char *read_names(struct text value, struct arena *arena, struct signature_field *field)
{
    const char *problem = read_name_list(value, false, arena, field);

    if (problem == NULL && !names_have(field, TEXT("From")))
        problem = "From is not signed";
    return problem;
}

/* RFC 8617 §4.1.2; a name without a field signs its absence, an empty one as well. */
static const char *read_arc_names(
    struct text value, struct arena *arena, struct signature_field *field)
{
    const char *problem = read_name_list(value, true, arena, field);

    if (names_have(field, TEXT("ARC-Seal")))
        problem = "an ARC-Seal is signed";
    return problem;
}

/* Undoes the quoted-printable of §2.11: blanks go, "=3B" becomes ";". */
static bool unquote(struct text value, struct arena *arena, struct text *plain_r)
{
    struct text quoted = without_blanks(value, arena);
    char *plain = arena_alloc(arena, quoted.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < quoted.len; i++) {
        int high, low;

        if (quoted.data[i] != '=') {
            plain[len++] = quoted.data[i];
            continue;
        }
        if (quoted.len - i < 3)
            return false;
        high = text_hex_value(quoted.data[i + 1]);
        low = text_hex_value(quoted.data[i + 2]);
        if (high < 0 || low < 0)
            return false;
        plain[len++] = (char)(high * 16 + low);
        i += 2;
    }
    *plain_r = text_from_bytes(plain, len);
    return true;
}

/* [local-part] "@" domain, where the domain is d= or below it. Read after d=. */
static const char *read_identity(
    struct text value, struct arena *arena, struct signature_field *field)
{
    struct text plain, domain;
    size_t at;

    if (!unquote(value, arena, &plain))
        return "i= is malformed";
    at = text_find_last(plain, '@');
    if (!read_name(text_skip(plain, at + 1), arena, &domain))
        return "i= is malformed";
    if (!dns_name_is_within(domain, field->domain))
        return "i= is not within d=";
    field->identity_domain = domain;
    field->identity = arena_print(arena, "%.*s@%.*s", (int)at, plain.data, TEXT_ARGS(domain));
    return NULL;
}

/* The one way to get a key that there is must be among those offered. */
static const char *read_query(struct text value, struct arena *arena, struct signature_field *field)
{
    struct text rest = value, method;

    (void)arena, (void)field;
    while (text_split(&rest, ':', &method))
        if (text_equals_nocase(text_trim(method), TEXT("dns/txt")))
            return NULL;
    return "unknown query method";
}

static const char *read_body_limit(
    struct text value, struct arena *arena, struct signature_field *field)
{
    uint64_t limit = 0;

    (void)arena;
    if (value.len == 0 || value.len > BODY_LIMIT_DIGITS_MAX)
        return "l= is no length";
    for (size_t i = 0; i < value.len; i++)
        if (!text_is_digit(value.data[i]))
            return "l= is no length";
    /* A number too large for us is larger than any body as well. */
    if (!text_to_number(value, MESSAGE_BODY_ALL - 1, &limit))
        limit = MESSAGE_BODY_ALL - 1;
    field->body_limit = limit;
    return NULL;
}

static const char *read_time(struct text value, int64_t *time_r)
{
    uint64_t number;

    if (!text_to_number(value, TIME_MAX, &number))
        return "a time is malformed";
    *time_r = (int64_t)number;
    return NULL;
}

static const char *read_made_at(
    struct text value, struct arena *arena, struct signature_field *field)
{
    (void)arena;
    return read_time(value, &field->made_at);
}

/* Read after t=, which it must lie behind. */
static const char *read_expires_at(
    struct text value, struct arena *arena, struct signature_field *field)
{
    const char *problem = read_time(value, &field->expires_at);

    (void)arena;
    if (problem == NULL && field->expires_at <= field->made_at)
        return "x= is not after t=";
    return problem;
}

/* --- ARC's own tags (RFC 8617 §4.1) --- */

bool signature_instance_parse(struct text text, unsigned *instance_r)
{
    uint64_t number;

    if (text.len > INSTANCE_DIGITS_MAX || !text_to_number(text, SIGNATURE_INSTANCE_MAX, &number) ||
        number == 0)
        return false;
    *instance_r = (unsigned)number;
    return true;
}

static const char *read_instance(
    struct text value, struct arena *arena, struct signature_field *field)
{
    (void)arena;
    return signature_instance_parse(value, &field->instance) ? NULL : "i= is no instance";
}

static const char *read_chain(struct text value, struct arena *arena, struct signature_field *field)
{
    (void)arena;
    if (text_equals(value, TEXT("none")))
        field->chain = SIGNATURE_CHAIN_NONE;
    else if (text_equals(value, TEXT("pass")))
        field->chain = SIGNATURE_CHAIN_PASS;
    else if (text_equals(value, TEXT("fail")))
        field->chain = SIGNATURE_CHAIN_FAIL;
    else
        return "cv= is unknown";
    return NULL;
}

static const char *refuse_names(
    struct text value, struct arena *arena, struct signature_field *field)
{
    (void)value, (void)arena, (void)field;
    return "a seal has h=";
}

/* --- all tags that mean something to us, in the order in which they are read --- */

struct tag_rule {
    const char *name;
    const char *missing; /* what to say where it must be there and is not */
    const char *(*read)(struct text value, struct arena *arena, struct signature_field *field);
};

static const struct tag_rule dkim_rules[] = {
    {"d",  "d= is missing",  read_domain    },
    {"s",  "s= is missing",  read_selector  },
    {"a",  "a= is missing",  read_algorithm },
    {"b",  "b= is missing",  read_signature },
    {"v",  "v= is missing",  read_version   },
    {"i",  NULL,             read_identity  },
    {"bh", "bh= is missing", read_body_hash },
    {"h",  "h= is missing",  read_names     },
    {"c",  NULL,             read_canons    },
    {"q",  NULL,             read_query     },
    {"l",  NULL,             read_body_limit},
    {"t",  NULL,             read_made_at   },
    {"x",  NULL,             read_expires_at},
    {NULL, NULL,             NULL           },
};

static const struct tag_rule arc_message_rules[] = {
    {"i",  "i= is missing",  read_instance  },
    {"d",  "d= is missing",  read_domain    },
    {"s",  "s= is missing",  read_selector  },
    {"a",  "a= is missing",  read_algorithm },
    {"b",  "b= is missing",  read_signature },
    {"bh", "bh= is missing", read_body_hash },
    {"h",  "h= is missing",  read_arc_names },
    {"c",  NULL,             read_canons    },
    {"q",  NULL,             read_query     },
    {"l",  NULL,             read_body_limit},
    {"t",  NULL,             read_made_at   },
    {"x",  NULL,             read_expires_at},
    {NULL, NULL,             NULL           },
};

static const struct tag_rule arc_seal_rules[] = {
    {"i",  "i= is missing",  read_instance },
    {"cv", "cv= is missing", read_chain    },
    {"d",  "d= is missing",  read_domain   },
    {"s",  "s= is missing",  read_selector },
    {"a",  "a= is missing",  read_algorithm},
    {"b",  "b= is missing",  read_signature},
    {"h",  NULL,             refuse_names  },
    {"t",  NULL,             read_made_at  },
    {NULL, NULL,             NULL          },
};

static const struct tag_rule *const kind_rules[] = {
    [SIGNATURE_DKIM] = dkim_rules,
    [SIGNATURE_ARC_MESSAGE] = arc_message_rules,
    [SIGNATURE_ARC_SEAL] = arc_seal_rules,
};

static const char *read_tags(const struct tag_rule *rule, const struct taglist *tags,
    struct arena *arena, struct signature_field *field)
{
    const char *first_problem = NULL;

    for (; rule->name != NULL; rule++) {
        const struct text *value = taglist_find(tags, rule->name);
        const char *problem = value != NULL ? rule->read(*value, arena, field) : rule->missing;

        if (first_problem == NULL)
            first_problem = problem;
    }
    return first_problem;
}

const char *signature_field_parse(
    enum signature_kind kind, struct text value, struct arena *arena, struct signature_field *field)
{
    struct taglist tags;

    *field = (struct signature_field){
        .header_canon = kind == SIGNATURE_DKIM ? CANON_SIMPLE : CANON_RELAXED,
        .body_canon = kind == SIGNATURE_DKIM ? CANON_SIMPLE : CANON_RELAXED,
        .body_limit = MESSAGE_BODY_ALL,
        .made_at = SIGNATURE_NO_TIME,
        .expires_at = SIGNATURE_NO_TIME,
    };
    if (value.len > SIGNATURE_FIELD_MAX)
        return "signature field too long";
    switch (taglist_parse(value, SIGNATURE_TAGS_MAX, arena, &tags)) {
    case TAGLIST_OK:
        return read_tags(kind_rules[kind], &tags, arena, field);
    case TAGLIST_DUPLICATE:
        return "a tag stands twice";
    case TAGLIST_TOO_MANY:
        return "too many tags";
    case TAGLIST_SYNTAX:
        break;
    }
    return "signature field malformed";
}
