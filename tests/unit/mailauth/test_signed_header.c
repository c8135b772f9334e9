/* SPDX-License-Identifier: MIT */
#include "lib/mailauth/signed-header.h"

#include "lib/mailauth/digest.h"
#include "tests/unit/unit.h"

/* b= is emptied with the blanks around it, wherever it stands; all else is signed. */
static void test_b_is_emptied(void **state)
{
    static const struct {
        const char *name, *value, *emptied;
    } rows[] = {
        {"at the end",                 " v=1; b=abc",               "DKIM-Signature: v=1; b="        },
        {"with blanks",                " v=1; b = ab\r\n\tc \r\n ", "DKIM-Signature: v=1; b ="       },
        {"in the middle",              " b=abc ; bh=xyz; v=1",      "DKIM-Signature: b=; bh=xyz; v=1"},
        {"not bh",                     " bh=xyz; b=abc==;",         "DKIM-Signature: bh=xyz; b=;"    },
        {"equals sign inside another", " h=a; z=b=1; b=2",          "DKIM-Signature: h=a; z=b=1; b=" },
        {"folded in front",            "\r\n b=2",                  "DKIM-Signature:\r\n b="         },
        {"empty already",              " v=1; b=",                  "DKIM-Signature: v=1; b="        },
        {"missing",                    " v=1",                      "DKIM-Signature: v=1"            },
    };
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct header_field field =
            header_field_make(TEXT("DKIM-Signature"), text_from_string(rows[i].value), arena);
        struct header_field emptied;

        unit_row(rows[i].name);
        emptied = signed_header_empty_b(&field, arena);
        assert_text_equal(emptied.raw, rows[i].emptied);
        assert_text_equal(emptied.value, rows[i].emptied + strlen("DKIM-Signature:"));
        assert_text_equal(emptied.name, "DKIM-Signature");
    }
    arena_free(&arena);
}

/* A name that stands more often than its field signs nothing from the second time on. */
static void test_names_left_over(void **state)
{
    static const struct text names[] = {
        {"a", 1},
        {"a", 1},
        {"a", 1}
    };
    struct arena *arena = arena_new();
    struct message *message = message_new(arena, NULL);
    const struct header_field a = header_field_make(TEXT("A"), TEXT(" 1"), arena);
    struct signed_header header = {.names = names,
        .canon = CANON_SIMPLE,
        .own_index = MESSAGE_NO_FIELD,
        .own = header_field_make(TEXT("DKIM-Signature"), TEXT(" b="), arena)};
    unsigned char once[DIGEST_LEN], digest[DIGEST_LEN];

    (void)state;
    assert_int_equal(message_add_field(message, &a), ERR_NONE);
    header.name_count = 1;
    assert_true(signed_header_digest(message, &header, once));
    for (header.name_count = 2; header.name_count <= 3; header.name_count++) {
        assert_true(signed_header_digest(message, &header, digest));
        assert_memory_equal(digest, once, DIGEST_LEN);
    }
    message_done(&message);
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_b_is_emptied), cmocka_unit_test(test_names_left_over))
