/* SPDX-License-Identifier: MIT */
#include "lib/store/password-list-maker.h"

#include "lib/base/array.h"
#include "lib/store/password.h"

#define HASH_DIGITS ((size_t)2 * PASSWORD_LIST_HASH_BYTES)

struct password_list_maker {
    ARRAY(uint64_t) hashes; /* the first bytes as a number, the first of them highest */
    size_t sorted;          /* so many at the front are in order, each once */
    uint64_t seen_min, rare, skipped;
};

struct password_list_maker *password_list_maker_new(uint64_t seen_min)
{
    struct password_list_maker *maker = memory_alloc_zero(1, sizeof *maker);

    maker->seen_min = seen_min;
    return maker;
}

void password_list_maker_free(struct password_list_maker **maker)
{
    if (*maker == NULL)
        return;
    array_done(&(*maker)->hashes);
    memory_free(maker);
}

uint64_t password_list_maker_rare(const struct password_list_maker *maker)
{
    return maker->rare;
}

uint64_t password_list_maker_skipped(const struct password_list_maker *maker)
{
    return maker->skipped;
}

/* --- lines --- */

static bool is_hex(struct text text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text_hex_value(text.data[i]) < 0)
            return false;
    return true;
}

/* So many hex digits, and how often the hash was seen; where that is not said, as often as may be.
 */
static bool is_counted(struct text line, size_t digits, bool needs_count, uint64_t *seen_r)
{
    struct text rest = text_skip(line, digits);

    *seen_r = UINT64_MAX;
    if (line.len < digits || !is_hex(text_head(line, digits)))
        return false;
    if (rest.len == 0)
        return !needs_count;
    return rest.data[0] == ':' && text_to_number(text_skip(rest, 1), UINT64_MAX, seen_r);
}

static void keep_counted(struct password_list_maker *maker, const char *digits, uint64_t seen)
{
    uint64_t hash = 0;

    if (seen < maker->seen_min) {
        maker->rare++;
        return;
    }
    for (size_t i = 0; i < (size_t)2 * PASSWORD_LIST_KEPT_BYTES; i++)
        hash = hash << 4 | (uint64_t)text_hex_value(digits[i]);
    array_push(&maker->hashes, hash);
}

static enum err keep_ranged(struct password_list_maker *maker, struct text range, struct text line,
    uint64_t seen, struct failure *failure)
{
    char digits[HASH_DIGITS];

    if (range.len != PASSWORD_LIST_RANGE_DIGITS || !is_hex(range))
        return failure_set(failure, ERR_SYNTAX,
            "a line of a range of hashes; a file of those has their first five digits for its "
            "name");
    memcpy(digits, range.data, PASSWORD_LIST_RANGE_DIGITS);
    memcpy(
        digits + PASSWORD_LIST_RANGE_DIGITS, line.data, HASH_DIGITS - PASSWORD_LIST_RANGE_DIGITS);
    keep_counted(maker, digits, seen);
    return ERR_NONE;
}

static enum err keep_password(
    struct password_list_maker *maker, struct text password, struct failure *failure)
{
    unsigned char bytes[PASSWORD_LIST_HASH_BYTES];
    uint64_t hash = 0;

    if (password.len == 0 || password.len > PASSWORD_MAX_BYTES) {
        maker->skipped++;
        return ERR_NONE;
    }
    if (password_list_hash(password, bytes) != ERR_NONE)
        return failure_set(failure, ERR_CRYPTO, "OpenSSL has no SHA-1 here");
    for (size_t i = 0; i < PASSWORD_LIST_KEPT_BYTES; i++)
        hash = hash << 8 | bytes[i];
    array_push(&maker->hashes, hash);
    return ERR_NONE;
}

enum err password_list_maker_add(
    struct password_list_maker *maker, struct text range, struct text line, struct failure *failure)
{
    uint64_t seen;

    if (line.len > 0 && line.data[line.len - 1] == '\r')
        line.len--;
    if (maker->hashes.count == PASSWORD_LIST_HASHES_MAX)
        return failure_set(failure, ERR_LIMIT,
            "more than %zu passwords; leave out those seen rarely", PASSWORD_LIST_HASHES_MAX);
    if (is_counted(line, HASH_DIGITS, false, &seen)) {
        keep_counted(maker, line.data, seen);
        return ERR_NONE;
    }
    if (is_counted(line, HASH_DIGITS - PASSWORD_LIST_RANGE_DIGITS, true, &seen))
        return keep_ranged(maker, range, line, seen, failure);
    return keep_password(maker, line, failure);
}

/* --- the file --- */

static int compare(const void *one, const void *other)
{
    uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;

    return (a > b) - (a < b);
}

uint64_t password_list_maker_count(struct password_list_maker *maker)
{
    size_t kept = 0;

    if (maker->sorted == maker->hashes.count)
        return maker->sorted;
    qsort(maker->hashes.items, maker->hashes.count, sizeof *maker->hashes.items, compare);
    for (size_t i = 0; i < maker->hashes.count; i++)
        if (kept == 0 || maker->hashes.items[i] != maker->hashes.items[kept - 1])
            maker->hashes.items[kept++] = maker->hashes.items[i];
    maker->hashes.count = maker->sorted = kept;
    return kept;
}

static void put_number(unsigned char *bytes, size_t size, uint64_t number)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(number >> (8 * i));
}

static bool write_head(uint64_t count, FILE *file)
{
    unsigned char head[PASSWORD_LIST_HEAD_BYTES] = PASSWORD_LIST_MAGIC;

    put_number(head + 8, 4, PASSWORD_LIST_VERSION);
    put_number(head + 12, 4, PASSWORD_LIST_KEPT_BYTES);
    put_number(head + 16, 8, count);
    return fwrite(head, sizeof head, 1, file) == 1;
}

static bool write_hash(uint64_t hash, FILE *file)
{
    unsigned char bytes[PASSWORD_LIST_KEPT_BYTES];

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(hash >> (8 * (sizeof bytes - 1 - i)));
    return fwrite(bytes, sizeof bytes, 1, file) == 1;
}

enum err password_list_maker_write(struct password_list_maker *maker, FILE *file)
{
    uint64_t count = password_list_maker_count(maker);
    bool is_good = write_head(count, file);

    for (size_t i = 0; is_good && i < count; i++)
        is_good = write_hash(maker->hashes.items[i], file);
    return is_good ? ERR_NONE : ERR_IO;
}
