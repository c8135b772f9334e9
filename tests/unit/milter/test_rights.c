/* SPDX-License-Identifier: MIT */
#include "milter/rights.h"

#include <sys/stat.h>
#include <unistd.h>

#include "lib/store/alias.h"
#include "lib/store/domain.h"
#include "lib/store/send-as.h"
#include "lib/store/user.h"
#include "tests/unit/unit.h"

struct place {
    char folder[64];
    struct store *writer; /* what mailctl would hold */
    struct directory_pool *directory;
    struct arena *arena;
};

static void open_writer(struct place *place)
{
    struct failure failure = {ERR_NONE, ""};
    bool changed;

    if (store_prepare(place->folder, STORE_DIRECTORY, NULL, &changed, &failure) != ERR_NONE ||
        store_open(place->folder, STORE_DIRECTORY, STORE_WRITE, &place->writer, &failure) !=
            ERR_NONE)
        fail_msg("%s", failure.text);
}

static void populate(struct store *store)
{
    static const char *const names[] = {"alice", "boss"};
    const struct text targets[] = {TEXT("alice@example.org")};
    char address[32];

    assert_int_equal(domain_add(store, TEXT("example.org"), 1), ERR_NONE);
    for (size_t i = 0; i < 2; i++) {
        const struct user user = {
            .local_part = text_from_string(names[i]), .domain = TEXT("example.org")};

        assert_int_equal(user_add(store, &user, 1), ERR_NONE);
    }
    for (int i = 1; i <= 3; i++) {
        snprintf(address, sizeof address, "info%d@example.org", i);
        const struct alias alias = {.address = text_from_string(address),
            .targets = targets,
            .target_count = 1,
            .enabled = true};
        assert_int_equal(alias_add(store, &alias, 1), ERR_NONE);
    }
    const struct send_as right = {TEXT("alice@example.org"), TEXT("boss@example.org"), true, 0};
    assert_int_equal(send_as_add(store, &right, 1), ERR_NONE);
}

static int place_up(void **state)
{
    struct place *place = calloc(1, sizeof *place);

    strcpy(place->folder, "/tmp/gatepost-rights-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    place->arena = arena_new();
    open_writer(place);
    populate(place->writer);
    place->directory = directory_pool_new(place->folder);
    *state = place;
    return 0;
}

static void run(const struct place *place, const char *format)
{
    char command[256];

    snprintf(command, sizeof command, format, place->folder);
    assert_int_equal(system(command), 0);
}

static int place_down(void **state)
{
    struct place *place = *state;

    directory_pool_free(&place->directory);
    store_close(&place->writer);
    arena_free(&place->arena);
    run(place, "rm -rf %s");
    free(place);
    return 0;
}

static enum err ask(struct place *place, const char *login, const char *author, const char *sender,
    struct rights_verdict *verdict_r)
{
    const struct text authors[] = {TEXT("alice@example.org"), text_from_string(author)};
    const bool is_alice = strncmp(login, "alice", 5) == 0;
    const struct rights_request request = {
        .login = text_from_string(login),
        .authors = is_alice ? authors : authors + 1,
        .author_count = is_alice ? 2 : 1,
        .sender = text_from_string(sender),
    };
    struct failure failure = {ERR_NONE, ""};
    enum err err = rights_judge(place->directory, &request, place->arena, verdict_r, &failure);

    assert_int_equal(err != ERR_NONE, failure.text[0] != '\0');
    return err;
}

static const struct {
    const char *name, *login, *author, *sender;
    bool is_allowed;
} rows[] = {
    {"an alias",                          "alice@example.org", "info1@example.org",    "",                  true },
    {"nobody's",                          "alice@example.org", "x@example.org",        "",                  false},
    {"another site's",                    "alice@example.org", "x@example.net",        "",                  false},
    {"on behalf, unsaid",                 "alice@example.org", "boss@example.org",     "",                  false},
    {"on behalf, said",                   "alice@example.org", "boss@example.org",     "info2@example.org", true },
    {"on behalf, said in another's name", "alice@example.org", "boss@example.org",
     "boss@example.org",                                                                                    false},
    {"Sender alone is no right",          "boss@example.org",  "info1@example.org",    "boss@example.org",
     false                                                                                                       },
    {"a system user, of ours",            "root",              "boss@example.org",     "",                  false},
    {"a system user, below ours",         "root",              "ceo@mail.example.org", "",                  false},
    {"a system user, of the system",      "root",              "root@host.example",    "",                  true },
    {"unknown, of ours",                  "carol@example.org", "carol@example.org",    "",                  false},
    {"unknown, of another site",          "carol@example.net", "carol@example.net",    "",                  true },
};

static void test_judge(void **state)
{
    struct place *place = *state;
    struct rights_verdict verdict;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unit_row(rows[i].name);
        assert_int_equal(
            ask(place, rows[i].login, rows[i].author, rows[i].sender, &verdict), ERR_NONE);
        assert_int_equal(verdict.is_allowed, rows[i].is_allowed);
        if (!verdict.is_allowed)
            assert_text_equal(verdict.refused, rows[i].author);
    }
}

static void test_what_is_allowed(void **state)
{
    struct place *place = *state;
    struct rights_verdict verdict;

    assert_int_equal(ask(place, "alice@example.org", "x@y.example", "", &verdict), ERR_NONE);
    assert_text_equal(verdict.allowed, "alice@example.org, info1@example.org, info2@example.org, "
                                       "info3@example.org");
    const struct send_as right = {TEXT("alice@example.org"), TEXT("@lists.example"), false, 0};
    assert_int_equal(send_as_add(place->writer, &right, 1), ERR_NONE);
    assert_int_equal(ask(place, "alice@example.org", "x@y.example", "", &verdict), ERR_NONE);
    assert_text_equal(verdict.allowed, "alice@example.org, @lists.example, info1@example.org, "
                                       "info2@example.org, info3@example.org");
    const struct send_as more = {TEXT("alice@example.org"), TEXT("press@example.net"), false, 0};
    assert_int_equal(send_as_add(place->writer, &more, 1), ERR_NONE);
    assert_int_equal(ask(place, "alice@example.org", "x@y.example", "", &verdict), ERR_NONE);
    assert_text_equal(verdict.allowed, "alice@example.org, @lists.example, info1@example.org, "
                                       "info2@example.org, info3@example.org and others");
    assert_int_equal(ask(place, "root", "boss@example.org", "", &verdict), ERR_NONE);
    assert_text_equal(verdict.allowed, "");
}

/* Changes count at once; a database that is gone or replaced is noticed. */
static void test_changes(void **state)
{
    struct place *place = *state;
    struct rights_verdict verdict;
    const struct send_as right = {TEXT("alice@example.org"), TEXT("x@y.example"), false, 0};

    assert_int_equal(ask(place, "alice@example.org", "x@y.example", "", &verdict), ERR_NONE);
    assert_false(verdict.is_allowed);
    assert_int_equal(send_as_add(place->writer, &right, 1), ERR_NONE);
    assert_int_equal(ask(place, "alice@example.org", "x@y.example", "", &verdict), ERR_NONE);
    assert_true(verdict.is_allowed);
    store_close(&place->writer);
    run(place, "mv %1$s/directory %1$s/aside");
    assert_int_equal(ask(place, "alice@example.org", "x@y.example", "", &verdict), ERR_IO);
    open_writer(place);
    populate(place->writer);
    assert_int_equal(ask(place, "alice@example.org", "x@y.example", "", &verdict), ERR_NONE);
    assert_false(verdict.is_allowed);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, place_up, place_down)

UNIT_MAIN(TEST(test_judge), TEST(test_what_is_allowed), TEST(test_changes))
