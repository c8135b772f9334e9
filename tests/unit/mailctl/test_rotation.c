/* SPDX-License-Identifier: MIT */

/*
 * The walk of keys, written down in a short form. A key is NAME:STATE@SINCE, with /SEEN, +TTL and
 * <REPLACES where it has them; a look is a letter and a TTL; what comes out is the key again, with
 * ~WAIT@UNTIL behind it, and ! where it needs a successor.
 */

#include "mailctl/dkim/rotation.h"

#include "lib/base/buffer.h"
#include "tests/unit/unit.h"

#define KEYS_MAX 6
#define NOW 5000

/* A key of 1000 seconds is old; mail is under way for 100. */
static const struct rotation_rules usual = {.rotate_after_s = 1000, .queue_life_s = 100};
static const struct rotation_rules beginning = {
    .rotate_after_s = 1000, .queue_life_s = 100, .begin = true};
static const struct rotation_rules forced = {
    .rotate_after_s = 1000, .queue_life_s = 100, .force = true};
static const struct rotation_rules by_hand = {.queue_life_s = 100};

static const struct {
    const char *name;
    const struct rotation_rules *rules;
    const char *keys, *looks, *outcome;
} rows[] = {
    {"nothing",                      &usual,     "",                                         "",            ""                               },
 /* made */
    {"made, nobody has looked",      &usual,     "a:made@1",                                 "-",           "a:made@1~record"                },
    {"made, could not be told",      &usual,     "a:made@1",                                 "U9",          "a:made@1+9~answer"              },
    {"made, no record",              &usual,     "a:made@1",                                 "N30",         "a:made@1+30~record"             },
    {"made, a shorter TTL",          &usual,     "a:made@1+40",                              "N30",         "a:made@1+40~record"             },
    {"made, a TTL of years",         &usual,     "a:made@1",                                 "N4294967295", "a:made@1+604800~record"         },
    {"made, another record",         &usual,     "a:made@1",                                 "O30",         "a:made@1+30~correction"         },
    {"made, a revoked record",       &usual,     "a:made@1",                                 "R30",         "a:made@1+30~correction"         },
    {"made, at some servers",        &usual,     "a:made@1",                                 "M30",         "a:made@1+30~servers"            },
    {"the first key is shown",       &usual,     "a:made@1",                                 "K30",         "a:active@5000/5000+30~age@6000" },
    {"the first two are shown",      &usual,     "a:made@1 b:made@1",                        "K30 K30",
     "a:active@5000/5000+30~age@6000 b:active@5000/5000+30~age@6000"                                                                         },
    {"one of the first two",         &usual,     "a:made@1 b:made@1",                        "K30 N30",
     "a:active@5000/5000+30~age@6000 b:made@1+30~record"                                                                                     },
    {"shown, another key signs",     &usual,     "a:made@1 b:active@4500",                   "K30 -",
     "a:published@5000/5000+30~caches@5030 b:active@4500~age@5500"                                                                           },
    {"shown, TTL of nothing",        &usual,     "a:made@1+300 b:active@4500",               "K30 -",
     "a:published@5000/5000+300~caches@5300 b:active@4500~age@5500"                                                                          },
    {"shown, no TTL at all",         &usual,     "a:made@1 b:active@4500",                   "K0 -",
     "a:active@5000/5000~age@6000 b:active@4500~age@5500"                                                                                    },
 /* published */
    {"published, too early",         &usual,     "a:published@4900/4900+101 b:active@4500",  "K30 -",
     "a:published@4900/4900+101~caches@5001 b:active@4500~age@5500"                                                                          },
    {"published, at its time",       &usual,     "a:published@4900/4900+100 b:active@4500",  "K30 -",
     "a:active@5000/4900+100~age@6000 b:active@4500~age@5500"                                                                                },
    {"published, the TTL has grown", &usual,     "a:published@4900/4900+100 b:active@4500",  "K200 -",
     "a:published@4900/4900+200~caches@5100 b:active@4500~age@5500"                                                                          },
    {"published, the only one",      &usual,     "a:published@4999/4999+100",                "K30",
     "a:active@5000/4999+100~age@6000"                                                                                                       },
    {"published, taken out again",   &usual,     "a:published@4900/4900+100 b:active@4500",  "N30 -",
     "a:made@5000+100~record b:active@4500~age@5500"                                                                                         },
    {"published, at some servers",   &usual,     "a:published@4900/4900+100 b:active@4500",  "M30 -",
     "a:made@5000+100~servers b:active@4500~age@5500"                                                                                        },
    {"published, written over",      &usual,     "a:published@4900/4900+100 b:active@4500",  "O30 -",
     "a:made@5000+100~correction b:active@4500~age@5500"                                                                                     },
    {"published, could not be told", &usual,     "a:published@4000/4000+100 b:active@4500",  "U -",
     "a:published@4000/4000+100~answer b:active@4500~age@5500"                                                                               },
    {"published, nobody has looked", &usual,     "a:published@4000/4000+100",                "-",
     "a:published@4000/4000+100~answer"                                                                                                      },
 /* active */
    {"active, young",                &usual,     "a:active@4001",                            "-",           "a:active@4001~age@5001"         },
    {"active, old enough",           &usual,     "a:active@4000",                            "-",           "a:active@4000~successor!"       },
    {"active, none by age",          &by_hand,   "a:active@1",                               "-",           "a:active@1"                     },
    {"active, both are old",         &usual,     "a:active@4000 b:active@3000",              "- -",
     "a:active@4000~successor! b:active@3000~successor!"                                                                                     },
    {"active, the clock went back",  &usual,     "a:active@9000",                            "-",           "a:active@5000~age@6000"         },
    {"active, begun by hand",        &beginning, "a:active@4900",                            "-",           "a:active@4900~successor!"       },
    {"begun once more",              &beginning, "a:active@4900 b:made@4950<a",              "- N30",
     "a:active@4900~successor b:made@4950+30~record"                                                                                         },
    {"begun while it takes over",    &beginning, "a:active@4900 b:active@4950<a",            "- U",
     "a:active@4900~successor b:active@4950~age@5950"                                                                                        },
    {"begun as it takes over",       &beginning, "a:active@4900 b:published@4950/4950+50<a", "- K30",
     "a:retired@5000~mail@5100 b:active@5000/4950+50~age@6000"                                                                               },
    {"old, has a successor",         &usual,     "a:active@1 b:made@4950<a",                 "- N30",
     "a:active@1~successor b:made@4950+30~record"                                                                                            },
    {"old, its successor was taken", &usual,     "a:active@1 b:retired@4950<a",              "- -",
     "a:active@1~successor! b:retired@4950~mail@5050"                                                                                        },
    {"active, not shown",            &usual,     "a:active@4900 b:active@4950<a",            "N30 N30",
     "a:active@4900~record b:active@4950~record"                                                                                             },
    {"active, something else",       &usual,     "a:active@4900",                            "O30",         "a:active@4900~correction"       },
    {"active, revoked in the DNS",   &usual,     "a:active@4900",                            "R30",         "a:active@4900~correction"       },
    {"active, at some servers",      &usual,     "a:active@4900",                            "M30",         "a:active@4900~age@5900"         },
    {"its successor signs",          &usual,     "a:active@4900 b:active@4950<a",            "- K30",
     "a:retired@5000~mail@5100 b:active@4950~age@5950"                                                                                       },
    {"the successor first",          &usual,     "a:active@4950<b b:active@4900",            "K30 -",
     "a:active@4950~age@5950 b:retired@5000~mail@5100"                                                                                       },
    {"its successor cannot be seen", &usual,     "a:active@4900 b:active@4950<a",            "- U",
     "a:active@4900~successor b:active@4950~age@5950"                                                                                        },
    {"another key is no successor",  &usual,     "a:active@4900 b:active@4950",              "- K30",
     "a:active@4900~age@5900 b:active@4950~age@5950"                                                                                         },
    {"all at once",                  &usual,     "a:active@1 b:made@4950<a",                 "- K0",
     "a:retired@5000~mail@5100 b:active@5000/5000~age@6000"                                                                                  },
 /* retired */
    {"retired, mail under way",      &usual,     "a:retired@4901 b:active@4901",             "- -",
     "a:retired@4901~mail@5001 b:active@4901~age@5901"                                                                                       },
    {"retired, mail has come",       &usual,     "a:retired@4900/300 b:active@4900",         "- K30",
     "a:revoked@5000~revocation b:active@4900~age@5900"                                                                                      },
    {"retired, still shown",         &usual,     "a:retired@4900/300 b:active@4900",         "K30 K30",
     "a:revoked@5000~revocation b:active@4900~age@5900"                                                                                      },
    {"the signer was not looked at", &usual,     "a:retired@4900/300 b:active@4900",         "- -",
     "a:retired@4900/300~signer b:active@4900~age@5900"                                                                                      },
    {"the signer cannot be seen",    &usual,     "a:retired@4900/300 b:active@4900",         "- U",
     "a:retired@4900/300~signer b:active@4900~age@5900"                                                                                      },
    {"the signer is not shown",      &usual,     "a:retired@4900/300 b:active@4900",         "K30 N30",
     "a:retired@4900/300~signer b:active@4900~record"                                                                                        },
    {"the signer at some servers",   &usual,     "a:retired@4900/300 b:active@4900",         "K30 M30",
     "a:retired@4900/300~signer b:active@4900~age@5900"                                                                                      },
    {"one of two signers is shown",  &usual,     "a:retired@1 b:active@4900 c:active@4900",  "- N30 K30",
     "a:revoked@5000~revocation b:active@4900~record c:active@4900~age@5900"                                                                 },
    {"retired, nothing else signs",  &usual,     "a:retired@1",                              "-",           "a:retired@1~signer"             },
    {"retired, another comes",       &usual,     "a:retired@1 b:made@4950",                  "- K30",
     "a:revoked@5000~revocation b:active@5000/5000+30~age@6000"                                                                              },
 /* revoked */
    {"revoked, not in the DNS",      &usual,     "a:revoked@4900",                           "K30",         "a:revoked@4900~revocation"      },
    {"revoked, something else",      &usual,     "a:revoked@4900",                           "O30",         "a:revoked@4900~revocation"      },
    {"revoked, at some servers",     &usual,     "a:revoked@4900",                           "M30",         "a:revoked@4900~servers"         },
    {"revoked, could not be told",   &usual,     "a:revoked@4900",                           "U",           "a:revoked@4900~answer"          },
    {"revoked, seen",                &usual,     "a:revoked@4800",                           "R30",         "a:revoked@4800/5000~notice@5100"},
    {"revoked, for long enough",     &usual,     "a:revoked@4800/4900",                      "R30",         "a:gone@5000~removal"            },
    {"revoked, nobody looked since", &usual,     "a:revoked@4800/4901",                      "-",
     "a:revoked@4800/4901~notice@5001"                                                                                                       },
    {"revoked, taken out",           &usual,     "a:revoked@4990",                           "N30",         "a:gone@5000/5000"               },
 /* gone */
    {"gone, still there",            &usual,     "a:gone@4900",                              "R30",         "a:gone@4900~removal"            },
    {"gone, at some servers",        &usual,     "a:gone@4900",                              "M30",         "a:gone@4900~removal"            },
    {"gone, could not be told",      &usual,     "a:gone@4900",                              "U",           "a:gone@4900~answer"             },
    {"gone, taken out",              &usual,     "a:gone@4900",                              "N30",         "a:gone@4900/5000"               },
    {"gone for good",                &usual,     "a:gone@4900/4950",                         "-",           "a:gone@4900/4950"               },
 /* a clock that was ahead */
    {"ahead, published",             &usual,     "a:published@9000/9000+100 b:active@4500",  "K30 -",
     "a:published@5000/5000+100~caches@5100 b:active@4500~age@5500"                                                                          },
    {"ahead, retired",               &usual,     "a:retired@900000/900 b:active@4900",       "- K30",
     "a:retired@5000/900~mail@5100 b:active@4900~age@5900"                                                                                   },
    {"ahead, revoked",               &usual,     "a:revoked@900000/900001",                  "R30",         "a:revoked@5000/5000~notice@5100"},
    {"ahead, unknown",               &usual,     "a:unknown@9000/9001",                      "-",           "a:unknown@9000/9001"            },
 /* unknown */
    {"unknown, whatever is shown",   &usual,     "a:unknown@1 b:active@4900",                "R30 K30",
     "a:unknown@1 b:active@4900~age@5900"                                                                                                    },
    {"unknown, forced",              &forced,    "a:unknown@1 b:active@4900",                "K30 K30",
     "a:unknown@1 b:active@4900~age@5900"                                                                                                    },
    {"old, an unknown successor",    &usual,     "a:active@1 b:unknown@4950<a",              "- -",
     "a:active@1~successor b:unknown@4950"                                                                                                   },
 /* forced */
    {"forced, made",                 &forced,    "a:made@1 b:active@4900",                   "N30 -",
     "a:active@5000~record b:active@4900~age@5900"                                                                                           },
    {"forced, published",            &forced,    "a:published@4990/4990+300 b:active@4900",  "U -",
     "a:active@5000/4990+300~age@6000 b:active@4900~age@5900"                                                                                },
    {"forced, in another's place",   &forced,    "a:active@4900 b:made@4950<a",              "- U",
     "a:retired@5000~mail@5100 b:active@5000~age@6000"                                                                                       },
    {"forced, the signer not shown", &forced,    "a:retired@4900 b:active@4900",             "- N30",
     "a:retired@4900~signer b:active@4900~record"                                                                                            },
    {"forced, mail is not hurried",  &forced,    "a:retired@4901 b:active@4901",             "- -",
     "a:retired@4901~mail@5001 b:active@4901~age@5901"                                                                                       },
};

/* --- the short form ------------------------------------------------------- */

static enum dkim_key_state read_state(struct text word)
{
    for (int state = DKIM_KEY_MADE; state <= DKIM_KEY_UNKNOWN; state++)
        if (text_equals(word, text_from_string(dkim_key_state_word((enum dkim_key_state)state))))
            return (enum dkim_key_state)state;
    fail_msg("no state: %.*s", TEXT_ARGS(word));
    return DKIM_KEY_GONE;
}

static size_t read_keys(const char *line, struct dkim_key *keys)
{
    struct text rest = text_from_string(line), word;
    size_t count = 0;

    while (text_split(&rest, ' ', &word) && word.len != 0) {
        char selector[16], state[16], replaces[16] = "";
        struct dkim_key *key = &keys[count++];
        long since, seen = 0, ttl = 0;
        char one[64];
        const char *at;

        snprintf(one, sizeof one, "%.*s", TEXT_ARGS(word));
        assert_int_equal(sscanf(one, "%15[^:]:%15[^@]@%ld", selector, state, &since), 3);
        if ((at = strchr(one, '/')) != NULL)
            seen = strtol(at + 1, NULL, 10);
        if ((at = strchr(one, '+')) != NULL)
            ttl = strtol(at + 1, NULL, 10);
        if ((at = strchr(one, '<')) != NULL)
            snprintf(replaces, sizeof replaces, "%s", at + 1);
        *key = (struct dkim_key){.state = read_state(text_from_string(state)),
            .state_since = since,
            .seen = seen,
            .ttl_s = ttl};
        /* One letter each: they stand in the line itself. */
        assert_int_equal(strlen(selector), 1);
        key->selector = text_head(word, 1);
        if (replaces[0] != '\0')
            key->replaces = text_skip(word, word.len - 1);
    }
    return count;
}

static void read_looks(const char *line, struct rotation_look *looks)
{
    static const char letters[] = "-UNKROM";
    struct text rest = text_from_string(line), word;

    for (size_t i = 0; text_split(&rest, ' ', &word) && word.len != 0; i++) {
        looks[i].sight = (enum rotation_sight)(strchr(letters, word.data[0]) - letters);
        looks[i].ttl_s = (uint32_t)strtoul(word.data + 1, NULL, 10);
    }
}

static void write_step(struct buffer *out, const struct rotation_step *step)
{
    const struct dkim_key *key = &step->key;

    buffer_append_format(out, "%s%.*s:%s@%ld", out->len != 0 ? " " : "", TEXT_ARGS(key->selector),
        dkim_key_state_word(key->state), (long)key->state_since);
    if (key->seen != 0)
        buffer_append_format(out, "/%ld", (long)key->seen);
    if (key->ttl_s != 0)
        buffer_append_format(out, "+%ld", (long)key->ttl_s);
    if (step->wait != ROTATION_WAITS_NOT)
        buffer_append_format(out, "~%s", rotation_wait_word(step->wait));
    if (step->until != 0)
        buffer_append_format(out, "@%ld", (long)step->until);
    if (step->needs_successor)
        buffer_append_string(out, "!");
}

static void test_walk(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rotation_look looks[KEYS_MAX] = {
            {ROTATION_UNSEEN, 0}
        };
        struct rotation_step steps[KEYS_MAX];
        struct dkim_key keys[KEYS_MAX];
        struct dkim_key_list list = {.items = keys, .count = read_keys(rows[i].keys, keys)};
        struct buffer out = BUFFER_NONE;

        unit_row(rows[i].name);
        read_looks(rows[i].looks, looks);
        rotation_walk(&list, looks, rows[i].rules, NOW, steps);
        for (size_t j = 0; j < list.count; j++)
            write_step(&out, &steps[j]);
        assert_string_equal(buffer_string(&out), rows[i].outcome);
        buffer_done(&out);
    }
}

#define KEY(name, kind, in, dns)                                                                   \
    {                                                                                              \
        .selector = TEXT(name), .algorithm = TEXT(kind), .state = DKIM_KEY_##in, .state_since = 1, \
        .seen = (dns)                                                                              \
    }

/* --- a clock that goes back and forth ------------------------------------- */

/* The keys as they are after a walk at that time. */
static void walk_at(struct dkim_key *keys, size_t count, int64_t now)
{
    const struct dkim_key_list list = {keys, count};
    struct rotation_step steps[KEYS_MAX];
    struct rotation_look looks[KEYS_MAX];

    for (size_t i = 0; i < count; i++)
        looks[i] = (struct rotation_look){ROTATION_KEY, 0};
    rotation_walk(&list, looks, &by_hand, now, steps);
    for (size_t i = 0; i < count; i++)
        keys[i] = steps[i].key;
}

/* At which times, and what the first key is then. Mail is under way for 100. */
static void test_clock(void **state)
{
    static const struct {
        const char *name;
        struct dkim_key keys[2];
        struct {
            int64_t now;
            enum dkim_key_state state;
        } walks[5];
    } clocks[] = {
        {"retired, then back and forth",      {KEY("a", "rsa", RETIRED, 0), KEY("b", "rsa", ACTIVE, 0)},
         {{5000, DKIM_KEY_RETIRED}, {100, DKIM_KEY_RETIRED}, {5010, DKIM_KEY_RETIRED},
                {5109, DKIM_KEY_RETIRED}, {5110, DKIM_KEY_REVOKED}}},
        {"retired by a clock that is behind",
         {KEY("a", "rsa", ACTIVE, 0), KEY("b", "rsa", PUBLISHED, 4990)},
         {{100, DKIM_KEY_RETIRED}, {110, DKIM_KEY_RETIRED}, {5010, DKIM_KEY_RETIRED},
                {5109, DKIM_KEY_RETIRED}, {5110, DKIM_KEY_REVOKED}}},
        {"back twice",                        {KEY("a", "rsa", RETIRED, 0), KEY("b", "rsa", ACTIVE, 0)},
         {{5000, DKIM_KEY_RETIRED}, {100, DKIM_KEY_RETIRED}, {50, DKIM_KEY_RETIRED},
                {120, DKIM_KEY_RETIRED}, {5000, DKIM_KEY_RETIRED}} },
        {"ahead, and right again",            {KEY("a", "rsa", RETIRED, 0), KEY("b", "rsa", ACTIVE, 0)},
         {{5000, DKIM_KEY_RETIRED}, {5050, DKIM_KEY_RETIRED}, {5099, DKIM_KEY_RETIRED},
                {5100, DKIM_KEY_REVOKED}, {5101, DKIM_KEY_REVOKED}}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++) {
        struct dkim_key keys[2] = {clocks[i].keys[0], clocks[i].keys[1]};

        unit_row(clocks[i].name);
        if (keys[0].state == DKIM_KEY_RETIRED)
            keys[0].state_since = i == 3 ? 900000 : 5000;
        else
            keys[1].replaces = keys[0].selector;
        for (size_t j = 0; j < 5; j++) {
            walk_at(keys, 2, clocks[i].walks[j].now);
            assert_int_equal(keys[0].state, clocks[i].walks[j].state);
        }
    }
}

/* --- names that take turns ------------------------------------------------ */

/* Which of the keys get a successor now. */
static void test_names(void **state)
{
    static const struct rotation_rules delegated = {
        .rotate_after_s = 1000, .queue_life_s = 100, .is_delegated = true};
    static const struct {
        const char *name;
        struct dkim_key keys[KEYS_MAX];
        const char *successors; /* of each key: whether it gets one */
    } names[] = {
        {"both are free",         {KEY("a", "rsa", ACTIVE, 0)},                                  "y" },
        {"two that sign",         {KEY("a", "rsa", ACTIVE, 0), KEY("b", "rsa", ACTIVE, 0)},      "yy"},
        {"one of each kind",      {KEY("s1r", "rsa", ACTIVE, 0), KEY("s1e", "", ACTIVE, 0)},     "yy"},
        {"one is free",           {KEY("s1r", "rsa", ACTIVE, 0)},                                "y" },
        {"one is free, two want", {KEY("a", "rsa", ACTIVE, 0), KEY("s1r", "rsa", ACTIVE, 0)},    "yn"},
        {"the other signs, too",  {KEY("s1r", "rsa", ACTIVE, 0), KEY("s2r", "rsa", ACTIVE, 0)},
         "nn"                                                                                        },
        {"the other was revoked", {KEY("s1r", "rsa", REVOKED, 0), KEY("s2r", "rsa", ACTIVE, 0)},
         "nn"                                                                                        },
        {"the other is shown",    {KEY("s1r", "rsa", GONE, 0), KEY("s2r", "rsa", ACTIVE, 0)},    "nn"},
        {"the other is gone",     {KEY("s1r", "rsa", GONE, 1), KEY("s2r", "rsa", ACTIVE, 0)},    "ny"},
        {"a later version's",     {KEY("s1r", "rsa", UNKNOWN, 0), KEY("s2r", "rsa", ACTIVE, 0)}, "nn"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct dkim_key_list list = {names[i].keys, strlen(names[i].successors)};
        struct rotation_look looks[KEYS_MAX] = {
            {ROTATION_UNSEEN, 0}
        };
        struct rotation_step steps[KEYS_MAX];

        unit_row(names[i].name);
        rotation_walk(&list, looks, &delegated, NOW, steps);
        for (size_t j = 0; j < list.count; j++) {
            bool is_wanted = names[i].successors[j] == 'y';

            assert_int_equal(steps[j].needs_successor, is_wanted);
            if (names[i].keys[j].state == DKIM_KEY_ACTIVE)
                assert_string_equal(
                    rotation_wait_word(steps[j].wait), is_wanted ? "successor" : "name");
        }
    }
}

/* --- whatever the DNS shows ----------------------------------------------- */

/*
 * Every combination of two states and two sights: what holds of all of them. A key signs that did
 * not only where all servers show it; none goes back but a published one; none that signs stops
 * without another that does; what is revoked stays so; none is revoked without another that signs
 * and is shown.
 */
static void check_pair(const struct dkim_key_list *list, const struct rotation_look *looks)
{
    struct rotation_step steps[2];
    bool had = false, has = false, has_shown = false, is_revoked = false;

    rotation_walk(list, looks, &usual, NOW, steps);
    for (size_t i = 0; i < 2; i++) {
        enum dkim_key_state before = list->items[i].state, after = steps[i].key.state;

        if (after == DKIM_KEY_ACTIVE && before != DKIM_KEY_ACTIVE)
            assert_int_equal(looks[i].sight, ROTATION_KEY);
        if (after < before)
            assert_true(before == DKIM_KEY_PUBLISHED && after == DKIM_KEY_MADE);
        had = had || before == DKIM_KEY_ACTIVE;
        has = has || after == DKIM_KEY_ACTIVE;
        has_shown = has_shown || (after == DKIM_KEY_ACTIVE && looks[i].sight == ROTATION_KEY);
        is_revoked = is_revoked || (before < DKIM_KEY_REVOKED && after >= DKIM_KEY_REVOKED);
        /* Either it is known what comes next, or nothing does. */
        assert_true(steps[i].wait != ROTATION_WAITS_NOT || after == DKIM_KEY_GONE);
        assert_true(steps[i].until == 0 || steps[i].until > NOW);
    }
    assert_true(has || !had);
    assert_true(has_shown || !is_revoked);
}

static void test_all_pairs(void **state)
{
    size_t checked = 0;

    (void)state;
    for (unsigned i = 0; i < 6 * 6 * 7 * 7 * 2; i++) {
        struct dkim_key keys[2] = {
            {.selector = TEXT("a"), .state = (enum dkim_key_state)(i % 6), .state_since = 4000},
            {.selector = TEXT("b"),
             .state = (enum dkim_key_state)(i / 6 % 6),
             .state_since = 4800                                                              }
        };
        struct rotation_look looks[2] = {
            {(enum rotation_sight)(i / 36 % 7),  10},
            {(enum rotation_sight)(i / 252 % 7), 10}
        };
        struct dkim_key_list list = {.items = keys, .count = 2};

        if (i / 1764 == 1)
            keys[1].replaces = keys[0].selector;
        for (size_t j = 0; j < 2; j++)
            keys[j].seen = keys[j].state == DKIM_KEY_PUBLISHED ? keys[j].state_since : 0;
        check_pair(&list, looks);
        checked++;
    }
    assert_int_equal(checked, 3528);
}

/* --- a whole life --------------------------------------------------------- */

/* Two keys over time; what the DNS shows follows what is to be there, ten seconds later. */
static void test_life(void **state)
{
    struct dkim_key keys[2] = {
        {.selector = TEXT("a"),  .state = DKIM_KEY_ACTIVE, .state_since = 1000},
        { .selector = TEXT("b"),
         .state = DKIM_KEY_MADE,
         .state_since = 2000,
         .replaces = TEXT("a")}
    };
    struct dkim_key_list list = {.items = keys, .count = 2};
    int64_t entered[2][6] = {{0}};

    (void)state;
    for (int64_t now = 2000; now < 2400; now++) {
        struct rotation_look looks[2] = {
            {ROTATION_UNSEEN, 0}
        };
        struct rotation_step steps[2];

        for (size_t i = 0; i < 2; i++) {
            static const enum rotation_sight shown[] = {[DKIM_KEY_MADE] = ROTATION_KEY,
                [DKIM_KEY_PUBLISHED] = ROTATION_KEY,
                [DKIM_KEY_ACTIVE] = ROTATION_KEY,
                [DKIM_KEY_RETIRED] = ROTATION_KEY,
                [DKIM_KEY_REVOKED] = ROTATION_REVOKED,
                [DKIM_KEY_GONE] = ROTATION_NOTHING};
            bool is_late = now - keys[i].state_since < 10 && keys[i].state != DKIM_KEY_PUBLISHED;

            if (rotation_needs_look(&list, &keys[i]))
                looks[i] =
                    (struct rotation_look){is_late ? ROTATION_MIXED : shown[keys[i].state], 30};
        }
        rotation_walk(&list, looks, &usual, now, steps);
        for (size_t i = 0; i < 2; i++) {
            if (steps[i].key.state != keys[i].state)
                entered[i][steps[i].key.state] = now;
            keys[i] = steps[i].key;
        }
    }
    assert_int_equal(entered[1][DKIM_KEY_PUBLISHED], 2010);
    assert_int_equal(entered[1][DKIM_KEY_ACTIVE], 2040);
    /* The new one has signed for ten seconds until its record is looked at and seen whole. */
    assert_int_equal(entered[0][DKIM_KEY_RETIRED], 2040);
    assert_int_equal(entered[0][DKIM_KEY_REVOKED], 2140);
    assert_int_equal(entered[0][DKIM_KEY_GONE], 2250);
    assert_int_equal(keys[0].seen, 2260);
    assert_int_equal(keys[1].state, DKIM_KEY_ACTIVE);
    assert_false(rotation_needs_look(&list, &keys[0]));
    assert_false(rotation_needs_look(&list, &keys[1]));
}

/* Whoever signs is looked at while another may be destroyed for it. */
static void test_needs_look(void **state)
{
    static const struct {
        const char *name, *keys, *needs; /* a y or an n for each */
    } needs[] = {
        {"alone",                "a:active@1",                                    "n"   },
        {"two that sign",        "a:active@1 b:active@1",                         "nn"  },
        {"a successor",          "a:active@1 b:active@1<a",                       "ny"  },
        {"one is retired",       "a:retired@1 b:active@1",                        "ny"  },
        {"one is revoked",       "a:revoked@1 b:active@1",                        "yn"  },
        {"a state of its own",   "a:unknown@1 b:active@1",                        "nn"  },
        {"gone, and still seen", "a:gone@1 b:gone@1/2 c:active@1",                "ynn" },
        {"on their way",         "a:made@1 b:published@1 c:active@1 d:retired@1", "yyyn"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
        struct dkim_key keys[KEYS_MAX];
        struct dkim_key_list list = {.items = keys, .count = read_keys(needs[i].keys, keys)};

        unit_row(needs[i].name);
        assert_int_equal(strlen(needs[i].needs), list.count);
        for (size_t j = 0; j < list.count; j++)
            assert_int_equal(rotation_needs_look(&list, &keys[j]), needs[i].needs[j] == 'y');
    }
}

static void test_people(void **state)
{
    (void)state;
    assert_true(rotation_wait_is_for_people(ROTATION_WAITS_FOR_RECORD));
    assert_true(rotation_wait_is_for_people(ROTATION_WAITS_FOR_REMOVAL));
    assert_false(rotation_wait_is_for_people(ROTATION_WAITS_FOR_CACHES));
    assert_false(rotation_wait_is_for_people(ROTATION_WAITS_NOT));
}

UNIT_MAIN(cmocka_unit_test(test_walk), cmocka_unit_test(test_clock), cmocka_unit_test(test_names),
    cmocka_unit_test(test_all_pairs), cmocka_unit_test(test_life),
    cmocka_unit_test(test_needs_look), cmocka_unit_test(test_people))
