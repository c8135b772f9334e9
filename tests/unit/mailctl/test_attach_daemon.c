/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/attach-daemon.h"

#include "lib/base/buffer.h"
#include "mailctl/program.h"
#include "tests/unit/unit.h"

/* What systemctl was told, in place of telling it. */
static struct buffer told;

enum err __wrap_program_succeed(const char *const *argv, int64_t timeout_ms, struct arena *arena,
    struct text *output_r, struct failure *failure);

enum err __wrap_program_succeed(const char *const *argv, int64_t timeout_ms, struct arena *arena,
    struct text *output_r, struct failure *failure)
{
    (void)timeout_ms;
    (void)arena;
    (void)output_r;
    (void)failure;
    for (; *argv != NULL; argv++)
        buffer_append_format(&told, "%s ", *argv);
    return ERR_NONE;
}

/* Not reached: nothing is planned here. */
void plan_add_action(struct plan *plan, struct text what, const char *why)
{
    (void)plan;
    (void)what;
    (void)why;
}

/* A detach stops all; an attach that failed what it has started, and not what served before. */
static void test_retire(void **state)
{
    static const struct {
        const char *name;
        bool is_detach, started[ATTACH_DAEMONS];
        const char *told;
    } rows[] = {
        {"detach",        true,  {false, false, false},
         "systemctl disable --now gatepost-milter@out.service gatepost-milter@out.socket "
            "gatepost-milter-control@out.socket gatepost-policyd@out.service "
            "gatepost-policyd@out.socket gatepost-policyd-control@out.socket "
            "gatepost-authd@out.service gatepost-authd@out.socket gatepost-authd-login@out.socket "
            "gatepost-authd-control@out.socket "          },
        {"all ran",       false, {false, false, false}, ""},
        {"one was begun", false, {false, true, false},
         "systemctl disable --now gatepost-policyd@out.service gatepost-policyd@out.socket "
            "gatepost-policyd-control@out.socket "        },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool started[ATTACH_DAEMONS];
        struct attach_site site = {
            .arena = arena_new(), .started = rows[i].is_detach ? NULL : started};

        unit_row(rows[i].name);
        memcpy(started, rows[i].started, sizeof started);
        assert_int_equal(attach_daemon_retire(&site, TEXT("out"), NULL), ERR_NONE);
        assert_string_equal(buffer_string(&told), rows[i].told);
        buffer_done(&told);
        arena_free(&site.arena);
    }
}

UNIT_MAIN(cmocka_unit_test(test_retire))
