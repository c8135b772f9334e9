/* SPDX-License-Identifier: MIT */

/* Forwards, domains that are aliases, aliases that are over: where mail goes, and in no circle. */

#include "lib/store/route-check.h"

#include <limits.h>
#include <sqlite3.h>
#include <stdarg.h>

#include "lib/base/clock.h"
#include "lib/store/alias.h"
#include "lib/store/domain.h"
#include "lib/store/forward.h"
#include "lib/store/route.h"
#include "lib/store/sender.h"
#include "lib/store/user.h"
#include "tests/unit/store/ground.h"

#define NOW 1000

static void add_user(struct store *store, const char *local_part)
{
    const struct user user = {
        .local_part = text_from_string(local_part), .domain = TEXT("home.org")};

    assert_int_equal(user_add(store, &user, 1), ERR_NONE);
}

static void add_alias(struct store *store, const char *address, const char *target, int64_t expires,
    bool receive_only)
{
    const struct text targets[] = {text_from_string(target)};
    const struct alias alias = {
        .address = text_from_string(address),
        .targets = targets,
        .target_count = 1,
        .enabled = true,
        .expires = expires,
        .receive_only = receive_only,
    };

    assert_int_equal(alias_add(store, &alias, 1), ERR_NONE);
}

static enum err forward_to(
    struct store *store, const char *user, bool keeps_copy, const char *first, const char *second)
{
    const struct text targets[] = {text_from_string(first), text_from_string(second)};
    const struct forward forward = {
        targets, (size_t)(first != NULL) + (second != NULL), keeps_copy};

    return forward_set(store, text_from_string(user), &forward);
}

static void make_alias_domain(struct ground *ground, const char *name, const char *target)
{
    struct domain domain;

    assert_int_equal(domain_add(ground->store, text_from_string(name), 1), ERR_NONE);
    assert_int_equal(
        domain_find(ground->store, text_from_string(name), ground->arena, &domain), ERR_NONE);
    domain.kind = DOMAIN_ALIAS;
    domain.target = text_from_string(target);
    assert_int_equal(domain_update(ground->store, &domain), ERR_NONE);
}

static struct store *populate(struct ground *ground)
{
    struct store *store = ground_open(ground, STORE_DIRECTORY);

    assert_int_equal(domain_add(store, TEXT("home.org"), 1), ERR_NONE);
    make_alias_domain(ground, "twin.org", "home.org");
    add_user(store, "ann");
    add_user(store, "bob");
    add_user(store, "copy");
    add_user(store, "away");
    add_user(store, "both");
    assert_int_equal(
        forward_to(store, "copy@home.org", true, "copy@elsewhere.example", NULL), ERR_NONE);
    assert_int_equal(
        forward_to(store, "away@home.org", false, "away@elsewhere.example", NULL), ERR_NONE);
    assert_int_equal(
        forward_to(store, "both@home.org", true, "ann@home.org", "x@y.example"), ERR_NONE);
    add_alias(store, "info@home.org", "copy@home.org", 0, false);
    add_alias(store, "over@home.org", "ann@home.org", NOW, false);
    add_alias(store, "soon@home.org", "ann@home.org", NOW + 1, false);
    add_alias(store, "news@home.org", "ann@home.org", 0, true);
    add_alias(store, "via@home.org", "ann@twin.org", 0, false);
    clock_test_set(NOW, 0);
    return store;
}

static const struct {
    const char *name, *address, *answer; /* targets; "": a mailbox; NULL: nobody */
} routes[] = {
    {"a user",                       "ann@home.org",    ""                                      },
    {"with a copy",                  "copy@home.org",   "copy@home.org copy@elsewhere.example"  },
    {"with a copy and an extension", "copy+x@home.org", "copy+x@home.org copy@elsewhere.example"},
    {"without a copy",               "away@home.org",   "away@elsewhere.example"                },
    {"without a copy, an extension", "away+x@home.org", "away@elsewhere.example"                },
    {"to two, with a copy",          "both@home.org",   "both@home.org ann@home.org x@y.example"},
    {"an alias of one who forwards", "info@home.org",   "copy@home.org"                         },
    {"an alias that is over",        "over@home.org",   NULL                                    },
    {"an alias that is over soon",   "soon@home.org",   "ann@home.org"                          },
    {"an alias that only receives",  "news@home.org",   "ann@home.org"                          },
    {"a user by the other domain",   "ann@twin.org",    "ann@home.org"                          },
    {"the same, an extension",       "ann+x@twin.org",  "ann+x@home.org"                        },
    {"an alias by the other domain", "info@twin.org",   "info@home.org"                         },
    {"who forwards, by that domain", "away@twin.org",   "away@home.org"                         },
    {"nobody by the other domain",   "zoe@twin.org",    NULL                                    },
    {"over, by the other domain",    "over@twin.org",   NULL                                    },
    {"its catch-all",                "@twin.org",       NULL                                    },
};

static const char *join(struct arena *arena, const struct text *items, size_t count)
{
    struct text joined = TEXT("");

    for (size_t i = 0; i < count; i++)
        joined = arena_print(
            arena, "%.*s%s%.*s", TEXT_ARGS(joined), i == 0 ? "" : " ", TEXT_ARGS(items[i]));
    return arena_copy_string(arena, joined);
}

static void test_routes(void **state)
{
    struct ground *ground = *state;
    struct store *store = populate(ground);

    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        struct alias alias = {.target_count = 0};

        unit_row(routes[i].name);
        assert_int_equal(
            route_find(store, text_from_string(routes[i].address), ground->arena, &alias),
            routes[i].answer != NULL ? ERR_NONE : ERR_ABSENT);
        if (routes[i].answer != NULL)
            assert_string_equal(
                join(ground->arena, alias.targets, alias.target_count), routes[i].answer);
    }
}

/* The other domain has the catch-all of the first one, unless the first one is switched off. */
static void test_twin_catch_all(void **state)
{
    struct ground *ground = *state;
    struct store *store = populate(ground);
    struct alias alias = {.target_count = 0};

    add_alias(store, "@home.org", "bob@home.org", 0, false);
    assert_int_equal(route_find(store, TEXT("zoe@twin.org"), ground->arena, &alias), ERR_NONE);
    assert_int_equal(alias.target_count, 1);
    assert_text_equal(alias.targets[0], "zoe@home.org");
    assert_int_equal(route_find(store, TEXT("over@home.org"), ground->arena, &alias), ERR_NONE);
    assert_text_equal(alias.targets[0], "bob@home.org");
    ground_run(
        ground, "directory/directory.db", "UPDATE domain SET enabled = 0 WHERE name = 'home.org'");
    assert_int_equal(route_find(store, TEXT("ann@twin.org"), ground->arena, &alias), ERR_ABSENT);
}

static const struct {
    const char *name, *address, *senders; /* NULL: nobody */
} senders[] = {
    {"by the other domain",            "ann@twin.org",   "ann@home.org" },
    {"by it, an extension",            "ann+x@twin.org", "ann@home.org" },
    {"an alias over the other domain", "via@home.org",   "ann@home.org" },
    {"an alias, by the other domain",  "info@twin.org",  "copy@home.org"},
    {"an alias that is over",          "over@home.org",  NULL           },
    {"an alias that is over soon",     "soon@home.org",  "ann@home.org" },
    {"an alias that only receives",    "news@home.org",  NULL           },
    {"one whom a forward leads to",    "both@home.org",  "both@home.org"},
};

static void test_senders(void **state)
{
    struct ground *ground = *state;
    struct store *store = populate(ground);

    for (size_t i = 0; i < sizeof senders / sizeof *senders; i++) {
        struct sender_list list = {NULL, 0};

        unit_row(senders[i].name);
        assert_int_equal(
            sender_list(store, text_from_string(senders[i].address), ground->arena, &list),
            senders[i].senders != NULL ? ERR_NONE : ERR_ABSENT);
        if (senders[i].senders != NULL)
            assert_string_equal(join(ground->arena, list.items, list.count), senders[i].senders);
    }
}

/* An address that only receives is somebody's: the catch-all gives nobody a right to it. */
static void test_sender_bounds(void **state)
{
    struct ground *ground = *state;
    struct store *store = populate(ground);
    struct sender_list list = {NULL, 0};

    add_alias(store, "@home.org", "bob@home.org", 0, false);
    assert_int_equal(sender_list(store, TEXT("news@home.org"), ground->arena, &list), ERR_ABSENT);
    assert_int_equal(sender_list(store, TEXT("zoe@twin.org"), ground->arena, &list), ERR_NONE);
    assert_string_equal(join(ground->arena, list.items, list.count), "bob@home.org");
    assert_int_equal(
        sender_list_addresses(store, TEXT("ann@home.org"), 99, ground->arena, &list), ERR_NONE);
    assert_string_equal(join(ground->arena, list.items, list.count),
        "ann@home.org ann@twin.org soon@home.org soon@twin.org via@home.org via@twin.org");
}

static void test_forward(void **state)
{
    struct ground *ground = *state;
    struct store *store = populate(ground);
    struct forward forward;

    assert_int_equal(forward_find(store, TEXT("both@home.org"), ground->arena, &forward), ERR_NONE);
    assert_int_equal(forward.target_count, 2);
    assert_true(forward.keeps_copy);
    assert_int_equal(forward_to(store, "both@home.org", false, "a@b.example", NULL), ERR_NONE);
    assert_int_equal(forward_find(store, TEXT("both@home.org"), ground->arena, &forward), ERR_NONE);
    assert_int_equal(forward.target_count, 1);
    assert_false(forward.keeps_copy);
    assert_int_equal(
        forward_to(store, "both@home.org", false, "a@b.example", "a@b.example"), ERR_NONE);
    assert_int_equal(forward_find(store, TEXT("both@home.org"), ground->arena, &forward), ERR_NONE);
    assert_int_equal(forward.target_count, 1);
    assert_int_equal(forward_to(store, "both@home.org", true, NULL, NULL), ERR_NONE);
    assert_int_equal(
        forward_find(store, TEXT("both@home.org"), ground->arena, &forward), ERR_ABSENT);
    assert_int_equal(forward_to(store, "zoe@home.org", true, NULL, NULL), ERR_ABSENT);
    assert_int_equal(forward_to(store, "zoe@home.org", true, "a@b.example", NULL), ERR_ABSENT);
    assert_failure_says(store, ERR_ABSENT, "there is no user zoe@home.org");
}

static void test_forward_bounds(void **state)
{
    struct ground *ground = *state;
    struct store *store = populate(ground);
    struct text targets[FORWARD_TARGETS_MAX + 1];
    struct forward forward = {targets, FORWARD_TARGETS_MAX + 1, true};

    for (size_t i = 0; i < FORWARD_TARGETS_MAX + 1; i++)
        targets[i] = arena_print(ground->arena, "n%zu@elsewhere.example", i);
    assert_int_equal(forward_set(store, TEXT("ann@home.org"), &forward), ERR_RANGE);
    forward.target_count--;
    assert_int_equal(forward_set(store, TEXT("ann@home.org"), &forward), ERR_NONE);
    assert_int_equal(user_delete(store, TEXT("ann@home.org")), ERR_NONE);
    assert_int_equal(ground_ask(ground, "directory/directory.db",
                         "SELECT count(*) FROM forward_target"
                         " WHERE target LIKE 'n%'"),
        0);
}

/* --- circles that come by time --- */

#define ALL "start@home.org loud@home.org copy@home.org"
static const struct {
    const char *name, *address, *answer; /* as in routes[] */
} ended[] = {
    {"the end, which the catch-all led to",  "end@home.org",     NULL                                     },
    {"its extension",                        "end+x@home.org",   ALL                                      },
    {"by the other domain",                  "end@twin.org",     NULL                                     },
    {"what leads to it",                     "start@home.org",   "end@home.org ann@home.org away@home.org"},
    {"the catch-all, for others",            "zoe@home.org",     ALL                                      },
    {"the catch-all itself",                 "@home.org",        ALL                                      },
    {"an extension that a forward leads to", "bob+old@home.org", ""                                       },
    {"who forwards there",                   "bob@home.org",     "bob@home.org list@home.org"             },
    {"another extension",                    "bob+x@home.org",   "bob+x@home.org list@home.org"           },
    {"over the other domain",                "back@home.org",    NULL                                     },
    {"a target in capitals",                 "gone@home.org",    NULL                                     },
    {"one of the other domain in capitals",  "left@home.org",    NULL                                     },
};

/* Aliases that were sound until they ended. */
static void test_ended(void **state)
{
    struct ground *ground = *state;
    struct store *store = populate(ground);
    const struct text targets[] = {
        TEXT("end@home.org"), TEXT("ann@home.org"), TEXT("away@home.org")};
    const struct text all[] = {
        TEXT("start@home.org"), TEXT("loud@home.org"), TEXT("copy@home.org")};
    const struct alias start = {
        .address = TEXT("start@home.org"), .targets = targets, .target_count = 3, .enabled = true};
    const struct alias rest = {
        .address = TEXT("@home.org"), .targets = all, .target_count = 3, .enabled = true};

    assert_int_equal(alias_add(store, &rest, 1), ERR_NONE);
    add_alias(store, "loud@home.org", "Louder@Home.Org", 0, false);
    add_alias(store, "louder@home.org", "GONE@Home.org", 0, false);
    assert_int_equal(forward_to(store, "copy@home.org", false, "Left@TWIN.org", NULL), ERR_NONE);
    assert_int_equal(alias_add(store, &start, 1), ERR_NONE);
    add_alias(store, "end@home.org", "away@twin.org", NOW, false);
    add_alias(store, "bob+old@home.org", "ann@home.org", NOW, false);
    add_alias(store, "list@home.org", "bob+old@home.org", 0, false);
    assert_int_equal(forward_to(store, "bob@home.org", true, "list@home.org", NULL), ERR_NONE);
    assert_int_equal(forward_to(store, "away@home.org", false, "back@twin.org", NULL), ERR_NONE);
    add_alias(store, "back@home.org", "ann@home.org", NOW, false);
    for (size_t i = 0; i < sizeof ended / sizeof *ended; i++) {
        struct alias alias = {.target_count = 0};
        struct arena *arena = ground->arena;

        unit_row(ended[i].name);
        assert_int_equal(route_find(store, text_from_string(ended[i].address), arena, &alias),
            ended[i].answer != NULL ? ERR_NONE : ERR_ABSENT);
        if (ended[i].answer != NULL)
            assert_string_equal(join(arena, alias.targets, alias.target_count), ended[i].answer);
    }
}

/* --- what a stranger's question costs --- */

static unsigned statements;

static int count_statement(unsigned mask, void *context, void *statement, void *text)
{
    (void)mask, (void)context, (void)statement, (void)text;
    statements++;
    return 0;
}

/* Called by SQLite for each connection that is opened. */
static int watch(sqlite3 *db, char **words, const struct sqlite3_api_routines *routines)
{
    (void)words, (void)routines;
    return sqlite3_trace_v2(db, SQLITE_TRACE_STMT, count_statement, NULL);
}

static unsigned cost_of(struct ground *ground, const char *address, enum err outcome)
{
    struct alias alias;

    statements = 0;
    assert_int_equal(
        route_find(ground->store, text_from_string(address), ground->arena, &alias), outcome);
    return statements;
}

/* Each target of the catch-all leads further; nobody walks there for an address to which none does.
 */
static void test_cost(void **state)
{
    enum { TARGETS = 300, STATEMENTS_MAX = 12 };
    struct ground *ground = *state;
    struct text *targets = arena_alloc_zero(ground->arena, TARGETS, sizeof *targets);
    const struct alias all = {
        .address = TEXT("@home.org"), .targets = targets, .target_count = TARGETS, .enabled = true};

    assert_int_equal(sqlite3_auto_extension((void (*)(void))watch), SQLITE_OK);
    populate(ground);
    for (size_t i = 0; i < TARGETS; i++)
        targets[i] = arena_print(ground->arena, "Target%zu+x@home.org", i);
    assert_int_equal(alias_add(ground->store, &all, 1), ERR_NONE);
    assert_in_range(cost_of(ground, "stranger@home.org", ERR_NONE), 1, STATEMENTS_MAX);
    assert_in_range(cost_of(ground, "stranger@twin.org", ERR_NONE), 1, STATEMENTS_MAX * 2);
    /* To this one a target leads: only the walk tells that it leads back. */
    assert_in_range(cost_of(ground, "target299+x@home.org", ERR_ABSENT), TARGETS / 2, UINT_MAX);
    sqlite3_reset_auto_extension();
}

/* --- circles and distances --- */

struct change {
    const char *what, *from, *to; /* "alias", "copy", "forward" */
};

static const struct {
    const char *name;
    struct change changes[4];
    const char *checked;
    enum route_fault_kind kind;
    const char *way;
} circles[] = {
    {"one forward",              {{"forward", "ann", "bob@home.org"}},                                     "ann",  ROUTE_SOUND,  NULL                                            },
    {"a copy",                   {{"copy", "ann", "bob@home.org"}},                                        "ann",  ROUTE_SOUND,  NULL                                            },
    {"to oneself",               {{"forward", "ann", "ann@home.org"}},                                     "ann",  ROUTE_SOUND,  NULL                                            },
    {"to oneself, extended",     {{"forward", "ann", "ann+x@home.org"}},                                   "ann",  ROUTE_CIRCLE,
     "ann@home.org -> ann+x@home.org -> ann@home.org"                                                                                                                            },
    {"to oneself, other domain", {{"copy", "ann", "ann@twin.org"}},                                        "ann",  ROUTE_CIRCLE,
     "ann@home.org -> ann@twin.org -> ann@home.org"                                                                                                                              },
    {"one another",              {{"forward", "ann", "bob@home.org"}, {"forward", "bob", "ann@home.org"}}, "bob",
     ROUTE_CIRCLE,                                                                                                               "bob@home.org -> ann@home.org -> bob@home.org"  },
    {"one another, with copies", {{"copy", "ann", "bob@home.org"}, {"copy", "bob", "ann@home.org"}},
     "bob",                                                                                                        ROUTE_CIRCLE, "bob@home.org -> ann@home.org -> bob@home.org"  },
    {"over an alias",            {{"alias", "team", "ann@home.org"}, {"forward", "ann", "team@home.org"}},
     "ann",                                                                                                        ROUTE_CIRCLE, "ann@home.org -> team@home.org -> ann@home.org" },
    {"an alias over a forward",
     {{"forward", "ann", "team@home.org"}, {"alias", "team", "ann@home.org"}},                             "team",
     ROUTE_CIRCLE,                                                                                                               "team@home.org -> ann@home.org -> team@home.org"},
    {"over another domain",      {{"alias", "team", "ann@twin.org"}, {"copy", "ann", "team@twin.org"}},
     "ann",                                                                                                        ROUTE_CIRCLE,
     "ann@home.org -> team@twin.org -> team@home.org -> ann@twin.org -> ann@home.org"                                                                                            },
    {"a circle elsewhere",
     {{"forward", "ann", "bob@home.org"}, {"copy", "bob", "ann@home.org"},
            {"alias", "team", "ann@home.org"}},
     "team",                                                                                                       ROUTE_SOUND,  NULL                                            },
};

static void apply_change(struct store *store, const struct change *change)
{
    char address[64];

    snprintf(address, sizeof address, "%s@home.org", change->from);
    if (strcmp(change->what, "alias") == 0)
        add_alias(store, address, change->to, 0, false);
    else
        assert_int_equal(
            forward_to(store, address, strcmp(change->what, "copy") == 0, change->to, NULL),
            ERR_NONE);
}

static void test_circles(void **state)
{
    struct ground *ground = *state;
    struct store *store = populate(ground);

    for (size_t i = 0; i < sizeof circles / sizeof *circles; i++) {
        struct route_fault fault = {ROUTE_DEEP, TEXT_NONE};
        char address[64];

        unit_row(circles[i].name);
        snprintf(address, sizeof address, "%s@home.org", circles[i].checked);
        store_begin(store);
        for (size_t at = 0; at < 4 && circles[i].changes[at].what != NULL; at++)
            apply_change(store, &circles[i].changes[at]);
        assert_int_equal(
            route_check(store, text_from_string(address), ground->arena, &fault), ERR_NONE);
        store_roll_back(store);
        assert_int_equal(fault.kind, circles[i].kind);
        assert_text_equal(fault.way, circles[i].way != NULL ? circles[i].way : "");
    }
}

/* n0 leads to n1, and so on to n11 and ann, which is twelve steps. */
static void add_chain(struct store *store, int first, int last)
{
    for (int i = first; i < last; i++) {
        char from[40], to[40];

        snprintf(from, sizeof from, "n%d@home.org", i);
        snprintf(to, sizeof to, i == 11 ? "ann@home.org" : "n%d@home.org", i + 1);
        add_alias(store, from, to, 0, false);
    }
}

static enum route_fault_kind check(struct ground *ground, const char *address)
{
    struct route_fault fault;

    assert_int_equal(
        route_check(ground->store, text_from_string(address), ground->arena, &fault), ERR_NONE);
    return fault.kind;
}

static void test_distance(void **state)
{
    struct ground *ground = *state;
    struct store *store = populate(ground);

    add_chain(store, 2, 12);
    assert_int_equal(check(ground, "n2@home.org"), ROUTE_SOUND);
    add_chain(store, 1, 2);
    assert_int_equal(check(ground, "n1@home.org"), ROUTE_DEEP);
    /* Told from below, too, and in the middle. */
    assert_int_equal(check(ground, "n11@home.org"), ROUTE_DEEP);
    assert_int_equal(check(ground, "n6@home.org"), ROUTE_DEEP);
    assert_int_equal(check(ground, "info@home.org"), ROUTE_SOUND);
}

/* The other domain is a step, from above as from below. */
static void test_distance_over_twin(void **state)
{
    struct ground *ground = *state;
    struct store *store = populate(ground);

    add_chain(store, 3, 12);
    add_alias(store, "top@home.org", "n3@twin.org", 0, false);
    assert_int_equal(check(ground, "n11@home.org"), ROUTE_DEEP);
    assert_int_equal(check(ground, "top@home.org"), ROUTE_DEEP);
    assert_int_equal(alias_delete(store, TEXT("top@home.org")), ERR_NONE);
    add_alias(store, "top@home.org", "n4@twin.org", 0, false);
    assert_int_equal(check(ground, "n11@home.org"), ROUTE_SOUND);
    assert_int_equal(check(ground, "top@home.org"), ROUTE_SOUND);
}

static void test_failure(void **state)
{
    struct ground *ground = *state;
    struct store *store = populate(ground);
    struct route_fault fault;

    ground_run(ground, "directory/directory.db", "DROP TABLE forward_target");
    assert_true(route_check(store, TEXT("ann@home.org"), ground->arena, &fault) > ERR_ABSENT);
}

static int leave(void **state)
{
    clock_test_release();
    return ground_remove(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, ground_make, leave)

UNIT_MAIN(TEST(test_routes), TEST(test_twin_catch_all), TEST(test_senders),
    TEST(test_sender_bounds), TEST(test_forward), TEST(test_forward_bounds), TEST(test_ended),
    TEST(test_cost), TEST(test_circles), TEST(test_distance), TEST(test_distance_over_twin),
    TEST(test_failure))
