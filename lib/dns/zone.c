/* SPDX-License-Identifier: MIT */
#include "lib/dns/zone.h"

#include <string.h>

#include "lib/base/log.h"
#include "lib/dns/name.h"

static bool is_type(const struct zone_record *record, const char *type)
{
    return strcmp(record->type, type) == 0;
}

/* A wildcard is an owner like any other (RFC 4592). */
static bool is_owner(struct text name)
{
    return dns_name_is_valid(text_starts_with(name, TEXT("*.")) ? text_skip(name, 2) : name);
}

static bool is_type_word(const char *type)
{
    size_t len = strspn(type, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

    return len != 0 && type[len] == '\0';
}

/* Each record by itself: its text must not end up as something else in the file. */
static enum err record_check(const struct zone_record *record, struct failure *failure)
{
    char owner[256];

    log_safe(record->owner.data, record->owner.len, owner, sizeof owner);
    if (!is_owner(record->owner))
        return failure_set(failure, ERR_SYNTAX, "\"%s\" is not a domain name", owner);
    if (!is_type_word(record->type))
        return failure_set(failure, ERR_SYNTAX, "%s: the type of a record is a word", owner);
    if (is_type(record, "TXT"))
        return record->data.len <= ZONE_TXT_MAX_BYTES
                   ? ERR_NONE
                   : failure_set(failure, ERR_LIMIT, "%s: a TXT record holds %d bytes, not %zu",
                         owner, ZONE_TXT_MAX_BYTES, record->data.len);
    if (record->data.len == 0 || text_has_control(record->data))
        return failure_set(
            failure, ERR_SYNTAX, "%s: bad data for a record of type %s", owner, record->type);
    return ERR_NONE;
}

/* The name that the data of a MX, SRV, NS or CNAME record ends with, without its final dot. */
static struct text record_target(const struct zone_record *record)
{
    size_t blank = text_find_last(record->data, ' ');
    struct text target =
        blank == record->data.len ? record->data : text_skip(record->data, blank + 1);

    return target.len != 0 ? text_head(target, target.len - 1) : target;
}

/* An address of its own, or through a wildcard above it. */
static bool covers(struct text owner, struct text host)
{
    if (!text_starts_with(owner, TEXT("*.")))
        return text_equals_nocase(owner, host);
    owner = text_skip(owner, 2);
    return host.len > owner.len && dns_name_is_within(host, owner);
}

static bool zone_has_address(const struct zone *zone, struct text host)
{
    for (size_t i = 0; i < zone->record_count; i++) {
        const struct zone_record *record = &zone->records[i];

        if ((is_type(record, "A") || is_type(record, "AAAA")) && covers(record->owner, host))
            return true;
    }
    return false;
}

static enum err host_check(
    const struct zone *zone, const char *kind, struct text host, struct failure *failure)
{
    if (!dns_name_is_within(host, zone->origin) || zone_has_address(zone, host))
        return ERR_NONE;
    return failure_set(failure, ERR_REFUSED, "the %s %.*s lies in the zone and has no address",
        kind, TEXT_ARGS(host));
}

static bool zone_has_others(const struct zone *zone, const struct zone_record *cname)
{
    if (text_equals_nocase(cname->owner, zone->origin))
        return true;
    for (size_t i = 0; i < zone->record_count; i++)
        if (&zone->records[i] != cname && text_equals_nocase(zone->records[i].owner, cname->owner))
            return true;
    return false;
}

static enum err zone_check_record(
    const struct zone *zone, const struct zone_record *record, struct failure *failure)
{
    enum err err = record_check(record, failure);

    if (err != ERR_NONE)
        return err;
    if (!dns_name_is_within(record->owner, zone->origin))
        return failure_set(failure, ERR_RANGE, "%.*s lies outside the zone %.*s",
            TEXT_ARGS(record->owner), TEXT_ARGS(zone->origin));
    if (is_type(record, "MX"))
        return host_check(zone, "mail host", record_target(record), failure);
    if (is_type(record, "SRV"))
        return host_check(zone, "host", record_target(record), failure);
    if (is_type(record, "CNAME") && zone_has_others(zone, record))
        return failure_set(failure, ERR_REFUSED, "%.*s: no other record may stand beside a CNAME",
            TEXT_ARGS(record->owner));
    return ERR_NONE;
}

static enum err zone_check_head(const struct zone *zone, struct failure *failure)
{
    size_t at = text_find_last(zone->contact, '@');

    if (!dns_name_is_valid(zone->origin))
        return failure_set(failure, ERR_SYNTAX, "the zone's own name is not a domain name");
    if (zone->name_server_count == 0)
        return failure_set(failure, ERR_SYNTAX, "a zone needs at least one name server");
    for (size_t i = 0; i < zone->name_server_count; i++)
        if (!dns_name_is_valid(zone->name_servers[i]))
            return failure_set(failure, ERR_SYNTAX, "a name server is not a domain name");
    if (zone->contact.len != 0 &&
        (at == 0 || at > DNS_LABEL_MAX || !dns_name_is_valid(text_skip(zone->contact, at + 1))))
        return failure_set(failure, ERR_SYNTAX, "the contact is not a mail address");
    return ERR_NONE;
}

static enum err zone_check(const struct zone *zone, struct failure *failure)
{
    enum err err = zone_check_head(zone, failure);

    for (size_t i = 0; err == ERR_NONE && i < zone->record_count; i++)
        err = zone_check_record(zone, &zone->records[i], failure);
    for (size_t i = 0; err == ERR_NONE && i < zone->name_server_count; i++)
        err = host_check(zone, "name server", zone->name_servers[i], failure);
    return err;
}

/* The local part becomes one label, its dots and all else but plain bytes escaped (§3.3.13). */
static void contact_format(const struct zone *zone, struct buffer *out)
{
    size_t at = text_find_last(zone->contact, '@');

    if (zone->contact.len == 0) {
        buffer_append_string(out, "hostmaster");
        at = 0;
    }
    for (size_t i = 0; i < at; i++)
        if (text_is_alnum(zone->contact.data[i]) || zone->contact.data[i] == '-')
            buffer_append_byte(out, zone->contact.data[i]);
        else
            buffer_append_format(out, "\\%03u", (unsigned char)zone->contact.data[i]);
    buffer_append_byte(out, '.');
    zone_name_format(
        zone->contact.len == 0 ? zone->origin : text_skip(zone->contact, at + 1), TEXT_NONE, out);
}

static uint32_t or_default(uint32_t value, uint32_t standard)
{
    return value != 0 ? value : standard;
}

static void zone_format_head(const struct zone *zone, struct buffer *out)
{
    buffer_append_string(out, "$ORIGIN ");
    zone_name_format(zone->origin, TEXT_NONE, out);
    buffer_append_format(out, "\n$TTL %u\n@\tIN\tSOA\t", or_default(zone->ttl_s, ZONE_TTL_S));
    zone_name_format(zone->name_servers[0], TEXT_NONE, out);
    buffer_append_byte(out, ' ');
    contact_format(zone, out);
    buffer_append_format(out,
        " (\n\t\t%u\t; serial\n\t\t%u\t; refresh\n\t\t%u\t; retry\n"
        "\t\t%u\t; expire\n\t\t%u )\t; negative answers\n",
        zone->serial, or_default(zone->refresh_s, ZONE_REFRESH_S),
        or_default(zone->retry_s, ZONE_RETRY_S), or_default(zone->expire_s, ZONE_EXPIRE_S),
        or_default(zone->negative_ttl_s, ZONE_NEGATIVE_TTL_S));
    for (size_t i = 0; i < zone->name_server_count; i++) {
        buffer_append_string(out, "@\tIN\tNS\t");
        zone_name_format(zone->name_servers[i], TEXT_NONE, out);
        buffer_append_byte(out, '\n');
    }
}

enum err zone_format(const struct zone *zone, struct buffer *out, struct failure *failure)
{
    enum err err = zone_check(zone, failure);

    if (err != ERR_NONE)
        return err;
    zone_format_head(zone, out);
    for (size_t i = 0; i < zone->record_count; i++)
        zone_record_format(&zone->records[i], zone->origin, out);
    return ERR_NONE;
}

enum err zone_fragment_format(
    const struct zone_record *records, size_t count, struct buffer *out, struct failure *failure)
{
    enum err err = ERR_NONE;

    for (size_t i = 0; err == ERR_NONE && i < count; i++)
        err = record_check(&records[i], failure);
    for (size_t i = 0; err == ERR_NONE && i < count; i++)
        zone_record_format(&records[i], TEXT_NONE, out);
    return err;
}
