/* SPDX-License-Identifier: MIT */
#include "mailctl/domain-records.h"

#include "lib/base/array.h"
#include "lib/dns/name.h"
#include "lib/store/dkim-delegation.h"

static const struct {
    const char *word;
    bool is_required, is_usual;
    bool is_of_relay; /* is usual for a relay, too */
} kinds[RECORD_KIND_COUNT] = {
    [RECORD_MX] = {"mx",           true,  true,  true },
    [RECORD_ADDRESS] = {"address",      true,  true,  true },
    [RECORD_PTR] = {"ptr",          true,  true,  true },
    [RECORD_SPF] = {"spf",          true,  true,  false},
    [RECORD_HOST_SPF] = {"host-spf",     false, true,  true },
    [RECORD_SRS] = {"srs",          true,  true,  false},
    [RECORD_DKIM] = {"dkim",         true,  true,  true },
    [RECORD_DMARC] = {"dmarc",        true,  true,  false},
    [RECORD_DMARC_REPORT] = {"dmarc-report", true,  true,  false},
    [RECORD_TLS_RPT] = {"tls-rpt",      false, true,  false},
    [RECORD_MTA_STS] = {"mta-sts",      false, true,  false},
    [RECORD_TLSA] = {"tlsa",         false, true,  true },
    [RECORD_SRV] = {"srv",          false, true,  false},
    [RECORD_AUTOCONFIG] = {"autoconfig",   false, false, false},
    [RECORD_AUTODISCOVER] = {"autodiscover", false, false, false},
    [RECORD_PACC] = {"pacc",         false, true,  false},
    [RECORD_CAA] = {"caa",          false, true,  false},
};

static const struct {
    const char *word;
    enum record_service service;
    uint16_t port;
    const char *purpose;
} services[] = {
    {"submissions", RECORD_SERVICE_SUBMISSIONS, 465,  "where mail programs send"                },
    {"submission",  RECORD_SERVICE_SUBMISSION,  587,  "where mail programs send, with STARTTLS" },
    {"imaps",       RECORD_SERVICE_IMAPS,       993,  "where mail programs read"                },
    {"imap",        RECORD_SERVICE_IMAP,        143,  "where mail programs read, with STARTTLS" },
    {"pop3s",       RECORD_SERVICE_POP3S,       995,  "where mail programs fetch"               },
    {"pop3",        RECORD_SERVICE_POP3,        110,  "where mail programs fetch, with STARTTLS"},
    {"sieve",       RECORD_SERVICE_SIEVE,       4190, "where mail programs set filters"         },
};
#define SERVICE_COUNT (sizeof services / sizeof *services)

const char *record_kind_word(enum record_kind kind)
{
    return kinds[kind].word;
}

bool record_kind_parse(struct text word, enum record_kind *kind_r)
{
    for (size_t i = 0; i < RECORD_KIND_COUNT; i++)
        if (text_equals(word, text_from_string(kinds[i].word))) {
            *kind_r = (enum record_kind)i;
            return true;
        }
    return false;
}

bool record_kind_is_required(enum record_kind kind)
{
    return kinds[kind].is_required;
}

bool record_kind_is_usual(enum record_kind kind)
{
    return kinds[kind].is_usual;
}

bool record_service_parse(struct text word, enum record_service *service_r)
{
    for (size_t i = 0; i < SERVICE_COUNT; i++)
        if (text_equals(word, text_from_string(services[i].word))) {
            *service_r = services[i].service;
            return true;
        }
    return false;
}

/* --- composing ------------------------------------------------------------ */

struct maker {
    const struct domain_records_request *request;
    struct arena *arena;
    ARRAY(struct domain_record) made;
};

static void maker_add(
    struct maker *maker, enum record_kind kind, struct zone_record record, struct text purpose)
{
    if (!maker->request->wants[kind])
        return;
    record.ttl_s = maker->request->ttl_s;
    array_push(&maker->made, (struct domain_record){kind, record, purpose});
}

static void add_txt(struct maker *maker, enum record_kind kind, struct text owner,
    struct text payload, struct text purpose)
{
    maker_add(maker, kind, zone_record_txt(owner, 0, payload), purpose);
}

/* PREFIX.NAME */
static struct text below(const struct maker *maker, const char *prefix, struct text name)
{
    return arena_print(maker->arena, "%s.%.*s", prefix, TEXT_ARGS(name));
}

static bool host_is_apart(const struct maker *maker)
{
    return !text_equals(maker->request->host, maker->request->domain);
}

static void add_mx(struct maker *maker)
{
    const struct domain_records_request *request = maker->request;
    uint16_t preference =
        request->is_relay ? DOMAIN_RECORDS_MX_BACKUP_PREFERENCE : DOMAIN_RECORDS_MX_PREFERENCE;

    maker_add(maker, RECORD_MX,
        zone_record_mx(request->domain, 0, preference, request->host, maker->arena),
        request->is_relay ? TEXT("takes mail while the domain's own host does not answer, whose MX "
                                 "has a lower number")
                          : TEXT("the host that takes mail for this domain"));
}

static void add_addresses(struct maker *maker)
{
    const struct domain_records_request *request = maker->request;

    for (size_t i = 0; i < request->address_count; i++)
        maker_add(maker, RECORD_ADDRESS,
            zone_record_address(request->host, 0, &request->addresses[i], maker->arena),
            TEXT("where that host is found"));
    for (size_t i = 0; i < request->address_count; i++)
        maker_add(maker, RECORD_PTR,
            zone_record_name(dns_name_reverse(&request->addresses[i], maker->arena), 0, "PTR",
                request->host, maker->arena),
            TEXT("the address's name, without which many refuse mail: whoever owns the network "
                 "sets it"));
}

/*
 * The domain ends in ~all and not in -all, since some receivers reject on -all before they look
 * at DKIM and DMARC (RFC 9989 §7.1). The host's own name, which HELO and bounces use, sends from
 * nowhere else.
 */
static void add_spf(struct maker *maker)
{
    const struct domain_records_request *request = maker->request;
    struct text record = TEXT("v=spf1 mx");

    for (size_t i = 0; i < request->spf_include_count; i++)
        record = arena_print(maker->arena, "%.*s include:%.*s", TEXT_ARGS(record),
            TEXT_ARGS(request->spf_includes[i]));
    add_txt(maker, RECORD_SPF, request->domain,
        arena_print(maker->arena, "%.*s ~all", TEXT_ARGS(record)),
        request->spf_include_count == 0 ? TEXT("SPF: only the mail host sends for this domain")
                                        : TEXT("SPF: who sends for this domain"));
    if (host_is_apart(maker))
        add_txt(maker, RECORD_HOST_SPF, request->host, TEXT("v=spf1 a -all"),
            TEXT("SPF of the host's name, for HELO and for bounces"));
}

/* Bounces come to it, and forwarded mail leaves in its name. */
static void add_srs(struct maker *maker)
{
    const struct domain_records_request *request = maker->request;

    if (text_is_empty(request->srs_domain))
        return;
    maker_add(maker, RECORD_SRS,
        zone_record_mx(
            request->srs_domain, 0, DOMAIN_RECORDS_MX_PREFERENCE, request->host, maker->arena),
        TEXT("SRS: where bounces of forwarded mail go"));
    add_txt(maker, RECORD_SRS, request->srs_domain, TEXT("v=spf1 mx ~all"),
        TEXT("SRS: SPF of forwarded mail, whose sender is rewritten"));
}

static void add_key(struct maker *maker, const struct dkim_key *key)
{
    add_txt(maker, RECORD_DKIM, dkim_key_place(key, maker->arena), dkim_key_wanted(key),
        arena_print(maker->arena, "DKIM: %.*s key, %.*s", TEXT_ARGS(key->algorithm),
            TEXT_ARGS(dkim_key_word(key))));
}

static bool has_kind_of_key(const struct domain_records_request *request, struct text algorithm)
{
    for (size_t i = 0; i < request->key_count; i++)
        if (text_equals(request->keys[i].algorithm, algorithm))
            return true;
    return false;
}

static void add_key_aliases(struct maker *maker, struct text algorithm)
{
    const struct domain_records_request *request = maker->request;

    for (size_t i = 0; i < DKIM_DELEGATION_NAMES; i++) {
        struct dkim_key key = {
            .domain = request->domain, .selector = dkim_delegation_selector(algorithm, i)};
        struct text owner = dkim_key_owner(&key, maker->arena);

        maker_add(maker, RECORD_DKIM,
            zone_record_name(owner, 0, "CNAME",
                dkim_delegation_target(owner, request->dkim_zone, maker->arena), maker->arena),
            TEXT("DKIM: leads to the zone that has the key of that name, or the one to come"));
    }
}

/* All names that keys of the domain will ever have, so that nothing changes there again. */
static void add_delegation(struct maker *maker)
{
    const struct domain_records_request *request = maker->request;

    if (text_is_empty(request->dkim_zone))
        return;
    if (request->key_count == 0 || has_kind_of_key(request, TEXT("rsa")))
        add_key_aliases(maker, TEXT("rsa"));
    if (has_kind_of_key(request, TEXT("ed25519")))
        add_key_aliases(maker, TEXT("ed25519"));
}

static struct text dmarc_record(const struct maker *maker, enum dmarc_policy policy)
{
    struct text reports = maker->request->dmarc_reports;

    if (text_is_empty(reports))
        return arena_print(maker->arena, "v=DMARC1; p=%s", dmarc_policy_word(policy));
    return arena_print(maker->arena, "v=DMARC1; p=%s; rua=mailto:%.*s", dmarc_policy_word(policy),
        TEXT_ARGS(reports));
}

/*
 * Whoever is to get reports about another organization's domain must say so (RFC 9990 §4). Names
 * of which one lies in the other are taken for one organization; who the organizations really are
 * is the DNS's to tell, and asked for by the check.
 */
static void add_report_authorization(struct maker *maker)
{
    struct text domain = maker->request->domain, reports = maker->request->dmarc_reports;
    struct text host = text_skip(reports, text_find_last(reports, '@') + 1);

    if (text_is_empty(host) || dns_name_is_within(host, domain) || dns_name_is_within(domain, host))
        return;
    add_txt(maker, RECORD_DMARC_REPORT,
        arena_print(maker->arena, "%.*s._report._dmarc.%.*s", TEXT_ARGS(domain), TEXT_ARGS(host)),
        TEXT("v=DMARC1"), TEXT("DMARC: that domain agrees to get the reports on this one"));
}

static void add_dmarc(struct maker *maker)
{
    add_txt(maker, RECORD_DMARC, below(maker, "_dmarc", maker->request->domain),
        dmarc_record(maker, maker->request->dmarc_policy),
        TEXT("DMARC: what receivers do with mail that only pretends to be from here"));
    add_report_authorization(maker);
}

static void add_tls_reports(struct maker *maker)
{
    const struct domain_records_request *request = maker->request;
    struct text record;

    if (text_is_empty(request->tls_reports))
        return;
    record =
        arena_print(maker->arena, "v=TLSRPTv1; rua=mailto:%.*s", TEXT_ARGS(request->tls_reports));
    add_txt(maker, RECORD_TLS_RPT, below(maker, "_smtp._tls", request->domain), record,
        TEXT("TLS-RPT: where senders report that encryption failed"));
    /* For DANE the reports are about the host's name (RFC 8460 §3). */
    if (host_is_apart(maker))
        add_txt(maker, RECORD_TLS_RPT, below(maker, "_smtp._tls", request->host), record,
            TEXT("TLS-RPT: the same about the mail host, for DANE"));
}

static void add_web_name(
    struct maker *maker, enum record_kind kind, const char *prefix, struct text purpose)
{
    maker_add(maker, kind,
        zone_record_name(below(maker, prefix, maker->request->domain), 0, "CNAME",
            maker->request->web_host, maker->arena),
        purpose);
}

static void add_mta_sts(struct maker *maker)
{
    const struct domain_records_request *request = maker->request;

    if (text_is_empty(request->mta_sts_id))
        return;
    add_txt(maker, RECORD_MTA_STS, below(maker, "_mta-sts", request->domain),
        arena_print(maker->arena, "v=STSv1; id=%.*s", TEXT_ARGS(request->mta_sts_id)),
        TEXT("MTA-STS: there is a policy; a new id says that it has changed"));
    add_web_name(maker, RECORD_MTA_STS, "mta-sts",
        TEXT("MTA-STS: the web server that has the policy, at /.well-known/mta-sts.txt"));
}

static void add_certificates(struct maker *maker)
{
    const struct domain_records_request *request = maker->request;

    for (size_t i = 0; i < request->certificate_count; i++)
        maker_add(maker, RECORD_TLSA,
            zone_record_tlsa(
                below(maker, "_25._tcp", request->host), 0, request->certificates[i], maker->arena),
            i == 0 ? TEXT("DANE: the public key of the mail host's certificate")
                   : TEXT("DANE: a further public key, for the change to come"));
}

static void add_services(struct maker *maker)
{
    const struct domain_records_request *request = maker->request;

    for (size_t i = 0; i < SERVICE_COUNT; i++) {
        bool is_offered = (request->services & services[i].service) != 0;
        struct text owner = arena_print(
            maker->arena, "_%s._tcp.%.*s", services[i].word, TEXT_ARGS(request->domain));

        maker_add(maker, RECORD_SRV,
            zone_record_srv(owner, 0, 0, 1, services[i].port,
                is_offered ? request->host : TEXT_NONE, maker->arena),
            is_offered ? text_from_string(services[i].purpose) : TEXT("is not offered"));
    }
}

static void add_client_configuration(struct maker *maker)
{
    const struct domain_records_request *request = maker->request;

    add_web_name(maker, RECORD_AUTOCONFIG, "autoconfig",
        TEXT("settings for Thunderbird and others, at /mail/config-v1.1.xml"));
    add_web_name(maker, RECORD_AUTODISCOVER, "autodiscover",
        TEXT("settings for Outlook, at /autodiscover/autodiscover.xml"));
    maker_add(maker, RECORD_AUTODISCOVER,
        zone_record_srv(below(maker, "_autodiscover._tcp", request->domain), 0, 0, 1, 443,
            request->web_host, maker->arena),
        TEXT("the same, found by its port"));
    if (text_is_empty(request->pacc_digest))
        return;
    add_txt(maker, RECORD_PACC, below(maker, "_ua-auto-config", request->domain),
        arena_print(maker->arena, "v=UAAC1; a=sha256; d=%.*s", TEXT_ARGS(request->pacc_digest)),
        TEXT("settings for mail programs: the digest of the file that has them"));
    add_web_name(maker, RECORD_PACC, "ua-auto-config",
        TEXT("settings for mail programs, at /.well-known/user-agent-configuration.json"));
}

static void add_issuers(struct maker *maker)
{
    const struct domain_records_request *request = maker->request;

    for (size_t i = 0; i < request->issuer_count; i++)
        maker_add(maker, RECORD_CAA,
            zone_record_caa(request->domain, 0, 0, "issue", request->issuers[i], maker->arena),
            TEXT("who may issue certificates, for this name and those below it"));
}

static struct domain_records maker_done(struct maker *maker)
{
    struct domain_records records = {.count = maker->made.count};
    struct domain_record *items = arena_alloc_zero(maker->arena, maker->made.count, sizeof *items);

    for (size_t i = 0; i < maker->made.count; i++)
        items[i] = maker->made.items[i];
    records.items = items;
    array_done(&maker->made);
    return records;
}

void domain_records_init(struct domain_records_request *request)
{
    *request = (struct domain_records_request){
        .services = RECORD_SERVICES_USUAL, .dmarc_policy = DMARC_POLICY_QUARANTINE};
    for (size_t i = 0; i < RECORD_KIND_COUNT; i++)
        request->wants[i] = kinds[i].is_usual;
}

void domain_records_init_relay(struct domain_records_request *request)
{
    domain_records_init(request);
    request->is_relay = true;
    for (size_t i = 0; i < RECORD_KIND_COUNT; i++)
        request->wants[i] = kinds[i].is_of_relay;
}

struct domain_records domain_records_make(
    const struct domain_records_request *request, struct arena *arena)
{
    struct maker maker = {.request = request, .arena = arena, .made = ARRAY_NONE};

    add_mx(&maker);
    add_addresses(&maker);
    add_spf(&maker);
    add_srs(&maker);
    for (size_t i = 0; i < request->key_count; i++)
        add_key(&maker, &request->keys[i]);
    add_delegation(&maker);
    add_dmarc(&maker);
    add_tls_reports(&maker);
    add_mta_sts(&maker);
    add_certificates(&maker);
    add_services(&maker);
    add_client_configuration(&maker);
    add_issuers(&maker);
    return maker_done(&maker);
}

struct domain_records domain_records_make_silent(
    const struct domain_records_request *request, struct arena *arena)
{
    struct maker maker = {.request = request, .arena = arena, .made = ARRAY_NONE};

    maker_add(&maker, RECORD_MX, zone_record_mx(request->domain, 0, 0, TEXT_NONE, arena),
        TEXT("this name takes no mail"));
    add_txt(&maker, RECORD_SPF, request->domain, TEXT("v=spf1 -all"),
        TEXT("SPF: nobody sends for this name"));
    add_txt(&maker, RECORD_DKIM, below(&maker, "*._domainkey", request->domain),
        TEXT("v=DKIM1; p="), TEXT("DKIM: no key of this name signs"));
    add_txt(&maker, RECORD_DMARC, below(&maker, "_dmarc", request->domain),
        dmarc_record(&maker, DMARC_POLICY_REJECT), TEXT("DMARC: all such mail is forged"));
    add_report_authorization(&maker);
    return maker_done(&maker);
}
