/* SPDX-License-Identifier: MIT */
#include "lib/engines/engines.h"

#include "lib/engines/foreign.h"
#include "tests/unit/unit.h"

static void test_all_open(void **state)
{
    struct failure failure;

    (void)state;
    for (const struct engine *engine = engines; engine->method != NULL; engine++) {
        unit_row(engine->name);
        assert_ptr_equal(engines_find(engine->method, engine->name), engine);
        assert_true(strlen(engine->errors) > 0);
        assert_int_equal(engine->open(&failure), ERR_NONE);
        assert_int_equal(engine->open(&failure), ERR_NONE);
        assert_int_equal(
            (engine->signatures != NULL) + (engine->spf != NULL) + (engine->dmarc != NULL), 1);
    }
}

static void test_unknown(void **state)
{
    (void)state;
    assert_null(engines_find("spf", "libopendkim"));
    assert_null(engines_find("spf", "gatepost"));
    assert_null(engines_find("arc", "libspf2"));
}

/* What is not there, or is another library than we know, says so and what to do. */
static void test_foreign(void **state)
{
    void (*function)(void) = NULL;
    const struct foreign_symbol symbol = {"no_such_function", &function};
    const struct foreign_library absent = {.file = "libabsent.so.1", .package = "libabsent1"};
    const struct foreign_library other = {"libc.so.6", "libc6", &symbol, 1};
    struct failure failure;

    (void)state;
    assert_int_equal(foreign_open(&absent, &failure), ERR_ABSENT);
    assert_non_null(strstr(failure.text, "libabsent.so.1 cannot be loaded"));
    assert_non_null(strstr(failure.text, "install libabsent1"));
    assert_int_equal(foreign_open(&other, &failure), ERR_ABSENT);
    assert_non_null(strstr(failure.text, "libc.so.6 has no no_such_function"));
    assert_null(function);
}

UNIT_MAIN(
    cmocka_unit_test(test_all_open), cmocka_unit_test(test_unknown), cmocka_unit_test(test_foreign))
