/* SPDX-License-Identifier: MIT */

#include "lib/mailauth/spf-record.h"

#include <arpa/inet.h>

#include "lib/mailauth/spf-macro.h"
#include "lib/mailauth/spf.h"

#define VERSION TEXT("v=spf1")

/* A parse under way. The first problem stays. */
struct parse {
    struct spf_record record;
    struct spf_term *terms;
    size_t room;
    bool has_redirect, has_explanation;
    const char *problem;
};

static bool fail(struct parse *parse, const char *problem)
{
    parse->problem = problem;
    return false;
}

bool spf_record_is_spf(struct text text)
{
    return text_starts_with_nocase(text, VERSION) &&
           (text.len == VERSION.len || text.data[VERSION.len] == ' ');
}

/* "0" to "32" or "128": no sign, no leading zero. */
static bool parse_prefix(struct text digits, unsigned max, unsigned *bits_r)
{
    uint64_t number;

    if ((digits.len > 1 && digits.data[0] == '0') || !text_to_number(digits, max, &number))
        return false;
    *bits_r = (unsigned)number;
    return true;
}

/* Length of the digits at the end of text. */
static size_t trailing_digits(struct text text)
{
    size_t len = 0;

    while (len < text.len && text_is_digit(text.data[text.len - 1 - len]))
        len++;
    return len;
}

static bool ends_with_slash(struct text text)
{
    return text_ends_with_nocase(text, TEXT("/"));
}

/*
 * dual-cidr-length = [ "/" ip4 ] [ "//" ip6 ], taken off the end of *text. A slash may be part of
 * a domain-spec too, but never of its last label, so reading backwards is unambiguous.
 */
static bool take_dual_prefix(struct text *text, struct spf_term *term)
{
    size_t digits = trailing_digits(*text);
    struct text before = text_head(*text, text->len - digits);

    if (!ends_with_slash(before))
        return true;
    before.len--;
    if (ends_with_slash(before)) {
        if (!parse_prefix(text_skip(*text, text->len - digits), 128, &term->prefix_v6_bits))
            return false;
        before.len--;
        *text = before;
        digits = trailing_digits(*text);
        before = text_head(*text, text->len - digits);
        if (!ends_with_slash(before))
            return true;
        before.len--;
    }
    if (!parse_prefix(text_skip(*text, text->len - digits), 32, &term->prefix_v4_bits))
        return false;
    *text = before;
    return true;
}

/* [ ":" domain-spec ], all of text. */
static bool parse_target(struct parse *parse, struct text text, struct spf_term *term)
{
    if (text.len == 0)
        return true;
    if (text.data[0] != ':' || !spf_macro_is_domain_spec(text_skip(text, 1)))
        return fail(parse, "a term's domain is malformed");
    term->target = text_skip(text, 1);
    return true;
}

static bool parse_nothing(struct parse *parse, struct text text, struct spf_term *term)
{
    (void)term;
    return text.len == 0 || fail(parse, "all takes no argument");
}

static bool parse_required_target(struct parse *parse, struct text text, struct spf_term *term)
{
    if (text.len == 0)
        return fail(parse, "a term lacks its domain");
    return parse_target(parse, text, term);
}

static bool parse_target_and_prefix(struct parse *parse, struct text text, struct spf_term *term)
{
    if (!take_dual_prefix(&text, term))
        return fail(parse, "a prefix length is malformed");
    return parse_target(parse, text, term);
}

/* ":" network [ "/" prefix ] for both families: address_r gets the text of the address. */
static bool split_network(
    struct text text, unsigned max_bits, char address_r[IP_TEXT_MAX], unsigned *bits_r)
{
    size_t slash;

    if (text.len == 0 || text.data[0] != ':')
        return false;
    text = text_skip(text, 1);
    slash = text_find(text, '/');
    *bits_r = max_bits;
    if (slash < text.len && !parse_prefix(text_skip(text, slash + 1), max_bits, bits_r))
        return false;
    text = text_head(text, slash);
    if (text.len >= IP_TEXT_MAX || text_find(text, '\0') < text.len)
        return false;
    memcpy(address_r, text.data, text.len); /* nothing is no address, as inet_pton() says */
    address_r[text.len] = '\0';
    return true;
}

static bool parse_ip4(struct parse *parse, struct text text, struct spf_term *term)
{
    struct ip ip = {.family = IP_V4};
    char address[IP_TEXT_MAX];
    unsigned bits;

    if (!split_network(text, 32, address, &bits) || inet_pton(AF_INET, address, ip.bytes) != 1)
        return fail(parse, "an ip4 network is malformed");
    term->network = ip_network_of(&ip, bits);
    return true;
}

/*
 * Not by ip_parse(), which makes an IPv4 address of a mapped one: ip6 terms match IPv6 clients
 * alone (§5).
 */
static bool parse_ip6(struct parse *parse, struct text text, struct spf_term *term)
{
    struct ip ip = {.family = IP_V6};
    char address[IP_TEXT_MAX];
    unsigned bits;

    if (!split_network(text, 128, address, &bits) || inet_pton(AF_INET6, address, ip.bytes) != 1)
        return fail(parse, "an ip6 network is malformed");
    term->network = ip_network_of(&ip, bits);
    return true;
}

static const struct mechanism {
    const char *name;
    enum spf_mechanism mechanism;
    bool (*parse_arguments)(struct parse *parse, struct text text, struct spf_term *term);
} mechanisms[] = {
    {"all",     SPF_ALL,     parse_nothing          },
    {"include", SPF_INCLUDE, parse_required_target  },
    {"a",       SPF_A,       parse_target_and_prefix},
    {"mx",      SPF_MX,      parse_target_and_prefix},
    {"ptr",     SPF_PTR,     parse_target           },
    {"ip4",     SPF_IP4,     parse_ip4              },
    {"ip6",     SPF_IP6,     parse_ip6              },
    {"exists",  SPF_EXISTS,  parse_required_target  },
};

static const struct mechanism *find_mechanism(struct text name)
{
    for (size_t i = 0; i < sizeof mechanisms / sizeof mechanisms[0]; i++)
        if (text_equals_nocase(name, text_from_string(mechanisms[i].name)))
            return &mechanisms[i];
    return NULL;
}

static void add_term(struct parse *parse, const struct spf_term *term)
{
    parse->terms[parse->record.count++] = *term;
}

/* qualifier = "+" / "-" / "?" / "~", taken off *text. */
static enum auth_result take_qualifier(struct text *text)
{
    enum auth_result result = AUTH_PASS;

    switch (text->data[0]) {
    case '+':
        break;
    case '-':
        result = AUTH_FAIL;
        break;
    case '~':
        result = AUTH_SOFTFAIL;
        break;
    case '?':
        result = AUTH_NEUTRAL;
        break;
    default:
        return AUTH_PASS;
    }
    *text = text_skip(*text, 1);
    return result;
}

/* Length of the longest beginning that could be a name. */
static size_t name_length(struct text text)
{
    size_t len = 0;

    while (len < text.len && (text_is_alnum(text.data[len]) || text.data[len] == '-' ||
                                 text.data[len] == '_' || text.data[len] == '.'))
        len++;
    return len;
}

/* directive = [ qualifier ] mechanism */
static bool parse_directive(struct parse *parse, struct text text)
{
    struct spf_term term = {.raw = text, .prefix_v4_bits = 32, .prefix_v6_bits = 128};
    const struct mechanism *mechanism;
    size_t len;

    term.result = take_qualifier(&text);
    len = name_length(text);
    mechanism = find_mechanism(text_head(text, len));
    if (mechanism == NULL)
        return fail(parse, "unknown mechanism");
    term.mechanism = mechanism->mechanism;
    if (!mechanism->parse_arguments(parse, text_skip(text, len), &term))
        return false;
    add_term(parse, &term);
    return true;
}

static bool set_once(struct parse *parse, bool *has, struct text *spec_r, struct text value)
{
    if (*has)
        return fail(parse, "a modifier stands twice");
    if (!spf_macro_is_domain_spec(value))
        return fail(parse, "a modifier's domain is malformed");
    *has = true;
    *spec_r = value;
    return true;
}

/*
 * modifier = redirect / explanation / unknown-modifier. A known name with a bad value is an error
 * and not an unknown modifier.
 */
static bool parse_modifier(struct parse *parse, struct text name, struct text value)
{
    if (!text_is_alpha(name.data[0]))
        return fail(parse, "a modifier's name is malformed");
    if (text_equals_nocase(name, TEXT("redirect")))
        return set_once(parse, &parse->has_redirect, &parse->record.redirect, value);
    if (text_equals_nocase(name, TEXT("exp")))
        return set_once(parse, &parse->has_explanation, &parse->record.explanation, value);
    return spf_macro_is_string(value) || fail(parse, "a modifier's value is malformed");
}

/* A term is a modifier where "=" follows its name before any ":" or "/" (§4.6.1). */
static bool parse_term(struct parse *parse, struct text text)
{
    size_t len = name_length(text);

    if (len != 0 && len < text.len && text.data[len] == '=')
        return parse_modifier(parse, text_head(text, len), text_skip(text, len + 1));
    return parse_directive(parse, text);
}

static size_t count_terms(struct text terms)
{
    struct text term;
    size_t count = 0;

    while (text_split(&terms, ' ', &term))
        count += term.len != 0;
    return count;
}

bool spf_record_parse(
    struct text text, struct arena *arena, struct spf_record *record_r, const char **problem_r)
{
    struct parse parse = {.problem = NULL};
    struct text terms = text_skip(text, VERSION.len), term;
    size_t count = count_terms(terms);

    if (text.len > SPF_RECORD_MAX_BYTES || count > SPF_RECORD_TERMS_MAX) {
        *problem_r = "the record is too long";
        return false;
    }
    parse.terms = arena_alloc_zero(arena, count + 1, sizeof *parse.terms);
    while (text_split(&terms, ' ', &term)) {
        if (term.len != 0 && !parse_term(&parse, term)) {
            *problem_r = parse.problem;
            return false;
        }
    }
    parse.record.terms = parse.terms;
    *record_r = parse.record;
    return true;
}
