/* SPDX-License-Identifier: MIT */
#include "mailctl/domain-records.h"

#include "lib/dns/name.h"

/* MX, SPF of domain and host, MX and SPF for SRS, DMARC. */
#define FIXED_RECORDS 6

struct maker {
    const struct domain_records_request *request;
    struct arena *arena;
    struct domain_record *items;
    size_t count;
};

static void maker_add(struct maker *maker, struct zone_record record, struct text purpose)
{
    maker->items[maker->count++] = (struct domain_record){.record = record, .purpose = purpose};
}

static void add_mx(struct maker *maker)
{
    const struct domain_records_request *request = maker->request;

    maker_add(maker,
        zone_record_mx(
            request->domain, 0, DOMAIN_RECORDS_MX_PREFERENCE, request->host, maker->arena),
        TEXT("the host that takes mail for this domain"));
}

static void add_addresses(struct maker *maker)
{
    const struct domain_records_request *request = maker->request;

    for (size_t i = 0; i < request->address_count; i++)
        maker_add(maker,
            zone_record_address(request->host, 0, &request->addresses[i], maker->arena),
            TEXT("where that host is found"));
}

/*
 * The domain ends in ~all and not in -all, since some receivers reject on -all before they look
 * at DKIM and DMARC (RFC 9989 §7.1). The host's own name, which HELO and bounces use, sends from
 * nowhere else.
 */
static void add_spf(struct maker *maker)
{
    const struct domain_records_request *request = maker->request;

    maker_add(maker, zone_record_txt(request->domain, 0, TEXT("v=spf1 mx ~all")),
        TEXT("SPF: only the mail host sends for this domain"));
    if (!text_equals(request->host, request->domain))
        maker_add(maker, zone_record_txt(request->host, 0, TEXT("v=spf1 a -all")),
            TEXT("SPF of the host's name, for HELO and for bounces"));
}

/* Bounces come to it, and forwarded mail leaves in its name. */
static void add_srs(struct maker *maker)
{
    const struct domain_records_request *request = maker->request;

    if (text_is_empty(request->srs_domain))
        return;
    maker_add(maker,
        zone_record_mx(
            request->srs_domain, 0, DOMAIN_RECORDS_MX_PREFERENCE, request->host, maker->arena),
        TEXT("SRS: where bounces of forwarded mail go"));
    maker_add(maker, zone_record_txt(request->srs_domain, 0, TEXT("v=spf1 mx ~all")),
        TEXT("SRS: SPF of forwarded mail, whose sender is rewritten"));
}

static void add_key(struct maker *maker, const struct dkim_key *key)
{
    struct text owner = arena_print(
        maker->arena, "%.*s._domainkey.%.*s", TEXT_ARGS(key->selector), TEXT_ARGS(key->domain));

    maker_add(maker, zone_record_txt(owner, 0, key->record),
        arena_print(maker->arena, "DKIM: %.*s key, %s", TEXT_ARGS(key->algorithm),
            dkim_key_state_word(key->state)));
}

static void add_dmarc(struct maker *maker)
{
    const struct domain_records_request *request = maker->request;
    struct text owner = arena_print(maker->arena, "_dmarc.%.*s", TEXT_ARGS(request->domain));
    struct text record =
        arena_print(maker->arena, "v=DMARC1; p=%s", dmarc_policy_word(request->dmarc_policy));

    if (!text_is_empty(request->dmarc_reports))
        record = arena_print(maker->arena, "%.*s; rua=mailto:%.*s", TEXT_ARGS(record),
            TEXT_ARGS(request->dmarc_reports));
    maker_add(maker, zone_record_txt(owner, 0, record),
        TEXT("DMARC: what receivers do with mail that only pretends to be from here"));
}

struct domain_records domain_records_make(
    const struct domain_records_request *request, struct arena *arena)
{
    struct maker maker = {.request = request, .arena = arena};

    maker.items = arena_alloc_zero(
        arena, FIXED_RECORDS + request->address_count + request->key_count, sizeof *maker.items);
    add_mx(&maker);
    add_addresses(&maker);
    add_spf(&maker);
    add_srs(&maker);
    for (size_t i = 0; i < request->key_count; i++)
        add_key(&maker, &request->keys[i]);
    add_dmarc(&maker);
    return (struct domain_records){.items = maker.items, .count = maker.count};
}
