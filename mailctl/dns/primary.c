/* SPDX-License-Identifier: MIT */
#include "mailctl/dns/primary.h"

#include <string.h>
#include <sys/random.h>

#include "lib/base/clock.h"
#include "lib/dns/message.h"
#include "lib/dns/rdata.h"
#include "lib/dns/stream.h"
#include "mailctl/dns/record-format.h"
#include "mailctl/dns/tsig.h"

#define RCODE_REFUSED 5U
#define RCODE_YXDOMAIN 6U
#define RCODE_NXRRSET 8U
#define RCODE_NOTAUTH 9U
#define RCODE_NOTZONE 10U
/* Room for a signature within what a message may be. */
#define UPDATE_MAX_BYTES (MESSAGE_MAX_BYTES - 1024)

/* --- one message there and back ------------------------------------------- */

static enum err new_id(uint16_t *id_r, struct failure *failure)
{
    if (getrandom(id_r, sizeof *id_r, 0) != (ssize_t)sizeof *id_r)
        return failure_set_errno(failure, ERR_IO, "no random numbers");
    return ERR_NONE;
}

/* What every answer must be, whatever it says. */
static enum err check_reply(
    struct text reply, uint16_t id, unsigned opcode, struct failure *failure)
{
    const uint8_t *bytes = (const uint8_t *)reply.data;

    if (reply.len < MESSAGE_HEADER_BYTES || message_id(bytes) != id ||
        (message_flags(bytes) & MESSAGE_FLAG_RESPONSE) == 0 ||
        (message_flags(bytes) & MESSAGE_MASK_OPCODE) != opcode)
        return failure_set(failure, ERR_SYNTAX, "the name server answers something else");
    return ERR_NONE;
}

/* The reply, into an empty buffer that the caller ends in any case. */
static enum err exchange(const struct primary *primary, struct stream *stream,
    struct buffer *message, unsigned opcode, struct buffer *reply, struct failure *failure)
{
    uint16_t id = message_id((const uint8_t *)message->data);
    struct tsig_mac mac = {.len = 0};
    enum err err = ERR_NONE;

    if (primary->key != NULL)
        err = tsig_sign(primary->key, clock_wall(), message, &mac, failure);
    if (err == ERR_NONE)
        err = stream_exchange(stream, buffer_text(message),
            clock_monotonic_ms() + primary->timeout_ms, reply, failure);
    if (err == ERR_NONE)
        err = check_reply(buffer_text(reply), id, opcode, failure);
    if (err == ERR_NONE && primary->key != NULL)
        err = tsig_verify(primary->key, &mac, clock_wall(), buffer_text(reply), failure);
    return err;
}

/* --- asking --------------------------------------------------------------- */

static enum err see_one(const struct primary *primary, struct stream *stream,
    const struct dns_question *question, struct arena *arena, struct present_list *list,
    struct failure *failure)
{
    struct buffer message = BUFFER_NONE, reply = BUFFER_NONE;
    uint16_t id = 0;
    enum err err = new_id(&id, failure);

    message_start(&message, id, 0);
    if (err == ERR_NONE && !message_add_question(&message, question->name, question->type))
        err = failure_set(failure, ERR_SYNTAX, "\"%.*s\" is no name", TEXT_ARGS(question->name));
    if (err == ERR_NONE)
        err = exchange(primary, stream, &message, 0, &reply, failure);
    if (err == ERR_NONE)
        err =
            present_read(buffer_text(&reply), question->name, question->type, arena, list, failure);
    buffer_done(&message);
    buffer_done(&reply);
    return err;
}

enum err primary_see(const struct primary *primary, const struct dns_question *questions,
    size_t count, struct arena *arena, struct present_list *list, struct failure *failure)
{
    struct stream stream;
    enum err err = ERR_NONE;

    stream_init(&stream, &primary->ip, primary->port);
    for (size_t i = 0; err == ERR_NONE && i < count; i++)
        err = see_one(primary, &stream, &questions[i], arena, list, failure);
    stream_done(&stream);
    if (err == ERR_NONE)
        present_part_synthesized(list, primary->zone);
    return err;
}

/* --- the update ----------------------------------------------------------- */

static unsigned type_number(const char *word)
{
    enum dns_type type = DNS_TXT;

    (void)dns_type_parse(text_from_string(word), &type);
    return type;
}

static bool is_set_of(const struct zone_record *record, struct text owner, const char *type)
{
    return text_equals(record->owner, owner) && strcmp(record->type, type) == 0;
}

/* The first change of its set: conditions stand once for each. */
static bool is_first_of_set(const struct zone_diff *diff, size_t index)
{
    const struct zone_record *record = &diff->changes.items[index].record;

    for (size_t i = 0; i < index; i++)
        if (is_set_of(&diff->changes.items[i].record, record->owner, record->type))
            return false;
    return true;
}

static bool is_synthesized(const struct zone_record *record, const struct present_list *seen)
{
    for (size_t i = 0; i < seen->synthesized.count; i++)
        if (is_set_of(record, seen->synthesized.items[i].owner, seen->synthesized.items[i].type))
            return true;
    return false;
}

/*
 * The set is what was seen: each record of it (RFC 2136 §2.4.2), or that there is none (§2.4.3).
 * Where a wildcard hides whether there is one, nothing is said.
 */
static bool add_condition(
    struct buffer *message, const struct zone_record *record, const struct present_list *seen)
{
    unsigned type = type_number(record->type);
    bool is_added = true, has_one = false;

    for (size_t i = 0; i < seen->records.count; i++) {
        const struct present_record *present = &seen->records.items[i];

        if (!is_set_of(record, present->owner, present->type))
            continue;
        has_one = true;
        is_added &= message_add_record(
            message, MESSAGE_ANSWER, present->owner, type, MESSAGE_CLASS_IN, 0, present->wire);
    }
    if (!has_one && !is_synthesized(record, seen))
        is_added = message_add_record(
            message, MESSAGE_ANSWER, record->owner, type, MESSAGE_CLASS_NONE, 0, TEXT_NONE);
    return is_added;
}

static bool add_deletion(struct buffer *message, const struct zone_change *change)
{
    return message_add_record(message, MESSAGE_AUTHORITY, change->record.owner,
        type_number(change->record.type), MESSAGE_CLASS_NONE, 0, change->wire);
}

static bool add_addition(struct buffer *message, const struct zone_record *record)
{
    struct buffer wire = BUFFER_NONE;
    bool is_added =
        rdata_write(record, &wire) &&
        message_add_record(message, MESSAGE_AUTHORITY, record->owner, type_number(record->type),
            MESSAGE_CLASS_IN, record_format_ttl(record), buffer_text(&wire));

    buffer_done(&wire);
    return is_added;
}

/*
 * A server goes through them one by one (RFC 2136 §3.4.2): first all that goes, so that nothing
 * which comes meets what is to go, or a TTL that is to be another one.
 */
static enum err add_changes(
    const struct zone_diff *diff, struct buffer *message, struct failure *failure)
{
    const struct zone_change *failed = NULL;

    for (size_t i = 0; i < diff->changes.count; i++)
        if (zone_change_goes(&diff->changes.items[i]) &&
            !add_deletion(message, &diff->changes.items[i]))
            failed = &diff->changes.items[i];
    for (size_t i = 0; i < diff->changes.count; i++)
        if (zone_change_comes(&diff->changes.items[i]) &&
            !add_addition(message, &diff->changes.items[i].record))
            failed = &diff->changes.items[i];
    if (failed != NULL)
        return failure_set(failure, ERR_UNSUPPORTED, "%.*s %s cannot be put into an update",
            TEXT_ARGS(failed->record.owner), failed->record.type);
    return ERR_NONE;
}

enum err primary_write_update(struct text zone, uint16_t id, const struct zone_diff *diff,
    const struct present_list *seen, struct buffer *message, struct failure *failure)
{
    enum err err;

    message_start(message, id, MESSAGE_OPCODE_UPDATE);
    if (!message_add_question(message, zone, DNS_SOA))
        return failure_set(failure, ERR_SYNTAX, "\"%.*s\" is no zone", TEXT_ARGS(zone));
    for (size_t i = 0; i < diff->changes.count; i++)
        if (is_first_of_set(diff, i) &&
            !add_condition(message, &diff->changes.items[i].record, seen))
            return failure_set(failure, ERR_UNSUPPORTED, "what stands at %.*s cannot be named",
                TEXT_ARGS(diff->changes.items[i].record.owner));
    err = add_changes(diff, message, failure);
    if (err != ERR_NONE)
        return err;
    if (message->len > UPDATE_MAX_BYTES)
        return failure_set(
            failure, ERR_LIMIT, "%zu changes are too many for one update", diff->changes.count);
    return ERR_NONE;
}

static enum err judge_code(const struct primary *primary, unsigned rcode, struct failure *failure)
{
    switch (rcode) {
    case 0:
        return ERR_NONE;
    case RCODE_REFUSED:
        return failure_set(failure, ERR_REFUSED,
            "the name server takes no updates of %.*s %s (REFUSED): see its allow-update, "
            "update-policy or acl%s",
            TEXT_ARGS(primary->zone), primary->key != NULL ? "with this key" : "without a key",
            primary->key != NULL ? "" : "; --key names the file with a key that it knows");
    case RCODE_NOTAUTH:
        return failure_set(failure, ERR_REFUSED,
            "the name server takes no updates of %.*s from here (NOTAUTH): it wants a key, or it "
            "is "
            "not the zone's primary (--key, --server, --zone)",
            TEXT_ARGS(primary->zone));
    case RCODE_NOTZONE:
        return failure_set(failure, ERR_REFUSED,
            "a name does not belong into the zone %.*s (NOTZONE): say --zone",
            TEXT_ARGS(primary->zone));
    default:
        break;
    }
    /* YXDOMAIN, YXRRSET, NXRRSET and, for names, NXDOMAIN: a condition does not hold (§2.2). */
    if (rcode == 3 || (rcode >= RCODE_YXDOMAIN && rcode <= RCODE_NXRRSET))
        return failure_set(failure, ERR_BUSY,
            "the zone was changed meanwhile (%s), so nothing was done: try again",
            message_rcode_text(rcode));
    return failure_set(failure, ERR_IO, "the name server could not change the zone (%s)",
        message_rcode_text(rcode));
}

enum err primary_update(const struct primary *primary, const struct zone_diff *diff,
    const struct present_list *seen, struct failure *failure)
{
    struct buffer message = BUFFER_NONE, reply = BUFFER_NONE;
    struct stream stream;
    uint16_t id = 0;
    enum err err = new_id(&id, failure);

    stream_init(&stream, &primary->ip, primary->port);
    if (err == ERR_NONE)
        err = primary_write_update(primary->zone, id, diff, seen, &message, failure);
    if (err == ERR_NONE)
        err = exchange(primary, &stream, &message, MESSAGE_OPCODE_UPDATE, &reply, failure);
    if (err == ERR_NONE)
        err = judge_code(
            primary, message_flags((const uint8_t *)reply.data) & MESSAGE_MASK_RCODE, failure);
    stream_done(&stream);
    buffer_done(&message);
    buffer_done(&reply);
    return err;
}
