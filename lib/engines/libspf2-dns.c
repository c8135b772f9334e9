/* SPDX-License-Identifier: MIT */
#include "lib/engines/libspf2-dns.h"

#include "lib/base/memory.h"
#include "lib/mailauth/spf-record.h"
#include "lib/mailauth/spf.h"

struct libspf2_calls libspf2_call;

/* --- rules --- */

/* Is it one of the names that an mx or ptr term has asked for before? */
static bool is_host_of_term(const struct libspf2_dns *dns, struct text name)
{
    for (size_t i = 0; i < sizeof dns->hosts / sizeof *dns->hosts; i++)
        for (size_t j = 0; dns->hosts[i] != NULL && j < dns->hosts[i]->count; j++)
            if (text_equals_nocase(dns->hosts[i]->records[j].text, name))
                return true;
    return false;
}

static void refuse(struct libspf2_dns *dns, const char *problem)
{
    if (dns->problem == NULL)
        dns->problem = problem;
}

static void count_term(struct libspf2_dns *dns, const struct dns_answer *answer)
{
    if (++dns->terms > SPF_LOOKUP_TERMS_MAX)
        refuse(dns, "more than 10 terms cause lookups");
    else if ((answer->status == DNS_NO_NAME || answer->status == DNS_NO_DATA) &&
             ++dns->voids > SPF_VOID_LOOKUPS_MAX)
        refuse(dns, "more than 2 lookups without an answer");
}

/* Records as RFC 7208 §12 has them; what is no SPF record may be an explanation. */
static bool inspect_records(struct libspf2_dns *dns, const struct dns_answer *answer)
{
    struct spf_record record;
    const char *problem;
    bool has_record = false;

    for (size_t i = 0; i < answer->count; i++) {
        if (!spf_record_is_spf(answer->records[i].text))
            continue;
        has_record = true;
        if (answer->records[i].text.len > SPF_RECORD_MAX_BYTES)
            refuse(dns, "the record is too long");
        else if (!spf_record_parse(answer->records[i].text, dns->arena, &record, &problem))
            refuse(dns, problem);
    }
    return has_record;
}

/* TXT: the first record is free; of others those count that an include or redirect asks for. */
static void apply_rules(
    struct libspf2_dns *dns, struct text name, enum dns_type type, const struct dns_answer *answer)
{
    if (type == DNS_TXT) {
        bool has_record = inspect_records(dns, answer);

        if (dns->has_record && has_record)
            count_term(dns, answer);
        dns->has_record = true;
    } else if (type == DNS_MX || type == DNS_PTR || !is_host_of_term(dns, name)) {
        count_term(dns, answer);
    }
    if (type == DNS_MX || type == DNS_PTR)
        dns->hosts[type == DNS_PTR] = answer;
}

/* --- answers in the library's form --- */

static SPF_dns_stat_t status_of(const struct dns_answer *answer)
{
    switch (answer->status) {
    case DNS_FOUND:
        return NETDB_SUCCESS;
    case DNS_NO_DATA:
        return NO_DATA;
    case DNS_NO_NAME:
        return HOST_NOT_FOUND;
    case DNS_TEMPORARY:
        break;
    }
    return TRY_AGAIN;
}

static SPF_dns_rr_t *rr_new(
    struct libspf2_dns *dns, const char *domain, ns_type type, SPF_dns_stat_t status)
{
    SPF_dns_rr_t *rr = libspf2_call.rr_new_init(&dns->server, domain, type, 0, status);

    if (rr == NULL)
        memory_exhausted();
    return rr;
}

static void rr_fill(SPF_dns_rr_t *rr, int index, const struct dns_record *record)
{
    bool is_address = rr->rr_type == ns_t_a || rr->rr_type == ns_t_aaaa;
    size_t len = is_address ? sizeof(struct in6_addr) : record->text.len;

    if (libspf2_call.rr_buf_realloc(rr, index, len + 1) != SPF_E_SUCCESS)
        memory_exhausted();
    if (is_address) {
        memcpy(rr->rr[index], record->ip.bytes, len);
    } else {
        memcpy(rr->rr[index]->txt, record->text.data, len);
        rr->rr[index]->txt[len] = '\0';
    }
}

static SPF_dns_rr_t *rr_of(
    struct libspf2_dns *dns, const char *domain, ns_type type, const struct dns_answer *answer)
{
    SPF_dns_rr_t *rr = rr_new(dns, domain, type, status_of(answer));

    for (size_t i = 0; i < answer->count; i++)
        rr_fill(rr, (int)i, &answer->records[i]);
    rr->num_rr = (int)answer->count;
    return rr;
}

/* The library ends the process where it gets no answer at all. */
static SPF_dns_rr_t *look_up(
    SPF_dns_server_t *server, const char *domain, ns_type type, int should_cache)
{
    struct libspf2_dns *dns = server->hook;
    struct text name = text_from_string(domain);
    const struct dns_answer *answer;

    (void)should_cache;
    if (type != ns_t_a && type != ns_t_aaaa && type != ns_t_mx && type != ns_t_ptr &&
        type != ns_t_txt)
        return rr_new(dns, domain, type, NO_DATA);
    if (++dns->lookups > LIBSPF2_LOOKUPS_MAX)
        dns->is_exhausted = true;
    if (dns->problem != NULL || dns->is_exhausted)
        return rr_new(dns, domain, type, TRY_AGAIN);
    answer = answers_ask(dns->answers, name, (enum dns_type)type);
    if (answer == NULL) {
        dns->is_waiting = true;
        return rr_new(dns, domain, type, NO_DATA);
    }
    if (dns->is_ruled)
        apply_rules(dns, name, (enum dns_type)type, answer);
    if (dns->problem != NULL)
        return rr_new(dns, domain, type, TRY_AGAIN);
    return rr_of(dns, domain, type, answer);
}

void libspf2_dns_init(
    struct libspf2_dns *dns, struct answers *answers, struct arena *arena, bool is_ruled)
{
    *dns = (struct libspf2_dns){
        .server = {.lookup = look_up, .name = "gatepost", .hook = dns},
        .answers = answers,
        .arena = arena,
        .is_ruled = is_ruled,
    };
}
