/* SPDX-License-Identifier: MIT */

/*
 * SPF records and macro strings, without the DNS: the input is a record, a domain-spec and an
 * explanation at once. What is legal is expanded, for an IPv4 and an IPv6 client.
 */

#include <assert.h>

#include "lib/dns/name.h"
#include "lib/mailauth/spf-macro.h"
#include "lib/mailauth/spf-record.h"
#include "lib/mailauth/spf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct spf_macro_values make_values(const char *client)
{
    struct spf_macro_values values = {
        .local_part = TEXT("ann+b.\xc3\xbc"),
        .sender_domain = TEXT("mail.example.org"),
        .domain = TEXT("a.b.c.d.example.org"),
        .validated = TEXT("host.example.org"),
        .helo = TEXT("[192.0.2.1]"),
        .receiver = TEXT("mx.example.net"),
        .now = 1794009600,
    };

    assert(ip_parse(text_from_string(client), &values.client));
    return values;
}

static void expand(struct text text, const char *client, struct arena *arena)
{
    struct spf_macro_values values = make_values(client);
    struct text expanded = TEXT("untouched");

    if (spf_macro_expand(text, &values, arena, &expanded))
        assert(expanded.len <= SPF_EXPANSION_MAX);
    else
        assert(text_equals(expanded, TEXT("untouched")));
    assert(spf_macro_expand_domain(text, &values, arena).len <= DNS_NAME_MAX);
}

/* A domain-spec is a macro-string, and that a legal explanation. */
static void check_string(struct text text, struct arena *arena)
{
    assert(!spf_macro_is_domain_spec(text) || spf_macro_is_string(text));
    assert(!spf_macro_is_string(text) || spf_macro_is_explanation(text));
    for (const char *letter = "slodipvhcrt"; *letter != '\0'; letter++)
        (void)spf_macro_uses(text, *letter);
    if (spf_macro_is_explanation(text)) {
        expand(text, "192.0.2.3", arena);
        expand(text, "2001:db8::cb01", arena);
    }
}

static void check_term(const struct spf_term *term, struct arena *arena)
{
    assert(term->raw.len != 0);
    assert(term->prefix_v4_bits <= 32 && term->prefix_v6_bits <= 128);
    assert(term->mechanism != SPF_INCLUDE || term->target.len != 0);
    assert(term->mechanism != SPF_EXISTS || term->target.len != 0);
    if (term->target.len != 0) {
        assert(spf_macro_is_domain_spec(term->target));
        check_string(term->target, arena);
    }
}

static void check_record(struct text text, struct arena *arena)
{
    struct spf_record record;
    const char *problem = NULL;

    if (!spf_record_parse(text, arena, &record, &problem)) {
        assert(problem != NULL);
        return;
    }
    assert(text.len <= SPF_RECORD_MAX_BYTES && record.count <= SPF_RECORD_TERMS_MAX);
    for (size_t i = 0; i < record.count; i++)
        check_term(&record.terms[i], arena);
    assert(record.redirect.len == 0 || spf_macro_is_domain_spec(record.redirect));
    assert(record.explanation.len == 0 || spf_macro_is_domain_spec(record.explanation));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text text = text_from_bytes((const char *)data, size);
    struct arena *arena = arena_new();

    check_string(text, arena);
    if (spf_record_is_spf(text))
        check_record(text, arena);
    arena_free(&arena);
    return 0;
}
