/* SPDX-License-Identifier: MIT */

/* The names of our daemons' units. */

#include "mailctl/attach/daemon-unit.h"

#include "config.h"
#include "tests/unit/unit.h"

#define FOLDER SYSCONFDIR "/gatepost/"
#define QUEUE POSTFIX_QUEUE_DIR

static void test_instance(void **state)
{
    static const struct {
        const char *name, *path, *instance;
    } rows[] = {
        {"none",                NULL,                   ""    },
        {"the usual one",       FOLDER "gatepost.conf", ""    },
        {"another",             FOLDER "out.conf",      "out" },
        {"with a dot in it",    FOLDER "mx.2.conf",     "mx.2"},
        {"in another folder",   "/root/out.conf",       ""    },
        {"below the folder",    FOLDER "sub/out.conf",  ""    },
        {"of another kind",     FOLDER "out.text",      ""    },
        {"the suffix in upper", FOLDER "out.CONF",      ""    },
        {"no name",             FOLDER ".conf",         ""    },
        {"a blank in it",       FOLDER "o t.conf",      ""    },
        {"like an option",      FOLDER "-out.conf",     ""    },
        {"like another unit",   FOLDER "a@b.conf",      ""    },
        {"the folder alone",    FOLDER,                 ""    },
        {"too short",           ".conf",                ""    },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unit_row(rows[i].name);
        assert_text_equal(daemon_unit_instance(rows[i].path), rows[i].instance);
    }
}

static void test_queue(void **state)
{
    static const struct {
        const char *name, *queue, *instance;
    } rows[] = {
        {"the usual one",  QUEUE,              ""   },
        {"another",        QUEUE "-out",       "out"},
        {"elsewhere",      "/srv/postfix-out", ""   },
        {"a folder in it", QUEUE "-out/x",     ""   },
        {"no name",        QUEUE "-",          ""   },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unit_row(rows[i].name);
        assert_text_equal(daemon_unit_of_queue(rows[i].queue), rows[i].instance);
    }
}

static void test_unit(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    assert_string_equal(daemon_unit(TEXT(""), "milter", "", arena), "gatepost-milter");
    assert_string_equal(daemon_unit(TEXT("out"), "milter", "", arena), "gatepost-milter@out");
    assert_string_equal(daemon_unit(TEXT("out"), "authd-control", ".socket", arena),
        "gatepost-authd-control@out.socket");
    arena_free(&arena);
}

UNIT_MAIN(
    cmocka_unit_test(test_instance), cmocka_unit_test(test_queue), cmocka_unit_test(test_unit))
