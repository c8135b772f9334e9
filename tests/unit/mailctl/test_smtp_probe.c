/* SPDX-License-Identifier: MIT */
#include "mailctl/smtp-probe.h"

#include <sys/un.h>

#include "mailctl/scratch.h"
#include "tests/unit/unit.h"

#define ENDLESS_S 60
#define WAITING_MAX 16

/* A server that accepts nobody, and whose queue is full: the probe gives up. */
static void test_nobody_accepts(void **state)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    const struct sockaddr *address = (const struct sockaddr *)&name;
    struct arena *arena = arena_new();
    int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), waiting[WAITING_MAX], count = 0;
    const char *scratch = NULL;
    struct smtp_probe probe;
    struct failure failure;
    bool is_full = false;

    (void)state;
    assert_int_equal(scratch_make(arena, &scratch, &failure), ERR_NONE);
    snprintf(name.sun_path, sizeof name.sun_path, "%s/socket", scratch);
    assert_int_equal(bind(server, address, sizeof name), 0);
    assert_int_equal(listen(server, 0), 0);
    while (!is_full && count < WAITING_MAX) {
        waiting[count] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        is_full = connect(waiting[count++], address, sizeof name) != 0;
    }
    assert_true(is_full);
    alarm(ENDLESS_S);
    assert_int_equal(
        smtp_probe_connect_to(address, sizeof name, "nobody", arena, &probe, &failure), ERR_IO);
    while (count-- > 0)
        close(waiting[count]);
    close(server);
    scratch_remove(scratch);
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_nobody_accepts))
