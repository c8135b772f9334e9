/* SPDX-License-Identifier: MIT */
#include "policyd/rule.h"

#include "lib/base/clock.h"
#include "tests/unit/unit.h"

#define HOUR ((int64_t)3600 * 1000)
#define WALL ((int64_t)1700000000)
#define START (WALL * 1000)

struct desk {
    struct rule rule;
    struct counters *counters;
    struct instances *instances;
    int64_t now_ms;
};

static struct desk desk_new(int64_t messages, int64_t recipients)
{
    return (struct desk){
        .rule = {.limits = {.of = {messages, recipients}}, .period_ms = HOUR},
        .counters = counters_new(HOUR),
        .instances = instances_new(),
        .now_ms = START
    };
}

static void desk_done(struct desk *desk)
{
    counters_free(&desk->counters);
    instances_free(&desk->instances);
}

static struct decision ask(struct desk *desk, enum request_stage stage, const char *instance,
    const char *user, uint64_t recipients)
{
    const struct request request = {.stage = stage,
        .instance = text_from_string(instance),
        .user = text_from_string(user),
        .recipient_count = recipients};

    return rule_decide(
        &desk->rule, desk->counters, desk->instances, &request, desk->now_ms, desk->now_ms / 1000);
}

static int64_t used(struct desk *desk, enum counter_unit unit)
{
    return counters_used(desk->counters, TEXT("alice"), desk->now_ms).of[unit];
}

/* A message counts once at DATA, with the recipients that Postfix accepted. */
static void test_counts_once(void **state)
{
    struct desk desk = desk_new(10, 100);

    (void)state;
    for (int i = 0; i < 5; i++)
        assert_int_equal(ask(&desk, REQUEST_AT_RCPT, "m1", "alice", 0).action, DECISION_DUNNO);
    assert_int_equal(used(&desk, COUNTER_RECIPIENTS), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(ask(&desk, REQUEST_AT_DATA, "m1", "alice", 4).action, DECISION_DUNNO);
    assert_int_equal(ask(&desk, REQUEST_AT_END, "m1", "ALICE", 4).action, DECISION_DUNNO);
    assert_int_equal(used(&desk, COUNTER_MESSAGES), 1);
    assert_int_equal(used(&desk, COUNTER_RECIPIENTS), 4);
    assert_int_equal(ask(&desk, REQUEST_AT_END, "m2", "Alice", 1).action, DECISION_DUNNO);
    assert_int_equal(used(&desk, COUNTER_MESSAGES), 2);
    desk_done(&desk);
}

#define REPEATS_MAX 4

/* One instance, asked again and again: a limit of 1 message and 100 recipients. */
static const struct {
    const char *name;
    struct {
        enum request_stage stage; /* REQUEST_AT_OTHER: no more */
        uint64_t recipients;
        enum decision_action action;
    } asked[REPEATS_MAX];
    int64_t messages, recipients; /* counted in the end */
} repeats[] = {
    {"DATA with more than is left",
     {{REQUEST_AT_DATA, 1, DECISION_DUNNO}, {REQUEST_AT_DATA, 101, DECISION_DEFER}},   1, 1  },
    {"DATA with what is left",
     {{REQUEST_AT_DATA, 1, DECISION_DUNNO}, {REQUEST_AT_DATA, 100, DECISION_DUNNO},
            {REQUEST_AT_DATA, 101, DECISION_DEFER}},
     1,                                                                                   100},
    {"DATA with the same",
     {{REQUEST_AT_DATA, 60, DECISION_DUNNO}, {REQUEST_AT_DATA, 60, DECISION_DUNNO},
            {REQUEST_AT_DATA, 60, DECISION_DUNNO}},
     1,                                                                                   60 },
    {"DATA with fewer, then the same",
     {{REQUEST_AT_DATA, 60, DECISION_DUNNO}, {REQUEST_AT_DATA, 10, DECISION_DUNNO},
            {REQUEST_AT_DATA, 60, DECISION_DUNNO}},
     1,                                                                                   60 },
    {"DATA deferred, then with fewer",
     {{REQUEST_AT_DATA, 101, DECISION_DEFER}, {REQUEST_AT_DATA, 100, DECISION_DUNNO}}, 1, 100},
    {"END-OF-MESSAGE with more than is left",
     {{REQUEST_AT_END, 1, DECISION_DUNNO}, {REQUEST_AT_END, 101, DECISION_DEFER}},     1, 1  },
    {"END-OF-MESSAGE with the same",
     {{REQUEST_AT_END, 60, DECISION_DUNNO}, {REQUEST_AT_END, 60, DECISION_DUNNO}},     1, 60 },
    {"END-OF-MESSAGE after DATA, with more",
     {{REQUEST_AT_DATA, 1, DECISION_DUNNO}, {REQUEST_AT_END, 101, DECISION_DEFER},
            {REQUEST_AT_END, 2, DECISION_DUNNO}},
     1,                                                                                   2  },
    {"RCPT after DATA, one is left",
     {{REQUEST_AT_DATA, 99, DECISION_DUNNO}, {REQUEST_AT_RCPT, 0, DECISION_DUNNO},
            {REQUEST_AT_DATA, 100, DECISION_DUNNO}},
     1,                                                                                   100},
};

static void test_repeats(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof repeats / sizeof *repeats; i++) {
        struct desk desk = desk_new(1, 100);

        unit_row(repeats[i].name);
        for (int k = 0; k < REPEATS_MAX && repeats[i].asked[k].stage != REQUEST_AT_OTHER; k++)
            assert_int_equal(
                ask(&desk, repeats[i].asked[k].stage, "m1", "alice", repeats[i].asked[k].recipients)
                    .action,
                repeats[i].asked[k].action);
        assert_int_equal(used(&desk, COUNTER_MESSAGES), repeats[i].messages);
        assert_int_equal(used(&desk, COUNTER_RECIPIENTS), repeats[i].recipients);
        desk_done(&desk);
    }
}

/* At RCPT too the limit stands against those that come after a counted DATA. */
static void test_recipients_after_data(void **state)
{
    struct desk desk = desk_new(1, 3);

    (void)state;
    for (int i = 0; i < 2; i++)
        assert_int_equal(ask(&desk, REQUEST_AT_RCPT, "m1", "alice", 0).action, DECISION_DUNNO);
    assert_int_equal(ask(&desk, REQUEST_AT_DATA, "m1", "alice", 2).action, DECISION_DUNNO);
    assert_int_equal(ask(&desk, REQUEST_AT_RCPT, "m1", "alice", 0).action, DECISION_DUNNO);
    assert_int_equal(ask(&desk, REQUEST_AT_RCPT, "m1", "alice", 0).action, DECISION_DEFER);
    assert_int_equal(ask(&desk, REQUEST_AT_DATA, "m1", "alice", 3).action, DECISION_DUNNO);
    assert_int_equal(used(&desk, COUNTER_MESSAGES), 1);
    assert_int_equal(used(&desk, COUNTER_RECIPIENTS), 3);
    desk_done(&desk);
}

static void test_message_limit(void **state)
{
    struct desk desk = desk_new(2, 0);
    struct decision decision;

    (void)state;
    ask(&desk, REQUEST_AT_DATA, "m1", "alice", 1);
    ask(&desk, REQUEST_AT_DATA, "m2", "alice", 1000);
    decision = ask(&desk, REQUEST_AT_RCPT, "m3", "alice", 0);
    assert_int_equal(decision.action, DECISION_DEFER);
    assert_int_equal(decision.unit, COUNTER_MESSAGES);
    assert_int_equal(decision.limit, 2);
    assert_int_equal(decision.used, 2);
    assert_int_equal(decision.asked, 1);
    assert_in_range(decision.free_at_wall, WALL + 3600, WALL + 3600 + 72);
    assert_int_equal(ask(&desk, REQUEST_AT_DATA, "m3", "alice", 1).action, DECISION_DEFER);
    assert_int_equal(ask(&desk, REQUEST_AT_RCPT, "m4", "bob", 0).action, DECISION_DUNNO);
    desk.now_ms = decision.free_at_wall * 1000;
    assert_int_equal(ask(&desk, REQUEST_AT_DATA, "m3", "alice", 1).action, DECISION_DUNNO);
    desk_done(&desk);
}

/* Each message sees its own recipients and what was counted, and DATA has the last word. */
static void test_recipient_limit(void **state)
{
    struct desk desk = desk_new(0, 3);
    struct decision decision;

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ask(&desk, REQUEST_AT_RCPT, "m1", "alice", 0).action, DECISION_DUNNO);
        assert_int_equal(ask(&desk, REQUEST_AT_RCPT, "m2", "alice", 0).action, DECISION_DUNNO);
    }
    decision = ask(&desk, REQUEST_AT_RCPT, "m1", "alice", 0);
    assert_int_equal(decision.action, DECISION_DEFER);
    assert_int_equal(decision.unit, COUNTER_RECIPIENTS);
    assert_int_equal(decision.free_at_wall, -1);
    assert_int_equal(ask(&desk, REQUEST_AT_DATA, "m1", "alice", 2).action, DECISION_DUNNO);
    decision = ask(&desk, REQUEST_AT_DATA, "m2", "alice", 3);
    assert_int_equal(decision.action, DECISION_DEFER);
    assert_int_equal(decision.used, 2);
    assert_int_equal(decision.asked, 3);
    assert_int_equal(ask(&desk, REQUEST_AT_RCPT, "m3", "alice", 0).action, DECISION_DUNNO);
    assert_int_equal(ask(&desk, REQUEST_AT_RCPT, "m3", "alice", 0).action, DECISION_DEFER);
    assert_int_equal(ask(&desk, REQUEST_AT_DATA, "m3", "alice", 1).action, DECISION_DUNNO);
    assert_int_equal(used(&desk, COUNTER_RECIPIENTS), 3);
    desk_done(&desk);
}

/* The unit that frees last is the one to be named. */
static void test_both_limits(void **state)
{
    struct desk desk = desk_new(1, 10);
    struct decision decision;

    (void)state;
    ask(&desk, REQUEST_AT_DATA, "m1", "alice", 1);
    decision = ask(&desk, REQUEST_AT_DATA, "m2", "alice", 11);
    assert_int_equal(decision.unit, COUNTER_RECIPIENTS);
    assert_int_equal(decision.free_at_wall, -1);
    desk_done(&desk);
}

static void test_none_of_ours(void **state)
{
    struct desk desk = desk_new(1, 1);

    (void)state;
    for (int i = 0; i < 5; i++) {
        assert_int_equal(ask(&desk, REQUEST_AT_DATA, "m1", "", 50).action, DECISION_DUNNO);
        assert_int_equal(ask(&desk, REQUEST_AT_OTHER, "m1", "alice", 50).action, DECISION_DUNNO);
        assert_int_equal(ask(&desk, REQUEST_AT_DATA, "", "alice", 50).action, DECISION_DUNNO);
    }
    assert_int_equal(used(&desk, COUNTER_MESSAGES), 0);
    desk_done(&desk);
}

static void test_instances_bounded(void **state)
{
    struct instances *instances = instances_new();
    char name[32];

    (void)state;
    for (int i = 0; i < INSTANCES_MAX + 10; i++) {
        snprintf(name, sizeof name, "%d", i);
        instances_get(instances, text_from_string(name), START)->counted = true;
        instances_get(instances, TEXT("0"), START);
    }
    assert_int_equal(instances_count(instances), INSTANCES_MAX);
    assert_true(instances_get(instances, TEXT("0"), START)->counted);
    assert_false(instances_get(instances, TEXT("1"), START)->counted);
    instances_get(instances, TEXT("later"), START + INSTANCE_LIFE_MS - 1);
    assert_false(instances_get(instances, TEXT("0"), START + INSTANCE_LIFE_MS)->counted);
    assert_int_equal(instances_count(instances), 2);
    instances_free(&instances);
    instances_free(&instances);
}

static const struct {
    const char *name;
    struct decision decision;
    struct text user;
    const char *expected;
} answers[] = {
    {"dunno",                        {.action = DECISION_DUNNO},                                         {"x", 1}, "action=DUNNO\n\n"},
    {"one message",                  {DECISION_DEFER, COUNTER_MESSAGES, 1, 1, 1, HOUR, WALL},
     {"alice@example.org", 17},
     "action=450 4.7.1 Sending limit of alice@example.org reached: 1 message in 1h, used 1; "
        "try again after 2023-11-14 22:13:20 +0000\n\n"                                                                              },
    {"recipients",                   {DECISION_DEFER, COUNTER_RECIPIENTS, 500, 499, 2, 36 * HOUR, WALL}, {"a", 1},
     "action=450 4.7.1 Sending limit of a reached: 500 recipients in 36h, used 499; "
        "try again after 2023-11-14 22:13:20 +0000\n\n"                                                                              },
    {"never",                        {DECISION_DEFER, COUNTER_RECIPIENTS, 5, 0, 6, 1500, -1},            {"a", 1},
     "action=450 4.7.1 Sending limit of a reached: 5 recipients in 1500ms, used 0; "
        "this message needs 6 recipients: send it in parts\n\n"                                                                      },
    {"a name to forge answers with", {DECISION_DEFER, COUNTER_MESSAGES, 1, 1, 1, 48 * HOUR, WALL},
     {"a\naction=OK\r", 12},
     "action=450 4.7.1 Sending limit of a\\x0aaction=OK\\x0d reached: 1 message in 2d, used 1; "
        "try again after 2023-11-14 22:13:20 +0000\n\n"                                                                              },
};

static void test_answers(void **state)
{
    (void)state;
    setenv("TZ", "UTC", 1);
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct buffer out = BUFFER_NONE;

        unit_row(answers[i].name);
        decision_format_answer(&answers[i].decision, answers[i].user, &out);
        assert_string_equal(buffer_string(&out), answers[i].expected);
        buffer_done(&out);
    }
}

UNIT_MAIN(cmocka_unit_test(test_counts_once), cmocka_unit_test(test_repeats),
    cmocka_unit_test(test_recipients_after_data), cmocka_unit_test(test_message_limit),
    cmocka_unit_test(test_recipient_limit), cmocka_unit_test(test_both_limits),
    cmocka_unit_test(test_none_of_ours), cmocka_unit_test(test_instances_bounded),
    cmocka_unit_test(test_answers))
