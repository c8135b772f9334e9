/* SPDX-License-Identifier: MIT */
#include "lib/dns/cache.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/memory.h"
#include "tests/unit/unit.h"

#define START_MS 1000000

static const struct dns_question question = {
    {"example.org", 11},
    DNS_MX
};
static const struct dns_record records[] = {
    {.text = {"mx1.example.org", 15}, .preference = 10},
    {.text = {"", 0},                 .preference = 20},
};

static int set_up(void **state)
{
    clock_test_set(0, START_MS);
    *state = cache_new(1000);
    return 0;
}

static int tear_down(void **state)
{
    struct cache *cache = *state;

    cache_free(&cache);
    cache_free(&cache);
    clock_test_release();
    return 0;
}

static void at_second(double seconds)
{
    clock_test_set(0, START_MS + (int64_t)(seconds * 1000));
}

static struct dns_answer answer_of(enum dns_status status, uint32_t ttl_s)
{
    return (struct dns_answer){.status = status,
        .ttl_s = ttl_s,
        .secure = true,
        .count = status == DNS_FOUND ? 2 : 0,
        .records = status == DNS_FOUND ? records : NULL};
}

static void test_found_and_aged(void **state)
{
    struct arena *arena = arena_new();
    struct dns_answer answer = answer_of(DNS_FOUND, 300);
    const struct dns_answer *got;

    assert_null(cache_get(*state, &question, arena));
    cache_put(*state, &question, &answer);
    at_second(100.5);
    got = cache_get(*state, &question, arena);
    assert_non_null(got);
    assert_int_equal(got->status, DNS_FOUND);
    assert_int_equal(got->ttl_s, 200);
    assert_true(got->secure);
    assert_int_equal(got->count, 2);
    assert_text_equal(got->records[0].text, "mx1.example.org");
    assert_int_equal(got->records[1].preference, 20);
    assert_ptr_not_equal(got->records[0].text.data, records[0].text.data);
    at_second(299.999);
    assert_int_equal(cache_get(*state, &question, arena)->ttl_s, 1);
    at_second(300);
    assert_null(cache_get(*state, &question, arena));
    assert_int_equal(cache_count(*state), 0);
    arena_free(&arena);
}

static const struct {
    const char *row;
    enum dns_status status;
    uint32_t ttl_s, kept_s;
} lives[] = {
    {"found",                DNS_FOUND,     60,         60                      },
    {"found, for ever",      DNS_FOUND,     0x7fffffff, CACHE_TTL_MAX_S         },
    {"found, not to keep",   DNS_FOUND,     0,          0                       },
    {"no data",              DNS_NO_DATA,   60,         60                      },
    {"no data, for ever",    DNS_NO_DATA,   0x7fffffff, CACHE_NEGATIVE_TTL_MAX_S},
    {"no data, without SOA", DNS_NO_DATA,   0,          0                       },
    {"no name",              DNS_NO_NAME,   60,         60                      },
    {"no name, for ever",    DNS_NO_NAME,   0x7fffffff, CACHE_NEGATIVE_TTL_MAX_S},
    {"temporary",            DNS_TEMPORARY, 60,         0                       },
};

static void test_lives(void **state)
{
    for (size_t i = 0; i < sizeof lives / sizeof *lives; i++) {
        struct arena *arena = arena_new();
        struct dns_answer answer = answer_of(lives[i].status, lives[i].ttl_s);
        const struct dns_answer *got;

        unit_row(lives[i].row);
        cache_flush(*state);
        at_second(0);
        cache_put(*state, &question, &answer);
        if (lives[i].kept_s != 0) {
            at_second(lives[i].kept_s - 0.5);
            got = cache_get(*state, &question, arena);
            assert_non_null(got);
            assert_int_equal(got->status, lives[i].status);
        }
        at_second(lives[i].kept_s);
        assert_null(cache_get(*state, &question, arena));
        arena_free(&arena);
    }
}

static void test_type_and_name_tell_apart(void **state)
{
    struct arena *arena = arena_new();
    struct dns_answer answer = answer_of(DNS_NO_DATA, 300);
    struct dns_question other = {TEXT("example.org"), DNS_TXT};

    cache_put(*state, &question, &answer);
    assert_null(cache_get(*state, &other, arena));
    other = (struct dns_question){TEXT("example.net"), DNS_MX};
    assert_null(cache_get(*state, &other, arena));
    other = (struct dns_question){TEXT_NONE, DNS_MX};
    assert_null(cache_get(*state, &other, arena));
    cache_put(*state, &other, &answer);
    assert_non_null(cache_get(*state, &other, arena));
    arena_free(&arena);
}

static void test_newer_replaces(void **state)
{
    struct arena *arena = arena_new();
    struct dns_answer answer = answer_of(DNS_FOUND, 300);

    cache_put(*state, &question, &answer);
    answer = answer_of(DNS_NO_NAME, 100);
    cache_put(*state, &question, &answer);
    assert_int_equal(cache_get(*state, &question, arena)->status, DNS_NO_NAME);
    assert_int_equal(cache_count(*state), 1);
    /* What is not to be kept does not drive out what is. */
    answer = answer_of(DNS_TEMPORARY, 0);
    cache_put(*state, &question, &answer);
    assert_int_equal(cache_get(*state, &question, arena)->status, DNS_NO_NAME);
    cache_flush(*state);
    assert_int_equal(cache_count(*state), 0);
    assert_null(cache_get(*state, &question, arena));
    arena_free(&arena);
}

static struct dns_question numbered(size_t number, char room[64])
{
    return (struct dns_question){
        text_from_bytes(room, (size_t)snprintf(room, 64, "n%zu.example.org", number)), DNS_TXT};
}

/* Bounded, and what is used stays while others come and go. */
static void test_bound_of_entries(void **state)
{
    struct arena *arena = arena_new();
    struct dns_answer answer = answer_of(DNS_NO_NAME, 300);
    char room[64];

    cache_put(*state, &question, &answer);
    for (size_t i = 0; i < 20000; i++) {
        struct dns_question next = numbered(i, room);

        cache_put(*state, &next, &answer);
        assert_non_null(cache_get(*state, &next, arena));
        assert_non_null(cache_get(*state, &question, arena));
        arena_reset(arena);
    }
    assert_in_range(cache_count(*state), 500, 1000 + CACHE_SHARDS);
    arena_free(&arena);
}

/* Large answers count by their bytes. */
static void test_bound_of_bytes(void **state)
{
    struct arena *arena = arena_new();
    char *payload = memory_alloc_zero(1, CACHE_ANSWER_MAX_BYTES);
    struct dns_record record = {
        .text = {payload, 10000}
    };
    struct dns_answer answer = {.status = DNS_FOUND, .ttl_s = 300, .count = 1, .records = &record};
    char room[64];

    for (size_t i = 0; i < 1000; i++) {
        struct dns_question next = numbered(i, room);

        cache_put(*state, &next, &answer);
        assert_non_null(cache_get(*state, &next, arena));
        arena_reset(arena);
    }
    assert_in_range(cache_count(*state), CACHE_SHARDS,
        (1000 + CACHE_SHARDS) * (size_t)CACHE_ENTRY_MEAN_BYTES / 10000);
    cache_flush(*state);
    record.text.len = CACHE_ANSWER_MAX_BYTES;
    cache_put(*state, &question, &answer);
    assert_int_equal(cache_count(*state), 0);
    free(payload);
    arena_free(&arena);
}

static void test_tiny(void **state)
{
    struct arena *arena = arena_new();
    struct dns_answer answer = answer_of(DNS_NO_NAME, 300);
    struct cache *cache = cache_new(1);

    (void)state;
    cache_put(cache, &question, &answer);
    assert_non_null(cache_get(cache, &question, arena));
    cache_free(&cache);
    arena_free(&arena);
}

static void test_name_too_long(void **state)
{
    struct arena *arena = arena_new();
    struct dns_answer answer = answer_of(DNS_NO_NAME, 300);
    char name[300];
    struct dns_question too_long = {
        {name, sizeof name},
        DNS_A
    };

    memset(name, 'a', sizeof name);
    cache_put(*state, &too_long, &answer);
    assert_null(cache_get(*state, &too_long, arena));
    assert_int_equal(cache_count(*state), 0);
    arena_free(&arena);
}

static atomic_size_t wrong;

static void *hammer(void *context)
{
    struct cache *cache = context;
    struct arena *arena = arena_new();
    char room[64], payload[64];

    for (size_t i = 0; i < 20000; i++) {
        struct dns_question next = numbered(i * 7 % 3000, room);
        struct dns_record record = {
            .text = {payload, next.name.len}
        };
        struct dns_answer answer = {
            .status = DNS_FOUND, .ttl_s = 300, .count = 1, .records = &record};
        const struct dns_answer *got = cache_get(cache, &next, arena);

        if (got != NULL && !text_equals(got->records[0].text, next.name))
            wrong++;
        memcpy(payload, next.name.data, next.name.len);
        cache_put(cache, &next, &answer);
        if (i % 5000 == 4999)
            cache_flush(cache);
        arena_reset(arena);
    }
    arena_free(&arena);
    return NULL;
}

static void test_threads(void **state)
{
    pthread_t threads[4];

    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hammer, *state), 0);
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(wrong, 0);
}

#define WITH_CACHE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

UNIT_MAIN(WITH_CACHE(test_found_and_aged), WITH_CACHE(test_lives),
    WITH_CACHE(test_type_and_name_tell_apart), WITH_CACHE(test_newer_replaces),
    WITH_CACHE(test_bound_of_entries), WITH_CACHE(test_bound_of_bytes), WITH_CACHE(test_tiny),
    WITH_CACHE(test_name_too_long), WITH_CACHE(test_threads))
