/* SPDX-License-Identifier: MIT */

/*
 * The form of a backup: what was written is read, in pieces of any size, and each bit of it counts.
 */

#include "mailctl/backup/backup-form.h"

#include "lib/base/memory.h"
#include "tests/unit/mailctl/backup-sample.h"
#include "tests/unit/unit.h"

/* Of one block, of less, of more, and of exactly none behind it. */
static const size_t part_bytes[BACKUP_PARTS] = {1300, 1, 512, 1024};

struct ground {
    struct buffer parts[BACKUP_PARTS];
    struct buffer backup, altered;
    struct buffer seen[BACKUP_PARTS]; /* what the sink was given */
    size_t begun, ended;
    enum err refuse; /* what the sink says at the end of a part */
};

static int make(void **state)
{
    struct ground *ground = memory_alloc_zero(1, sizeof *ground);
    struct text parts[BACKUP_PARTS];

    for (size_t i = 0; i < BACKUP_PARTS; i++) {
        for (size_t j = 0; j < part_bytes[i]; j++)
            buffer_append_byte(&ground->parts[i], (char)('a' + (i * 7 + j) % 26));
        parts[i] = buffer_text(&ground->parts[i]);
    }
    backup_sample_write(parts, &ground->backup);
    buffer_append_text(&ground->altered, buffer_text(&ground->backup));
    *state = ground;
    return 0;
}

static int clean_up(void **state)
{
    struct ground *ground = *state;

    for (size_t i = 0; i < BACKUP_PARTS; i++) {
        buffer_done(&ground->parts[i]);
        buffer_done(&ground->seen[i]);
    }
    buffer_done(&ground->backup);
    buffer_done(&ground->altered);
    free(ground);
    return 0;
}

/* --- the sink --- */

static enum err begin(void *context, size_t part, uint64_t size_bytes, struct failure *failure)
{
    struct ground *ground = context;

    (void)failure;
    assert_int_equal(part, ground->begun);
    assert_true(size_bytes > 0 && size_bytes <= TAR_SIZE_MAX);
    buffer_clear(&ground->seen[part]);
    ground->begun++;
    return ERR_NONE;
}

static enum err add(void *context, struct text bytes, struct failure *failure)
{
    struct ground *ground = context;

    (void)failure;
    buffer_append_text(&ground->seen[ground->begun - 1], bytes);
    return ERR_NONE;
}

static enum err end(void *context, struct failure *failure)
{
    struct ground *ground = context;

    ground->ended++;
    return ground->refuse == ERR_NONE ? ERR_NONE : failure_set(failure, ground->refuse, "no");
}

static enum err read_pieces(
    struct ground *ground, struct text bytes, size_t piece, struct failure *failure)
{
    struct backup_sink sink = {.begin = begin, .add = add, .end = end, .context = ground};
    struct backup_form *form = backup_form_new(&sink);
    enum err err = ERR_NONE;

    ground->begun = ground->ended = 0;
    while (err == ERR_NONE && bytes.len != 0) {
        err = backup_form_feed(form, text_head(bytes, piece), failure);
        bytes = text_skip(bytes, piece);
    }
    if (err == ERR_NONE)
        err = backup_form_end(form, failure);
    if (err == ERR_NONE) {
        assert_int_equal(backup_form_manifest(form)->time, BACKUP_SAMPLE_TIME);
        assert_true(text_equals(backup_form_manifest(form)->host, TEXT("mail.example.org")));
    }
    backup_form_free(&form);
    return err;
}

/* --- */

static void test_whole(void **state)
{
    static const size_t pieces[] = {1, 7, 511, 512, 513, 4096, 1000000};
    struct ground *ground = *state;

    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        assert_int_equal(
            read_pieces(ground, buffer_text(&ground->backup), pieces[i], NULL), ERR_NONE);
        assert_int_equal(ground->ended, BACKUP_PARTS);
        for (size_t part = 0; part < BACKUP_PARTS; part++)
            assert_true(
                text_equals(buffer_text(&ground->seen[part]), buffer_text(&ground->parts[part])));
    }
}

static void test_each_bit_counts(void **state)
{
    struct ground *ground = *state;
    struct failure failure;

    for (size_t i = 0; i < ground->backup.len; i++) {
        char whole = ground->altered.data[i];

        ground->altered.data[i] = (char)(whole ^ (1 << (i % 8)));
        if (read_pieces(ground, buffer_text(&ground->altered), 4096, &failure) == ERR_NONE)
            fail_msg("byte %zu was altered, and nobody noticed", i);
        assert_true(failure.err == ERR_SYNTAX || failure.err == ERR_NEWER);
        ground->altered.data[i] = whole;
    }
}

static void test_each_length_counts(void **state)
{
    struct ground *ground = *state;
    struct failure failure;

    for (size_t len = 0; len < ground->backup.len; len++)
        assert_int_equal(
            read_pieces(ground, text_head(buffer_text(&ground->backup), len), 4096, &failure),
            ERR_SYNTAX);
    buffer_append_byte(&ground->altered, '\0');
    assert_int_equal(
        read_pieces(ground, buffer_text(&ground->altered), 4096, &failure), ERR_SYNTAX);
}

/* --- others' headers --- */

#define AT_FIRST_PART (2 * TAR_BLOCK)

struct header_row {
    const char *name;
    size_t at;
    const char *bytes;
    size_t len;
};

static const struct header_row headers[] = {
    {"a path",                 0,   "../keys.db\0\0\0",       13},
    {"a path from the root",   0,   "/etc/shadow\0\0",        13},
    {"the same name twice",    0,   "credentials.db",         14},
    {"another name",           0,   "directory.db-wal",       16},
    {"a name without an end",  0,   "directory.dbxxxxxxxxxx", 22},
    {"a mode for all",         100, "0000666",                7 },
    {"another owner",          108, "0001750",                7 },
    {"nothing in it",          124, "00000000000",            11},
    {"as large as can be",     124, "77777777777",            11},
    {"a size below nothing",   124, "-0000000001",            11},
    {"a size in base 256",     124, "\x80\0\0\0\0\0\0\0\1",   9 },
    {"a size that goes on",    124, "000000024247",           12},
    {"another time",           136, "00000000000",            11},
    {"a symbolic link",        156, "2/etc/shadow",           12},
    {"a hard link",            156, "1/etc/shadow",           12},
    {"a device",               156, "3",                      1 },
    {"a folder",               156, "5",                      1 },
    {"an extended header",     156, "x",                      1 },
    {"a long name of GNU's",   156, "L",                      1 },
    {"a sparse file of GNU's", 156, "S",                      1 },
    {"GNU's magic",            257, "ustar  ",                8 },
    {"a folder in front",      345, "../..",                  5 },
};

/* Their sums are right: it is the field alone that is wrong. */
static void mend_sum(char *block)
{
    unsigned sum = 0;
    char digits[8];

    memset(block + 148, ' ', 8);
    for (size_t i = 0; i < TAR_BLOCK; i++)
        sum += (unsigned char)block[i];
    snprintf(digits, sizeof digits, "%06o", sum);
    memcpy(block + 148, digits, 7);
}

static void test_headers(void **state)
{
    struct ground *ground = *state;
    struct failure failure;
    char *block = ground->altered.data + AT_FIRST_PART;

    assert_string_equal(block, "directory.db");
    mend_sum(block);
    assert_int_equal(read_pieces(ground, buffer_text(&ground->altered), 4096, &failure), ERR_NONE);
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        const struct header_row *row = &headers[i];

        memcpy(block + row->at, row->bytes, row->len);
        mend_sum(block);
        if (read_pieces(ground, buffer_text(&ground->altered), 4096, &failure) != ERR_SYNTAX)
            fail_msg("%s: taken, or refused otherwise: %s", row->name, failure.text);
        memcpy(block, ground->backup.data + AT_FIRST_PART, TAR_BLOCK);
    }
}

/* --- manifests --- */

static void test_newer(void **state)
{
    struct ground *ground = *state;
    struct failure failure;
    char *number = strstr(ground->altered.data + TAR_BLOCK, "backup 1\n");

    assert_non_null(number);
    number[strlen("backup ")] = '2';
    assert_int_equal(read_pieces(ground, buffer_text(&ground->altered), 4096, &failure), ERR_NEWER);
    assert_non_null(strstr(failure.text, "format 2, newer than this program, which knows 1"));
}

static void test_others(void **state)
{
    struct ground *ground = *state;
    struct failure failure;

    assert_int_equal(read_pieces(ground, TEXT("hello\n"), 4096, &failure), ERR_SYNTAX);
    assert_non_null(strstr(failure.text, "not a backup"));
    assert_int_equal(
        read_pieces(ground, text_skip(buffer_text(&ground->backup), AT_FIRST_PART), 4096, &failure),
        ERR_SYNTAX);
    assert_non_null(strstr(failure.text, "not a backup"));
}

/* The sink's word counts. */
static void test_sink(void **state)
{
    struct ground *ground = *state;
    struct failure failure;

    ground->refuse = ERR_LIMIT;
    assert_int_equal(read_pieces(ground, buffer_text(&ground->backup), 4096, &failure), ERR_LIMIT);
    assert_int_equal(ground->ended, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, clean_up)

UNIT_MAIN(TEST(test_whole), TEST(test_each_bit_counts), TEST(test_each_length_counts),
    TEST(test_headers), TEST(test_newer), TEST(test_others), TEST(test_sink))
