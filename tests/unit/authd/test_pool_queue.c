/* SPDX-License-Identifier: MIT */
#include "authd/pool-queue.h"

#include "tests/unit/unit.h"

/*
 * Jobs are named by letters. Small ones are strangers, of the network with that letter's number;
 * capital ones are owners.
 */
#define JOBS_MAX 16

struct scene {
    struct pool_queue *queue;
    struct named {
        struct pool_job job;
        char name;
    } jobs[JOBS_MAX];
    size_t count;
};

static struct ip_network network(char name)
{
    return (struct ip_network){
        {IP_V4, {192, 0, (uint8_t)name}},
        24
    };
}

static enum pool_answer push(struct scene *scene, char name)
{
    struct named *named = &scene->jobs[scene->count++];

    assert_true(scene->count <= JOBS_MAX);
    *named = (struct named){{.class = POOL_OWNER}, name};
    if (name >= 'a')
        named->job = (struct pool_job){.class = POOL_STRANGER, .network = network(name)};
    return pool_queue_push(scene->queue, &named->job);
}

/* The names of all that are taken out, in order. */
static void take_all(struct scene *scene, bool takes_strangers, char names_r[JOBS_MAX + 1])
{
    struct pool_job *job;
    size_t count = 0;

    while ((job = pool_queue_take(scene->queue, takes_strangers)) != NULL)
        names_r[count++] = ((struct named *)job)->name;
    names_r[count] = '\0';
}

static const struct order_row {
    const char *name, *pushed, *taken;
} order_rows[] = {
    {"one network in order of coming",   "aaa",     "aaa"    },
    {"owners in order of coming",        "CAB",     "CAB"    },
    {"owners first",                     "abAcB",   "ABabc"  },
    {"networks take turns",              "aaaabb",  "ababaa" },
    {"a newcomer waits one round",       "aaabbbc", "abcabab"},
    {"owners take no turn of strangers", "aaAb",    "Aaba"   },
    {"nobody",                           "",        ""       },
};

static void test_order(void **state)
{
    const struct pool_bounds bounds = {JOBS_MAX, JOBS_MAX, JOBS_MAX};
    char names[JOBS_MAX + 1];

    (void)state;
    for (size_t i = 0; i < sizeof order_rows / sizeof *order_rows; i++) {
        const struct order_row *row = &order_rows[i];
        struct scene scene = {.queue = pool_queue_new(&bounds)};

        for (const char *name = row->pushed; *name != '\0'; name++)
            assert_int_equal(push(&scene, *name), POOL_TAKEN);
        assert_int_equal(pool_queue_count(scene.queue), strlen(row->pushed));
        take_all(&scene, true, names);
        if (strcmp(names, row->taken) != 0)
            fail_msg("%s: taken %s, expected %s", row->name, names, row->taken);
        assert_int_equal(pool_queue_count(scene.queue), 0);
        pool_queue_free(&scene.queue);
    }
}

/* last: what the last of them is told; those before are taken. */
static const struct bound_row {
    const char *name;
    struct pool_bounds bounds;
    const char *pushed;
    enum pool_answer last;
} bound_rows[] = {
    {"the share of a network",           {9, 9, 2}, "aaa",  POOL_SHARE_IS_USED},
    {"of each network",                  {9, 9, 2}, "aabb", POOL_TAKEN        },
    {"owners have no share",             {9, 9, 2}, "AAA",  POOL_TAKEN        },
    {"all strangers",                    {9, 3, 2}, "aabc", POOL_IS_FULL      },
    {"the share is named first",         {9, 2, 2}, "aaa",  POOL_SHARE_IS_USED},
    {"owners have room beside them",     {9, 3, 2}, "aabA", POOL_TAKEN        },
    {"all owners",                       {3, 9, 2}, "AAAA", POOL_IS_FULL      },
    {"strangers have room beside those", {3, 9, 2}, "AAAa", POOL_TAKEN        },
    {"no room at all",                   {9, 0, 1}, "a",    POOL_IS_FULL      },
    {"no share at all",                  {9, 1, 0}, "a",    POOL_SHARE_IS_USED},
};

static void test_bounds(void **state)
{
    char names[JOBS_MAX + 1];

    (void)state;
    for (size_t i = 0; i < sizeof bound_rows / sizeof *bound_rows; i++) {
        const struct bound_row *row = &bound_rows[i];
        struct scene scene = {.queue = pool_queue_new(&row->bounds)};
        enum pool_answer answer = POOL_TAKEN;

        for (const char *name = row->pushed; *name != '\0'; name++) {
            assert_int_equal(answer, POOL_TAKEN);
            answer = push(&scene, *name);
        }
        if (answer != row->last)
            fail_msg("%s: answered %d, expected %d", row->name, (int)answer, (int)row->last);
        take_all(&scene, true, names);
        assert_int_equal(strlen(names), strlen(row->pushed) - (row->last != POOL_TAKEN));
        pool_queue_free(&scene.queue);
    }
}

/* A place that has become free is one, and so is a network that had left. */
static void test_room_again(void **state)
{
    const struct pool_bounds bounds = {2, 2, 1};
    struct scene scene = {.queue = pool_queue_new(&bounds)};
    char names[JOBS_MAX + 1];

    (void)state;
    assert_int_equal(push(&scene, 'a'), POOL_TAKEN);
    assert_int_equal(push(&scene, 'b'), POOL_TAKEN);
    assert_non_null(pool_queue_take(scene.queue, true));
    assert_int_equal(push(&scene, 'b'), POOL_SHARE_IS_USED);
    assert_int_equal(push(&scene, 'a'), POOL_TAKEN);
    pool_queue_set_bounds(scene.queue, &(struct pool_bounds){9, 9, 2});
    assert_int_equal(push(&scene, 'a'), POOL_TAKEN);
    take_all(&scene, true, names);
    assert_string_equal(names, "baa");
    pool_queue_free(&scene.queue);
}

static void test_without_strangers(void **state)
{
    const struct pool_bounds bounds = {9, 9, 9};
    struct scene scene = {.queue = pool_queue_new(&bounds)};
    char names[JOBS_MAX + 1];

    (void)state;
    assert_int_equal(push(&scene, 'a'), POOL_TAKEN);
    assert_int_equal(push(&scene, 'A'), POOL_TAKEN);
    take_all(&scene, false, names);
    assert_string_equal(names, "A");
    take_all(&scene, true, names);
    assert_string_equal(names, "a");
    pool_queue_free(&scene.queue);
}

/* The same bytes of the other family, and the same base with another length, are other networks. */
static void test_networks(void **state)
{
    const struct pool_bounds bounds = {9, 9, 1};
    struct ip_network networks[] = {
        {{IP_V4, {192}}, 24},
        {{IP_V6, {192}}, 24},
        {{IP_V6, {192}}, 64},
        {{IP_NONE, {0}}, 0 },
    };
    struct pool_job jobs[4], again = {.class = POOL_STRANGER};
    struct pool_queue *queue = pool_queue_new(&bounds);

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        jobs[i] = (struct pool_job){.class = POOL_STRANGER, .network = networks[i]};
        assert_int_equal(pool_queue_push(queue, &jobs[i]), POOL_TAKEN);
    }
    assert_int_equal(pool_queue_push(queue, &again), POOL_SHARE_IS_USED);
    for (size_t i = 0; i < 4; i++)
        assert_ptr_equal(pool_queue_take(queue, true), &jobs[i]);
    pool_queue_free(&queue);
}

UNIT_MAIN(cmocka_unit_test(test_order), cmocka_unit_test(test_bounds),
    cmocka_unit_test(test_room_again), cmocka_unit_test(test_without_strangers),
    cmocka_unit_test(test_networks))
