/* SPDX-License-Identifier: MIT */
#include "lib/mailauth/srs.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "lib/base/base64.h"
#include "lib/base/buffer.h"
#include "lib/dns/name.h"

#define TAG_LEN 4  /* "SRS0" */
#define HASH_LEN 4 /* characters */
#define STAMP_LEN 2
#define SHA1_LEN 20
#define DAY_S 86400
#define DAYS (SRS_DAYS_MAX + 1) /* they repeat then */
/* An address that is longer cannot have come in an envelope. */
#define ADDRESS_MAX ((size_t)1024)

static const char base32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/* --- addresses --- */

struct mailbox {
    struct text local_part; /* without quotes */
    struct text domain;     /* normalized */
};

/* RFC 5322 §3.2.3, with what RFC 6532 adds. */
static bool is_atom_byte(char byte)
{
    static const char signs[] = "!#$%&'*+-/=?^_`{|}~";

    return text_is_alnum(byte) || (unsigned char)byte >= 0x80 ||
           memchr(signs, byte, sizeof signs - 1) != NULL;
}

/* Dots stand between atoms, or the local part must be quoted (RFC 5321 §4.1.2). */
static bool is_dot_string(struct text local_part)
{
    bool after_dot = true;

    for (size_t i = 0; i < local_part.len; i++) {
        bool is_dot = local_part.data[i] == '.';

        if (is_dot ? after_dot : !is_atom_byte(local_part.data[i]))
            return false;
        after_dot = is_dot;
    }
    return !after_dot;
}

/* Takes a quoted string off *rest; all of it where the quotes do not end. */
static bool take_quoted(struct text *rest, struct arena *arena, struct text *local_part_r)
{
    char *bytes = arena_alloc(arena, rest->len);
    size_t len = 0, at = 1;

    for (; at < rest->len && rest->data[at] != '"'; at++) {
        if (rest->data[at] == '\\' && ++at == rest->len)
            return false;
        bytes[len++] = rest->data[at];
    }
    *rest = text_skip(*rest, at + 1);
    *local_part_r = text_from_bytes(bytes, len);
    return true;
}

/* Takes what stands before the last "@": dots may stand where they will, as in the world. */
static bool take_plain(struct text *rest, struct text *local_part_r)
{
    struct text local_part = text_head(*rest, text_find_last(*rest, '@'));

    for (size_t i = 0; i < local_part.len; i++)
        if (local_part.data[i] != '.' && !is_atom_byte(local_part.data[i]))
            return false;
    *rest = text_skip(*rest, local_part.len);
    *local_part_r = local_part;
    return true;
}

static bool mailbox_parse(struct text address, struct arena *arena, struct mailbox *mailbox_r)
{
    struct mailbox mailbox;
    bool is_quoted = text_starts_with(address, TEXT("\""));

    if (address.len > ADDRESS_MAX || text_has_control(address) ||
        !(is_quoted ? take_quoted(&address, arena, &mailbox.local_part)
                    : take_plain(&address, &mailbox.local_part)))
        return false;
    if (mailbox.local_part.len == 0 || !text_starts_with(address, TEXT("@")) ||
        !dns_name_normalize(text_skip(address, 1), arena, &mailbox.domain))
        return false;
    *mailbox_r = mailbox;
    return true;
}

static struct text mailbox_print(const struct mailbox *mailbox, struct arena *arena)
{
    struct buffer quoted = BUFFER_NONE;
    struct text address;

    if (is_dot_string(mailbox->local_part))
        return arena_print(
            arena, "%.*s@%.*s", TEXT_ARGS(mailbox->local_part), TEXT_ARGS(mailbox->domain));
    for (size_t i = 0; i < mailbox->local_part.len; i++) {
        char byte = mailbox->local_part.data[i];

        if (byte == '"' || byte == '\\')
            buffer_append_byte(&quoted, '\\');
        buffer_append_byte(&quoted, byte);
    }
    address = arena_print(arena, "\"%s\"@%.*s", buffer_string(&quoted), TEXT_ARGS(mailbox->domain));
    buffer_done(&quoted);
    return address;
}

/* --- the parts of a local part --- */

/* What a hash is made of: "TT", host and user of SRS0; host and the rest of SRS1. */
struct parts {
    struct text hash, stamp, host, user;
};

static bool is_sign(char byte)
{
    return byte == '=' || byte == '+' || byte == '-';
}

static bool has_tag(struct text local_part, const char *tag)
{
    return text_starts_with_nocase(local_part, text_from_string(tag)) && local_part.len > TAG_LEN &&
           is_sign(local_part.data[TAG_LEN]);
}

/* What stands before the next "=", or all. */
static struct text take_part(struct text *rest)
{
    struct text part = text_head(*rest, text_find(*rest, '='));

    *rest = text_skip(*rest, part.len + 1);
    return part;
}

/* "=HHHH=TT=host=user", behind "SRS0". */
static bool parse_first(struct text local_part, struct parts *parts_r)
{
    struct text rest = text_skip(local_part, TAG_LEN + 1);
    struct parts parts;

    parts.hash = take_part(&rest);
    parts.stamp = take_part(&rest);
    parts.host = take_part(&rest);
    parts.user = rest;
    if (!has_tag(local_part, "SRS0") || parts.stamp.len != STAMP_LEN ||
        !dns_name_is_valid(parts.host) || parts.user.len == 0)
        return false;
    *parts_r = parts;
    return true;
}

/* "=HHHH=host=" and what stood behind "SRS0" of that host, with the sign there. */
static bool parse_second(struct text local_part, struct parts *parts_r)
{
    struct text rest = text_skip(local_part, TAG_LEN + 1);
    struct parts parts = {.stamp = TEXT("")};

    parts.hash = take_part(&rest);
    parts.host = take_part(&rest);
    parts.user = rest;
    if (!has_tag(local_part, "SRS1") || !dns_name_is_valid(parts.host) || parts.user.len < 2 ||
        !is_sign(parts.user.data[0]))
        return false;
    *parts_r = parts;
    return true;
}

/* --- hash and day --- */

static void append_lower(struct buffer *buffer, struct text text)
{
    for (size_t i = 0; i < text.len; i++)
        buffer_append_byte(buffer, text_lower(text.data[i]));
}

/* The first characters in base64url. False where OpenSSL does not do it. */
static bool make_hash(struct text secret, const struct parts *parts, char hash_r[HASH_LEN])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    char base64[BASE64_ENCODED_LEN(SHA1_LEN) + 1];
    struct buffer bytes = BUFFER_NONE;
    unsigned len = 0;
    bool made;

    append_lower(&bytes, parts->stamp);
    append_lower(&bytes, parts->host);
    append_lower(&bytes, parts->user);
    made = HMAC(EVP_sha1(), secret.data, (int)secret.len, (const unsigned char *)bytes.data,
               bytes.len, digest, &len) != NULL;
    buffer_done(&bytes);
    if (!made)
        return false;
    base64_encode(digest, SHA1_LEN, base64);
    for (size_t i = 0; i < HASH_LEN; i++)
        hash_r[i] = (char)(base64[i] == '+' ? '-' : base64[i] == '/' ? '_' : base64[i]);
    return true;
}

/* As it is compared: relays have lower-cased it, others write plain base64. */
static void fold_hash(char hash[HASH_LEN])
{
    for (size_t i = 0; i < HASH_LEN; i++)
        hash[i] = (char)(hash[i] == '+' ? '-' : hash[i] == '/' ? '_' : text_lower(hash[i]));
}

static bool verifies(const struct srs_rules *rules, const struct parts *parts)
{
    char found[HASH_LEN], made[HASH_LEN] = "";
    bool is_ours = false;

    if (parts->hash.len != HASH_LEN)
        return false;
    memcpy(found, parts->hash.data, HASH_LEN);
    fold_hash(found);
    for (size_t i = 0; i < rules->secret_count; i++) {
        bool is_made = make_hash(rules->secrets[i], parts, made);

        fold_hash(made);
        is_ours |= is_made && CRYPTO_memcmp(found, made, HASH_LEN) == 0;
    }
    return is_ours;
}

static void write_day(int64_t now, char stamp_r[STAMP_LEN])
{
    unsigned day = (unsigned)(now / DAY_S % DAYS);

    stamp_r[0] = base32[day / 32];
    stamp_r[1] = base32[day % 32];
}

static bool read_day(struct text stamp, unsigned *day_r)
{
    unsigned day = 0;

    for (size_t i = 0; i < STAMP_LEN; i++) {
        char byte = stamp.data[i];
        const char *digit =
            memchr(base32, byte >= 'a' ? byte - ('a' - 'A') : byte, sizeof base32 - 1);

        if (digit == NULL)
            return false;
        day = day * 32 + (unsigned)(digit - base32);
    }
    *day_r = day;
    return true;
}

static bool is_in_time(const struct srs_rules *rules, struct text stamp, int64_t now)
{
    unsigned day;

    return read_day(stamp, &day) && (now / DAY_S % DAYS - day + DAYS) % DAYS <= rules->max_age_days;
}

/* --- forward --- */

static struct text print_second(
    const char hash[HASH_LEN], const struct parts *parts, struct arena *arena)
{
    return arena_print(arena, "SRS1=%.*s=%.*s=%.*s", HASH_LEN, hash, TEXT_ARGS(parts->host),
        TEXT_ARGS(parts->user));
}

static struct text print_first(
    const char hash[HASH_LEN], const struct parts *parts, struct arena *arena)
{
    return arena_print(arena, "SRS0=%.*s=%.*s=%.*s=%.*s", HASH_LEN, hash, TEXT_ARGS(parts->stamp),
        TEXT_ARGS(parts->host), TEXT_ARGS(parts->user));
}

/* True where it is to be SRS1: another forwarder has rewritten it already. */
static bool find_parts(const struct mailbox *sender, struct text day, struct parts *parts_r)
{
    if (parse_second(sender->local_part, parts_r))
        return true;
    if (parse_first(sender->local_part, parts_r)) {
        *parts_r = (struct parts){.stamp = TEXT(""),
            .host = sender->domain,
            .user = text_skip(sender->local_part, TAG_LEN)};
        return true;
    }
    *parts_r = (struct parts){.stamp = day, .host = sender->domain, .user = sender->local_part};
    return false;
}

enum srs_forward srs_forward(const struct srs_rules *rules, struct text sender, int64_t now,
    struct arena *arena, struct text *rewritten_r)
{
    char hash[HASH_LEN], day[STAMP_LEN];
    struct parts parts;
    struct mailbox mailbox;
    struct text rewritten;
    bool is_second;

    if (sender.len == 0)
        return SRS_NOT_NEEDED;
    if (!mailbox_parse(sender, arena, &mailbox))
        return SRS_NO_ADDRESS;
    if (text_equals(mailbox.domain, rules->domain))
        return SRS_NOT_NEEDED;
    write_day(now, day);
    is_second = find_parts(&mailbox, text_from_bytes(day, STAMP_LEN), &parts);
    if (rules->secret_count == 0 || !make_hash(rules->secrets[0], &parts, hash))
        return SRS_NO_SECRET;
    mailbox.local_part =
        is_second ? print_second(hash, &parts, arena) : print_first(hash, &parts, arena);
    mailbox.domain = rules->domain;
    rewritten = mailbox_print(&mailbox, arena);
    if (text_find_last(rewritten, '@') > SRS_LOCAL_PART_MAX)
        return SRS_TOO_LONG;
    *rewritten_r = rewritten;
    return SRS_REWRITTEN;
}

/* --- reverse --- */

enum srs_reverse srs_reverse(const struct srs_rules *rules, struct text address, int64_t now,
    struct arena *arena, struct text *sender_r)
{
    struct mailbox mailbox;
    struct parts parts;
    bool is_first;

    if (!mailbox_parse(address, arena, &mailbox) || !text_equals(mailbox.domain, rules->domain))
        return SRS_FOREIGN;
    is_first = parse_first(mailbox.local_part, &parts);
    if (!is_first && !parse_second(mailbox.local_part, &parts))
        return SRS_FOREIGN;
    if (!verifies(rules, &parts))
        return SRS_FORGED;
    if (is_first && !is_in_time(rules, parts.stamp, now))
        return SRS_EXPIRED;
    mailbox.local_part =
        is_first ? parts.user : arena_print(arena, "SRS0%.*s", TEXT_ARGS(parts.user));
    mailbox.domain = parts.host;
    *sender_r = mailbox_print(&mailbox, arena);
    return SRS_REVERSED;
}

/* --- words --- */

const char *srs_forward_word(enum srs_forward outcome)
{
    static const char *const words[] = {
        [SRS_REWRITTEN] = "rewritten",
        [SRS_NOT_NEEDED] = "not needed",
        [SRS_NO_ADDRESS] = "no address",
        [SRS_TOO_LONG] = "too long",
        [SRS_NO_SECRET] = "no secret",
    };

    return words[outcome];
}

const char *srs_reverse_word(enum srs_reverse outcome)
{
    static const char *const words[] = {
        [SRS_REVERSED] = "reversed",
        [SRS_FOREIGN] = "foreign",
        [SRS_FORGED] = "forged",
        [SRS_EXPIRED] = "expired",
    };

    return words[outcome];
}
