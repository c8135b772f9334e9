/* SPDX-License-Identifier: MIT */
#include "mailctl/dns/record-options.h"

#include <openssl/sha.h>
#include <string.h>

#include "lib/base/base64.h"
#include "lib/dns/name.h"
#include "lib/store/dkim-delegation.h"
#include "lib/store/domain.h"
#include "mailctl/arguments.h"
#include "mailctl/dns/certificate-digest.h"
#include "mailctl/dns/kept-options.h"
#include "mailctl/dns/mta-sts-policy.h"
#include "mailctl/secret-file.h"

#define PACC_FILE_MAX_BYTES 65536
#define CAA_VALUE_MAX 1024
#define TTL_MAX_S 604800 /* a week: nobody wants to wait longer for a change */

const struct command_option record_options[] = {
    RECORD_OPTIONS, {NULL, NULL, NULL}
};

/* Where values come from: the command line first, then what is kept. */
struct source {
    struct invocation *invocation;
    struct dns_option_list kept;
    struct domain_records_request *request;
};

static size_t kept_values(
    const struct source *source, const char *option, const char *const **values_r)
{
    const char **values =
        arena_alloc_zero(source->invocation->arena, source->kept.count, sizeof(char *));
    size_t count = 0;

    for (size_t i = 0; i < source->kept.count; i++)
        if (text_equals(source->kept.items[i].name, text_from_string(option)))
            values[count++] = source->kept.items[i].value.data;
    *values_r = values;
    return count;
}

static size_t values_of(
    const struct source *source, const char *option, const char *const **values_r)
{
    size_t count = invocation_values(source->invocation, option, values_r);

    return count != 0 ? count : kept_values(source, option, values_r);
}

/* The value given last, or NULL. */
static const char *value_of(const struct source *source, const char *option)
{
    const char *const *values;
    size_t count = values_of(source, option, &values);

    return count != 0 ? values[count - 1] : NULL;
}

static int too_many(const struct invocation *invocation, const char *option)
{
    return invocation_complain(
        invocation, EX_USAGE, "--%s: at most %d were expected", option, RECORD_OPTIONS_VALUES_MAX);
}

static int parse_addresses(const struct invocation *invocation, const char *option,
    const char *const *values, size_t count, const struct ip **addresses_r)
{
    struct ip *addresses = arena_alloc_zero(invocation->arena, count, sizeof *addresses);

    if (count > RECORD_OPTIONS_VALUES_MAX)
        return too_many(invocation, option);
    for (size_t i = 0; i < count; i++)
        if (!ip_parse(text_from_string(values[i]), &addresses[i]))
            return invocation_bad_value(invocation, option, "an IP address", values[i]);
    *addresses_r = addresses;
    return EX_OK;
}

int record_options_addresses(const struct invocation *invocation, const char *option,
    const struct ip **addresses_r, size_t *count_r)
{
    const char *const *values;

    *count_r = invocation_values(invocation, option, &values);
    return parse_addresses(invocation, option, values, *count_r, addresses_r);
}

static int read_addresses(struct source *source)
{
    const char *const *values;

    source->request->address_count = values_of(source, "address", &values);
    return parse_addresses(source->invocation, "address", values, source->request->address_count,
        &source->request->addresses);
}

/* --- names ---------------------------------------------------------------- */

static bool read_name(const struct source *source, const char *given, struct text *name_r)
{
    return dns_name_normalize(text_from_string(given), source->invocation->arena, name_r) &&
           dns_name_is_domain(*name_r);
}

static int read_host(struct source *source)
{
    const char *given = value_of(source, "host");
    bool is_given = given != NULL;
    const struct settings *settings;
    int status = EX_CONFIG;

    if (given == NULL) {
        settings = invocation_settings(source->invocation, &status);
        if (settings == NULL)
            return status;
        given = settings_hostname(settings);
    }
    if (!read_name(source, given, &source->request->host))
        return invocation_complain(source->invocation, is_given ? EX_USAGE : EX_CONFIG,
            "the mail host's name \"%s\" is not fully qualified (set hostname in the "
            "configuration, or say --host mail.example.org)",
            given);
    return EX_OK;
}

static int read_web_host(struct source *source)
{
    const char *given = value_of(source, "web-host");

    source->request->web_host = source->request->host;
    if (given != NULL && !read_name(source, given, &source->request->web_host))
        return invocation_bad_value(
            source->invocation, "web-host", "a name like www.example.org", given);
    return EX_OK;
}

static int read_spf_includes(struct source *source)
{
    const char *const *values;
    size_t count = values_of(source, "spf-include", &values);
    struct text *names = arena_alloc_zero(source->invocation->arena, count, sizeof *names);

    if (count > DOMAIN_SPF_INCLUDES_MAX)
        return invocation_complain(source->invocation, EX_USAGE,
            "--spf-include: at most %d were expected, since receivers look up no more",
            DOMAIN_SPF_INCLUDES_MAX);
    for (size_t i = 0; i < count; i++)
        if (!dns_name_normalize(
                text_from_string(values[i]), source->invocation->arena, &names[i]) ||
            text_find(names[i], '.') == names[i].len)
            return invocation_bad_value(
                source->invocation, "spf-include", "a domain like _spf.example.net", values[i]);
    source->request->spf_includes = names;
    source->request->spf_include_count = count;
    return EX_OK;
}

/* --- words and addresses for reports -------------------------------------- */

static int read_dmarc_policy(struct source *source)
{
    const char *policy = value_of(source, "dmarc-policy");
    int wanted = DMARC_POLICY_NONE;

    if (policy == NULL)
        return EX_OK;
    while (wanted < DMARC_POLICY_REJECT &&
           strcmp(policy, dmarc_policy_word((enum dmarc_policy)wanted)) != 0)
        wanted++;
    source->request->dmarc_policy = (enum dmarc_policy)wanted;
    return EX_OK;
}

/* In a record commas and exclamation marks part addresses, and semicolons tags (RFC 9989 §4.7). */
static bool is_report_address(const char *address)
{
    const char *at = strchr(address, '@');

    return at != NULL && at != address && strchr(at + 1, '@') == NULL &&
           strpbrk(address, ",!; \t%\"\\<>") == NULL &&
           !text_has_control(text_from_string(address)) &&
           dns_name_is_valid(text_from_string(at + 1));
}

static int read_reports(struct source *source, const char *option, struct text *address_r)
{
    const char *given = value_of(source, option);

    if (given != NULL && !is_report_address(given))
        return invocation_bad_value(
            source->invocation, option, "an address like dmarc@example.org", given);
    *address_r = text_from_string(given);
    return EX_OK;
}

static int read_services(struct source *source)
{
    const char *const *values;
    size_t count = values_of(source, "service", &values);
    enum record_service service;

    if (count != 0)
        source->request->services = 0;
    for (size_t i = 0; i < count; i++) {
        if (!record_service_parse(text_from_string(values[i]), &service))
            return invocation_bad_value(source->invocation, "service",
                "submissions, submission, imaps, imap, pop3s, pop3 or sieve", values[i]);
        source->request->services |= service;
    }
    return EX_OK;
}

static int read_issuers(struct source *source)
{
    const char *const *values;
    size_t count = values_of(source, "caa", &values);
    struct text *issuers = arena_alloc_zero(source->invocation->arena, count, sizeof *issuers);

    if (count > RECORD_OPTIONS_VALUES_MAX)
        return too_many(source->invocation, "caa");
    for (size_t i = 0; i < count; i++) {
        struct text value = text_from_string(values[i]);
        struct text name = text_trim(text_head(value, text_find(value, ';')));

        if (value.len > CAA_VALUE_MAX || text_has_control(value) || !dns_name_is_valid(name))
            return invocation_bad_value(source->invocation, "caa",
                "an issuer's domain like letsencrypt.org, and parameters behind \";\"", values[i]);
        issuers[i] = value;
    }
    source->request->issuers = issuers;
    source->request->issuer_count = count;
    return EX_OK;
}

static int read_ttl(struct source *source)
{
    const char *given = value_of(source, "ttl");
    uint64_t ttl_s = 0;

    if (given != NULL &&
        (*given == '\0' || !text_to_number(text_from_string(given), TTL_MAX_S, &ttl_s) ||
            ttl_s == 0))
        return invocation_bad_value(source->invocation, "ttl", "1 to 604800 seconds", given);
    source->request->ttl_s = (uint32_t)ttl_s;
    return EX_OK;
}

/* --- kinds ---------------------------------------------------------------- */

static int switch_kinds(
    struct source *source, const char *option, const char *const *values, size_t count, bool on)
{
    for (size_t i = 0; i < count; i++) {
        enum record_kind kind;

        if (!record_kind_parse(text_from_string(values[i]), &kind))
            return invocation_bad_value(source->invocation, option,
                "a kind of records as the table shows it (mx, spf, dkim, srv, ...)", values[i]);
        source->request->wants[kind] = on;
    }
    return EX_OK;
}

/* What is kept first, so that the command line has the last word. */
static int read_kinds(struct source *source)
{
    static const struct {
        const char *option;
        bool on;
    } switches[] = {
        {"with",    true },
        {"without", false}
    };
    int status = EX_OK;

    for (size_t i = 0; status == EX_OK && i < 4; i++) {
        const char *option = switches[i % 2].option, *const * values;
        size_t count = i < 2 ? kept_values(source, option, &values)
                             : invocation_values(source->invocation, option, &values);

        status = switch_kinds(source, option, values, count, switches[i % 2].on);
    }
    return status;
}

/* --- files ---------------------------------------------------------------- */

static int read_certificate(
    const struct source *source, const char *path, unsigned char digest_r[CERTIFICATE_DIGEST_BYTES])
{
    struct buffer pem = BUFFER_NONE;
    struct failure failure;
    int status = secret_file_read(source->invocation, path, CERTIFICATE_FILE_MAX_BYTES, &pem);

    if (status == EX_OK && certificate_digest(buffer_text(&pem), digest_r, &failure) != ERR_NONE)
        status = invocation_complain(source->invocation, EX_DATAERR, "%s: %s", path, failure.text);
    buffer_done_wiped(&pem);
    return status;
}

static int read_certificates(struct source *source)
{
    const char *const *values;
    size_t count = values_of(source, "certificate", &values);
    unsigned char(*digests)[CERTIFICATE_DIGEST_BYTES] =
        arena_alloc_zero(source->invocation->arena, count, sizeof *digests);
    int status =
        count > RECORD_OPTIONS_VALUES_MAX ? too_many(source->invocation, "certificate") : EX_OK;

    for (size_t i = 0; status == EX_OK && i < count; i++)
        status = read_certificate(source, values[i], digests[i]);
    source->request->certificates = (const unsigned char(*)[CERTIFICATE_DIGEST_BYTES])digests;
    source->request->certificate_count = count;
    return status;
}

static void set_policy(struct source *source, struct text content)
{
    char id[MTA_STS_ID_LEN + 1];

    mta_sts_policy_id(content, id);
    source->request->mta_sts_id = arena_copy(source->invocation->arena, text_from_string(id));
}

static int read_policy_file(struct source *source, const char *path)
{
    struct invocation *invocation = source->invocation;
    struct mta_sts_policy policy;
    const char *problem;
    struct text content;
    int status = invocation_read_file(invocation, path, MTA_STS_POLICY_MAX_BYTES, &content);

    if (status != EX_OK)
        return status;
    if (!mta_sts_policy_parse(content, invocation->arena, &policy, &problem))
        return invocation_complain(
            invocation, EX_DATAERR, "%s: senders would not take this policy: %s", path, problem);
    if (policy.mode != MTA_STS_NONE && !mta_sts_policy_covers(&policy, source->request->host))
        return invocation_complain(invocation, EX_DATAERR,
            "%s: none of its mx is %.*s: with mode enforce senders would keep all mail back", path,
            TEXT_ARGS(source->request->host));
    set_policy(source, content);
    return EX_OK;
}

/* The policy that "web-files" writes for that mode. */
static void make_policy(struct source *source, enum mta_sts_mode mode)
{
    struct mta_sts_policy policy = {.mode = mode,
        .hosts = &source->request->host,
        .host_count = 1,
        .max_age_s = MTA_STS_USUAL_AGE_S};
    struct buffer content = BUFFER_NONE;

    mta_sts_policy_format(&policy, &content);
    set_policy(source, buffer_text(&content));
    buffer_done(&content);
}

static int read_policy(struct source *source)
{
    const char *path = value_of(source, "mta-sts-policy"), *word = value_of(source, "mta-sts");
    enum mta_sts_mode mode;

    if (path != NULL)
        return read_policy_file(source, path);
    if (word != NULL && mta_sts_mode_parse(text_from_string(word), &mode))
        make_policy(source, mode);
    return EX_OK;
}

static int read_pacc(struct source *source)
{
    const char *path = value_of(source, "pacc-file");
    unsigned char digest[SHA256_DIGEST_LENGTH];
    char encoded[BASE64_ENCODED_LEN(SHA256_DIGEST_LENGTH) + 1];
    struct text content;
    int status = EX_OK;

    if (path != NULL)
        status = invocation_read_file(source->invocation, path, PACC_FILE_MAX_BYTES, &content);
    if (path == NULL || status != EX_OK)
        return status;
    SHA256((const unsigned char *)content.data, content.len, digest);
    base64_encode(digest, sizeof digest, encoded);
    source->request->pacc_digest = arena_copy(source->invocation->arena, text_from_string(encoded));
    return EX_OK;
}

/* --- all of it ------------------------------------------------------------ */

static int read_all(struct source *source)
{
    static int (*const readers[])(struct source *) = {read_host, read_web_host, read_addresses,
        read_spf_includes, read_dmarc_policy, read_services, read_issuers, read_ttl, read_kinds,
        read_certificates, read_policy, read_pacc};
    struct domain_records_request *request = source->request;
    int status = EX_OK;

    for (size_t i = 0; status == EX_OK && i < sizeof readers / sizeof *readers; i++)
        status = readers[i](source);
    if (status == EX_OK)
        status = read_reports(source, "dmarc-reports", &request->dmarc_reports);
    if (status == EX_OK)
        status = read_reports(source, "tls-reports", &request->tls_reports);
    return status;
}

int record_options_read_given(
    struct invocation *invocation, struct text domain, struct domain_records_request *request_r)
{
    struct source source = {.invocation = invocation, .request = request_r};

    domain_records_init(request_r);
    request_r->domain = domain;
    return read_all(&source);
}

/* --- what may be kept ----------------------------------------------------- */

static const struct command_option *find_option(struct text name)
{
    for (const struct command_option *option = record_options; option->name != NULL; option++)
        if (text_equals(name, text_from_string(option->name)))
            return option;
    return NULL;
}

static int check_kept(const struct invocation *invocation, const struct dns_option *kept)
{
    const struct command_option *option = find_option(kept->name);

    if (option == NULL)
        return invocation_complain(invocation, EX_USAGE,
            "there is no option --%.*s of records (mailctl help dns set)", TEXT_ARGS(kept->name));
    if (!arguments_check_choice(invocation, option, kept->value.data))
        return EX_USAGE;
    if (option->argument != NULL && strcmp(option->argument, "FILE") == 0 &&
        kept->value.data[0] != '/')
        return invocation_bad_value(
            invocation, option->name, "a path that begins with /", kept->value.data);
    return EX_OK;
}

/* Of each option; some have a bound of their own when they are read. */
static int check_counts(const struct invocation *invocation, const struct dns_option_list *options)
{
    for (const struct command_option *option = record_options; option->name != NULL; option++) {
        size_t count = 0;

        for (size_t i = 0; i < options->count; i++)
            count += text_equals(options->items[i].name, text_from_string(option->name));
        if (count > RECORD_OPTIONS_VALUES_MAX)
            return too_many(invocation, option->name);
    }
    return EX_OK;
}

int record_options_check(
    struct invocation *invocation, struct text domain, const struct dns_option_list *options)
{
    struct domain_records_request request;
    struct source source = {.invocation = invocation, .kept = *options, .request = &request};
    int status = EX_OK;

    domain_records_init(&request);
    request.domain = domain;
    for (size_t i = 0; status == EX_OK && i < options->count; i++)
        status = check_kept(invocation, &options->items[i]);
    if (status == EX_OK)
        status = check_counts(invocation, options);
    return status == EX_OK ? read_all(&source) : status;
}

/* --- a domain's ----------------------------------------------------------- */

static int read_kept(struct source *source)
{
    struct invocation *invocation = source->invocation;
    int status = EX_OK;
    struct store *store = invocation_store(invocation, STORE_DIRECTORY, STORE_READ, &status);

    if (store == NULL)
        return status;
    if (kept_options_list(store, source->request->domain, invocation->arena, &source->kept) !=
        ERR_NONE)
        return invocation_complain_store(invocation, store);
    return EX_OK;
}

/* First of all: what is usual depends on it. */
static int init_request(
    struct invocation *invocation, struct text name, struct domain_records_request *request)
{
    int status = EX_OK;
    struct store *store = invocation_store(invocation, STORE_DIRECTORY, STORE_READ, &status);
    struct domain domain = {.kind = DOMAIN_MAILBOX};
    enum err err;

    if (store == NULL)
        return status;
    err = domain_find(store, name, invocation->arena, &domain);
    if (err != ERR_NONE && err != ERR_ABSENT)
        return invocation_complain_store(invocation, store);
    if (domain.kind == DOMAIN_RELAY)
        domain_records_init_relay(request);
    else
        domain_records_init(request);
    request->domain = name;
    return EX_OK;
}

/* What is gone has no record. */
static void take_keys(
    struct domain_records_request *request, const struct dkim_key_list *keys, struct arena *arena)
{
    struct dkim_key *taken = arena_alloc_zero(arena, keys->count + 1, sizeof *taken);

    request->keys = taken;
    for (size_t i = 0; i < keys->count; i++)
        if (keys->items[i].state != DKIM_KEY_GONE)
            taken[request->key_count++] = keys->items[i];
}

static int read_keys(struct source *source)
{
    struct invocation *invocation = source->invocation;
    int status = EX_OK;
    struct store *store = invocation_store(invocation, STORE_KEYS, STORE_READ, &status);
    struct dkim_key_list keys;

    if (store == NULL)
        return status;
    if (dkim_key_list(store, source->request->domain, invocation->arena, &keys) != ERR_NONE)
        return invocation_complain_store(invocation, store);
    if (dkim_delegation_find(store, source->request->domain, invocation->arena,
            &source->request->dkim_zone) != ERR_NONE)
        return invocation_complain_store(invocation, store);
    take_keys(source->request, &keys, invocation->arena);
    return EX_OK;
}

/* Bounces of forwarded mail come to a name below one domain; the others have none. */
static int read_srs(struct source *source)
{
    int status = EX_CONFIG;
    const struct settings *settings = invocation_settings(source->invocation, &status);
    struct text domain;

    if (settings == NULL)
        return status;
    domain = settings_srs_domain(settings, source->invocation->arena);
    if (dns_name_is_within(domain, source->request->domain) &&
        !text_equals(domain, source->request->domain))
        source->request->srs_domain = domain;
    return EX_OK;
}

int record_options_read(
    struct invocation *invocation, struct text domain, struct domain_records_request *request_r)
{
    struct source source = {.invocation = invocation, .request = request_r};
    int status = init_request(invocation, domain, request_r);

    if (status == EX_OK)
        status = read_kept(&source);
    if (status == EX_OK)
        status = read_all(&source);
    if (status == EX_OK)
        status = read_keys(&source);
    if (status == EX_OK)
        status = read_srs(&source);
    return status;
}
