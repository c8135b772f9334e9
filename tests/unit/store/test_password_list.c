/* SPDX-License-Identifier: MIT */
#include "lib/store/password-list.h"

#include <unistd.h>

#include "lib/store/password-list-maker.h"
#include "tests/unit/unit.h"

/* --- files that are none --- */

#define MAGIC "GATEPWL\n"
#define ZEROS "\0\0\0\0\0\0\0\0"

static const struct form_row {
    const char *name;
    struct text bytes;
    enum err err;
    uint64_t count;
} form_rows[] = {
    {"one hash of eight bytes",  {MAGIC "\1\0\0\0\10\0\0\0\1\0\0\0\0\0\0\0" ZEROS "abcdefgh", 40},
     ERR_NONE,                                                                                                               1},
    {"two of six",               {MAGIC "\1\0\0\0\6\0\0\0\2\0\0\0\0\0\0\0" ZEROS "abcdefghijkl", 44},           ERR_NONE,
     2                                                                                                                        },
    {"none",                     {MAGIC "\1\0\0\0\10\0\0\0\0\0\0\0\0\0\0\0" ZEROS, 32},                         ERR_NONE,    0},
    {"nothing",                  {"", 0},                                                                       ERR_FOREIGN, 0},
    {"a head cut off",           {MAGIC "\1\0\0\0\10\0\0\0\0\0\0\0\0\0\0\0" ZEROS, 31},                         ERR_FOREIGN, 0},
    {"something else",
     {"GATEPWL "
         "\1\0\0\0\10\0\0\0\0\0\0\0\0\0\0\0" ZEROS,
            32},
     ERR_FOREIGN,                                                                                                            0},
    {"version 2",                {MAGIC "\2\0\0\0\10\0\0\0\0\0\0\0\0\0\0\0" ZEROS, 32},                         ERR_NEWER,   0},
    {"too narrow",               {MAGIC "\1\0\0\0\5\0\0\0\1\0\0\0\0\0\0\0" ZEROS "abcde", 37},                  ERR_CORRUPT, 0},
    {"no width",                 {MAGIC "\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0" ZEROS "abcde", 37},                  ERR_CORRUPT, 0},
    {"too wide",                 {MAGIC "\1\0\0\0\25\0\0\0\1\0\0\0\0\0\0\0" ZEROS "abcdefghijklmnopqrstu", 53},
     ERR_CORRUPT,                                                                                                            0},
    {"cut off",                  {MAGIC "\1\0\0\0\10\0\0\0\1\0\0\0\0\0\0\0" ZEROS "abcdefg", 39},               ERR_CORRUPT, 0},
    {"a hash too few",           {MAGIC "\1\0\0\0\10\0\0\0\2\0\0\0\0\0\0\0" ZEROS "abcdefgh", 40},
     ERR_CORRUPT,                                                                                                            0},
    {"a count that wraps round", {MAGIC "\1\0\0\0\10\0\0\0\1\0\0\0\0\0\0\40" ZEROS "abcdefgh", 40},
     ERR_CORRUPT,                                                                                                            0},
    {"for later versions",
     {MAGIC "\1\0\0\0\10\0\0\0\1\0\0\0\0\0\0\0"
               "\1\0\0\0\0\0\0\0"
               "abcdefgh",
            40},
     ERR_CORRUPT,                                                                                                            0},
};

static void test_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof form_rows / sizeof *form_rows; i++) {
        const struct form_row *row = &form_rows[i];
        struct password_list_view view = {.count = 0};
        enum err err = password_list_read(row->bytes, &view, NULL);

        if (err != row->err || view.count != row->count)
            fail_msg("%s: %s, %d hashes", row->name, err_text(err), (int)view.count);
    }
}

/* --- lists --- */

struct scene {
    char path[64];
    struct password_list_maker *maker;
    struct password_list *list;
};

static int setup(void **state)
{
    struct scene *scene = test_calloc(1, sizeof *scene);

    snprintf(scene->path, sizeof scene->path, "/tmp/gatepost-list-XXXXXX");
    close(mkstemp(scene->path));
    scene->maker = password_list_maker_new(10);
    *state = scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;

    password_list_maker_free(&scene->maker);
    password_list_close(&scene->list);
    unlink(scene->path);
    test_free(scene);
    return 0;
}

static enum err add(struct scene *scene, const char *range, const char *line)
{
    return password_list_maker_add(
        scene->maker, text_from_string(range), text_from_string(line), NULL);
}

static void finish(struct scene *scene)
{
    FILE *file = fopen(scene->path, "w");
    struct failure failure;

    assert_non_null(file);
    assert_int_equal(password_list_maker_write(scene->maker, file), ERR_NONE);
    assert_int_equal(fclose(file), 0);
    if (password_list_open(scene->path, &scene->list, &failure) != ERR_NONE)
        fail_msg("%s", failure.text);
}

static bool has(const struct scene *scene, const char *password)
{
    enum err err = password_list_find(scene->list, text_from_string(password));

    assert_true(err == ERR_NONE || err == ERR_ABSENT);
    return err == ERR_NONE;
}

/* SHA-1 of "password", "123456", "open sesame" and "zebra crossing", as others write them. */
static void test_lines(void **state)
{
    struct scene *scene = *state;

    assert_int_equal(add(scene, "", "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:9545824"), ERR_NONE);
    assert_int_equal(add(scene, "7C4A8", "D09CA3762AF61E59520943DC26494F8941B:37359195"), ERR_NONE);
    assert_int_equal(add(scene, "", "5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8"), ERR_NONE);
    assert_int_equal(add(scene, "", "open sesame\r"), ERR_NONE);
    assert_int_equal(add(scene, "", "gr\xc3\xbc\xc3\x9f gott"), ERR_NONE);
    assert_int_equal(add(scene, "", ""), ERR_NONE);
    /* "abc" was seen too rarely. */
    assert_int_equal(add(scene, "", "A9993E364706816ABA3E25717850C26C9CD0D89D:9"), ERR_NONE);
    assert_int_equal(add(scene, "", "D09CA3762AF61E59520943DC26494F8941B:37359195"), ERR_SYNTAX);
    assert_int_equal(
        add(scene, "7C4AX", "D09CA3762AF61E59520943DC26494F8941B:37359195"), ERR_SYNTAX);
    assert_int_equal(password_list_maker_rare(scene->maker), 1);
    assert_int_equal(password_list_maker_skipped(scene->maker), 1);
    assert_int_equal(password_list_maker_count(scene->maker), 4);
    finish(scene);
    assert_int_equal(password_list_count(scene->list), 4);
    assert_true(has(scene, "password"));
    assert_true(has(scene, "123456"));
    assert_true(has(scene, "open sesame"));
    assert_true(has(scene, "gr\xc3\xbc\xc3\x9f gott"));
    assert_false(has(scene, "abc"));
    assert_false(has(scene, "open"));
    assert_false(has(scene, ""));
}

/* What is made of a listed one by rules that everybody knows. */
static void test_variants(void **state)
{
    struct scene *scene = *state;

    assert_int_equal(add(scene, "", "open sesame"), ERR_NONE);
    assert_int_equal(add(scene, "", "Zebra"), ERR_NONE);
    finish(scene);
    assert_true(has(scene, "Open Sesame"));
    assert_true(has(scene, "Open Sesame!"));
    assert_true(has(scene, "OPEN SESAME2024"));
    assert_false(has(scene, "open sesame20245"));
    assert_false(has(scene, "open sesame\xc3\xa4"));
    assert_false(has(scene, "1open sesame"));
    assert_true(has(scene, "Zebra"));
    assert_false(has(scene, "zebra"));
}

/* Each of many is found, and what lies between them is not. */
static void test_many(void **state)
{
    struct scene *scene = *state;
    char word[32];

    for (int i = 0; i < 3000; i++) {
        snprintf(word, sizeof word, "many %dx", i * 2);
        assert_int_equal(add(scene, "", word), ERR_NONE);
    }
    finish(scene);
    for (int i = 0; i < 3000; i++) {
        snprintf(word, sizeof word, "many %dx", i * 2);
        assert_true(has(scene, word));
        snprintf(word, sizeof word, "many %dx", i * 2 + 1);
        assert_false(has(scene, word));
    }
}

static void test_empty(void **state)
{
    struct scene *scene = *state;

    finish(scene);
    assert_int_equal(password_list_count(scene->list), 0);
    assert_false(has(scene, "password"));
}

static void test_no_file(void **state)
{
    struct scene *scene = *state;
    struct password_list *list = NULL;
    struct failure failure;

    assert_int_equal(password_list_open(scene->path, &list, &failure), ERR_FOREIGN);
    assert_non_null(strstr(failure.text, scene->path));
    assert_int_equal(password_list_open("/tmp", &list, &failure), ERR_FOREIGN);
    assert_int_equal(password_list_open("/dev/null", &list, &failure), ERR_FOREIGN);
    assert_int_equal(password_list_open("/nonexistent", &list, &failure), ERR_ABSENT);
    assert_null(list);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

UNIT_MAIN(cmocka_unit_test(test_form), TEST(test_lines), TEST(test_variants), TEST(test_many),
    TEST(test_empty), TEST(test_no_file))
