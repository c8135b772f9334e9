/* SPDX-License-Identifier: MIT */
#include "lib/engines/spf-differences.h"

#include "lib/dns/name.h"
#include "lib/engines/pattern.h"
#include "lib/mailauth/spf-record.h"

/* Names whose records are looked at: as many as a check may have, and the first. */
#define RECORDS_MAX (SPF_LOOKUP_TERMS_MAX + 1)

/* What two sides have looked at, as far as it can be read without a macro. */
struct records {
    struct arena *arena;
    struct text names[RECORDS_MAX];
    struct text texts[RECORDS_MAX];
    size_t count;
};

static struct text identity_domain(const struct spf_query *query)
{
    size_t at = text_find_last(query->sender, '@');

    if (query->sender.len == 0)
        return query->helo;
    return at == query->sender.len ? query->sender : text_skip(query->sender, at + 1);
}

static bool is_known(const struct records *records, struct text name)
{
    for (size_t i = 0; i < records->count; i++)
        if (text_equals_nocase(records->names[i], name))
            return true;
    return false;
}

static void add_name(struct records *records, struct text name)
{
    if (records->count < RECORDS_MAX && !is_known(records, name))
        records->names[records->count++] = name;
}

/* The names that include: and redirect= of a record lead to, whatever the record is else. */
static void follow(struct records *records, struct text record)
{
    struct text term;

    while (text_split(&record, ' ', &term)) {
        size_t sign = text_find_text(term, TEXT("include:"));

        if (sign <= 1 && sign < term.len)
            add_name(records, text_skip(term, sign + strlen("include:")));
        else if (pattern_matches(text_head(term, 9), "redirect[=:]"))
            add_name(records, text_skip(term, 9));
    }
}

static void read_records(struct records *records, const struct spf_difference_input *input)
{
    *records = (struct records){.arena = arena_new()};
    add_name(records, identity_domain(input->query));
    for (size_t i = 0; i < records->count; i++) {
        const struct dns_answer *answer = answers_peek(input->answers, records->names[i], DNS_TXT);

        records->texts[i] = TEXT("");
        for (size_t j = 0; answer != NULL && j < answer->count; j++)
            if (spf_record_is_spf(answer->records[j].text))
                records->texts[i] = answer->records[j].text;
        follow(records, records->texts[i]);
    }
}

static bool any_record_occurs(const void *input, const char *pattern)
{
    struct records records;
    bool occurs = false;

    read_records(&records, input);
    for (size_t i = 0; i < records.count; i++)
        occurs = occurs || pattern_occurs(records.texts[i], pattern);
    arena_free(&records.arena);
    return occurs;
}

/* --- the predicates --- */

static bool is_loopback(const void *input)
{
    return ip_is_loopback(&((const struct spf_difference_input *)input)->query->client);
}

static bool has_malformed_record(const void *input)
{
    struct records records;
    bool is_malformed = false;

    read_records(&records, input);
    for (size_t i = 0; i < records.count; i++) {
        struct spf_record record;
        const char *problem;

        is_malformed = is_malformed ||
                       (spf_record_is_spf(records.texts[i]) &&
                           !spf_record_parse(records.texts[i], records.arena, &record, &problem));
    }
    arena_free(&records.arena);
    return is_malformed;
}

static bool has_zero_prefix(const void *input)
{
    return any_record_occurs(input, "/0( |/|$)");
}

static bool has_term(const void *input)
{
    return any_record_occurs(input, " [+?~-]?(a|mx|ptr|exists|include|redirect)");
}

static bool has_early_redirect(const void *input)
{
    return any_record_occurs(
        input, " redirect=.* [+?~-]?(all|a|mx|ptr|ip4|ip6|exists|include)( |$|:|/)");
}

static bool has_no_domain(const void *input)
{
    return !dns_name_is_domain(
        identity_domain(((const struct spf_difference_input *)input)->query));
}

/* More than letters and digits in the name of a modifier. */
static bool has_odd_modifier(const void *input)
{
    return any_record_occurs(input, " [a-z][a-z0-9]*[-_.][a-z0-9_.-]*=");
}

static bool has_exchange(const void *input)
{
    return any_record_occurs(input, " [+?~-]?mx( |$|:|/)");
}

/* The names that the client's address has; NULL: nobody has asked. */
static const struct dns_answer *names_of_client(const void *input)
{
    const struct spf_difference_input *given = input;
    struct arena *arena = arena_new();
    const struct dns_answer *answer = NULL;

    if (given->query->client.family != IP_NONE)
        answer =
            answers_peek(given->answers, dns_name_reverse(&given->query->client, arena), DNS_PTR);
    arena_free(&arena);
    return answer;
}

static bool has_failing_reverse(const void *input)
{
    return any_record_occurs(input, " [+?~-]?ptr( |$|:)") && names_of_client(input) != NULL;
}

static bool has_many_names(const void *input)
{
    const struct dns_answer *names = names_of_client(input);

    return has_failing_reverse(input) && names->count > SPF_PTR_NAMES_MAX;
}

static bool has_choice_of_names(const void *input)
{
    const struct dns_answer *names = names_of_client(input);

    return any_record_occurs(input, "%\\{p") && names != NULL && names->count > 1;
}

#define DECIDED "(none|neutral|pass|softfail|fail)"
#define ANY DECIDED "|(perm|temp)error .*"

/* clang-format off */
const struct difference spf_differences[] = {
    {"a client of the loopback network", "RFC 7208 §2.3, 4.6", "the record decides for every client; they give these a pass unseen",
     ANY, "pass", is_loopback},
    {"no domain name", "RFC 7208 §4.3", "a name of one label, or what is none, has no record; they look for one",
     "none", ANY, has_no_domain},
    {"malformed record", "RFC 7208 §4.6, 12", "an error anywhere in a record makes it a permerror; they take some for good and some for no record",
     "permerror .*", ANY, has_malformed_record},
    {"lookup limits", "RFC 7208 §4.6.4", "ten terms and two void lookups are allowed for the whole check; they count anew for each include, and no void ones",
     "permerror (more than|too many) .*", ANY, has_term},
    {"a prefix of no bits", "RFC 7208 §5.6", "/0 is a network of all addresses; they take it for an error, or for none",
     DECIDED, ANY, has_zero_prefix},
    {"redirect= before the end", "RFC 7208 §6.1", "redirect= counts when no mechanism matches, wherever it stands; they run it in place",
     ANY, ANY, has_early_redirect},
    {"names of modifiers", "RFC 7208 §12", "there may be hyphens, underscores and dots in the name of a modifier",
     DECIDED, "permerror (Invalid character found|Could not find a valid SPF record)", has_odd_modifier},
    {"failing exchange", "RFC 7208 §5.4", "an exchange that matches is enough, whichever other fails",
     DECIDED, "temperror .*", has_exchange},
    {"many names of a client", "RFC 7208 §4.6.4", "of the names of a client the first ten are looked at; more are no error",
     DECIDED, "permerror .*", has_many_names},
    {"failing reverse lookup", "RFC 7208 §5.5", "a failing lookup of the client's names matches nothing, and one of a name's addresses passes over that name",
     DECIDED, "temperror .*", has_failing_reverse},
    {"choice of a validated name", "RFC 7208 §7.3", "%{p} is a name in the domain at hand where there is one; they take the first",
     DECIDED, DECIDED, has_choice_of_names},
    {.name = NULL},
};
/* clang-format on */

struct text spf_difference_result(const struct spf_verdict *verdict, struct arena *arena)
{
    const char *word = auth_result_word(verdict->result);

    if (verdict->result != AUTH_TEMPERROR && verdict->result != AUTH_PERMERROR)
        return text_from_string(word);
    return arena_print(arena, "%s %s", word, verdict->problem != NULL ? verdict->problem : "");
}
