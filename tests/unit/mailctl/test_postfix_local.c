/* SPDX-License-Identifier: MIT */

/* Domains of ours that a Postfix keeps for accounts of the system. */

#include "mailctl/attach/postfix-local.h"
#include "mailctl/attach/scratch.h"
#include "tests/unit/unit.h"

#define LIST "/var/lib/gatepost/postfix/domains"
#define ATTACHED "virtual_mailbox_domains = a.example, hash:" LIST "\n"

static const struct text names[] = {
    TEXT("a.example"), TEXT("b.example"), TEXT("c.example"), TEXT("example.org")};
#define COUNT (sizeof names / sizeof *names)

static const struct {
    const char *name, *expanded, *hits;
} rows[] = {
    {"stands there",           ATTACHED "mydestination = mail.example.org, example.org\n",    "example.org "},
    {"in capitals",            "mydestination = Example.ORG\n" ATTACHED,                      "example.org "},
    {"does not stand there",   ATTACHED "mydestination = localhost\n",                        ""            },
    {"a part of another name", ATTACHED "mydestination = mail.example.org\n",                 ""            },
    {"nothing is local",       ATTACHED "mydestination = \n",                                 ""            },
    {"not attached",           "virtual_mailbox_domains = x\nmydestination = a.example\n",    ""            },
    {"once each, in order",    ATTACHED "mydestination = b.example, a.example, B.example\n",
     "a.example b.example "                                                                                 },
    {"taken out",              ATTACHED "mydestination = !a.example, a.example !b.example\n", ""            },
    {"put in again",           ATTACHED "mydestination = !!a.example\n",                      "a.example "  },
    {"an address, no table",   ATTACHED "mydestination = [::1], a.example\n",                 "a.example "  },
};

static void assert_hits(const struct postfix_local *local, struct arena *arena, const char *wanted)
{
    struct text found = TEXT("");

    for (size_t i = 0; i < local->count; i++)
        found = arena_print(arena, "%.*s%.*s%s%s ", TEXT_ARGS(found),
            TEXT_ARGS(local->hits[i].name), local->hits[i].source != NULL ? "@" : "",
            local->hits[i].source != NULL ? strrchr(local->hits[i].source, '/') + 1 : "");
    assert_text_equal(found, wanted);
}

static void test_find(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *arena = arena_new();
        struct postfix_instance instance = {
            .arena = arena, .expanded = text_from_string(rows[i].expanded)};
        struct postfix_local local = postfix_local_find(&instance, LIST, names, COUNT);

        unit_row(rows[i].name);
        assert_hits(&local, arena, rows[i].hits);
        assert_null(local.unjudged);
        arena_free(&arena);
    }
}

/* "%s" is the folder. */
static const char *with_folder(struct arena *arena, const char *text, const char *folder)
{
    const char *at = strstr(text, "%s");

    return at == NULL ? text
                      : arena_print(arena, "%.*s%s%s", (int)(at - text), text, folder, at + 2).data;
}

static void write_file(const char *path, const char *content)
{
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_true(fputs(content, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* Files as Postfix reads them; one that is not there leaves open what stands in no other item. */
static void test_files(void **state)
{
    static const struct {
        const char *name, *one, *two, *list, *hits;
        bool is_judged;
    } files[] = {
        {"its lines",         "# ours\na.example, b.example\n\n  c.example", "",            "%s/one",
         "a.example@one b.example@one c.example@one ",                                                                                       true },
        {"a comment",         "#a.example\n  # b.example\n",                 "",            "%s/one",                      "",               true },
        {"taken out",         "a.example\n!b.example\n",                     "",            "!%s/one a.example b.example",
         "b.example@one ",                                                                                                                   true },
        {"a file in a file",  "%s/two\n",                                    "b.example\n", "%s/one",                      "b.example@two ", true },
        {"a file in itself",  "a.example\n%s/one\n",                         "",            "%s/one",                      "a.example@one ", false},
        {"no such file",      "",                                            "",            "%s/none b.example",           "b.example ",     false},
        {"the first decides", "a.example\n",                                 "",            "!a.example, %s/one",          "",               true },
    };

    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct arena *arena = arena_new();
        struct postfix_instance instance = {.arena = arena};
        const char *top = NULL;
        struct postfix_local local;
        struct failure failure;

        unit_row(files[i].name);
        assert_int_equal(scratch_make("/tmp", arena, &top, &failure), ERR_NONE);
        write_file(arena_print(arena, "%s/one", top).data, with_folder(arena, files[i].one, top));
        write_file(arena_print(arena, "%s/two", top).data, with_folder(arena, files[i].two, top));
        local = postfix_local_match(
            &instance, text_from_string(with_folder(arena, files[i].list, top)), names, COUNT);
        assert_hits(&local, arena, files[i].hits);
        assert_int_equal(local.unjudged == NULL, files[i].is_judged);
        scratch_remove(top);
        arena_free(&arena);
    }
}

/* Where there is no postmap to ask, that is said, and what else is known is told. */
static void test_unjudged(void **state)
{
    struct arena *arena = arena_new();
    struct postfix_instance instance = {
        .arena = arena, .directory = "/etc/postfix", .queue_directory = "/nowhere"};
    struct postfix_local local =
        postfix_local_match(&instance, TEXT("hash:/etc/local a.example"), names, COUNT);

    (void)state;
    assert_hits(&local, arena, "a.example ");
    assert_non_null(strstr(local.unjudged, "hash:/etc/local ("));
    assert_non_null(strstr(postfix_local_tell_unjudged(&instance, &local), "hash:/etc/local"));
    arena_free(&arena);
}

static void test_tell(void **state)
{
    struct arena *arena = arena_new();
    struct postfix_instance instance = {.arena = arena, .directory = "/etc/postfix"};
    struct postfix_local_hit own = {.name = names[0]};
    struct postfix_local_hit table = {.name = names[0], .source = "hash:/etc/local"};

    (void)state;
    assert_non_null(strstr(
        postfix_local_tell(&instance, &own, "mailctl detach postfix; mailctl attach postfix"),
        "a.example stands in mydestination (/etc/postfix): "));
    assert_non_null(strstr(
        postfix_local_tell(&instance, &own, "mailctl detach postfix; mailctl attach postfix"),
        "\"mailctl detach postfix; "));
    assert_non_null(strstr(postfix_local_tell(&instance, &table, NULL),
        "a.example stands in hash:/etc/local, which is read by mydestination"));
    assert_non_null(strstr(postfix_local_tell(&instance, &table, NULL), "take it out there"));
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_find), cmocka_unit_test(test_files),
    cmocka_unit_test(test_unjudged), cmocka_unit_test(test_tell))
