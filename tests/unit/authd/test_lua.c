/* SPDX-License-Identifier: MIT */

/*
 * gatepost.lua against a gatepost-authd that runs, with Lua in Dovecot's place: both versions'
 * ways, a restart of authd under a kept connection, and authd away. Skips where this machine has
 * no Lua with lua-socket.
 */

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/authd/site.h"
#include "tests/unit/unit.h"

#define LUA "lua5.4"

static struct site site;

static bool has_lua(void)
{
    return system("command -v " LUA " >/dev/null 2>&1 && " LUA
                  " -e 'require \"socket.unix\"' >/dev/null 2>&1") == 0;
}

static int setup(void **state)
{
    (void)state;
    if (has_lua())
        site_start(&site, "");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    if (site.running.folder[0] == '\0')
        return 0;
    if (site.running.pid > 0)
        site_stop(&site);
    site_done(&site);
    memset(&site, 0, sizeof site);
    return 0;
}

/* Lua, with our ends of its stdin and stdout. */
struct lua {
    pid_t pid;
    FILE *to, *from;
};

static void lua_start(struct lua *lua, const char *version)
{
    const char *top = getenv("top_srcdir");
    char driver[4096], script[4096];
    int in[2], out[2];

    snprintf(
        driver, sizeof driver, "%s/tests/unit/authd/gatepost-lua.lua", top != NULL ? top : ".");
    snprintf(script, sizeof script, "%s/contrib/dovecot/gatepost.lua", top != NULL ? top : ".");
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    lua->pid = fork();
    assert_true(lua->pid >= 0);
    if (lua->pid == 0) {
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        execlp(LUA, LUA, driver, script, site.running.socket, version, (char *)NULL);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    lua->to = fdopen(in[1], "w");
    lua->from = fdopen(out[0], "r");
}

/* Lets it ask everything; case_now: what it shall find. */
static void lua_ask(struct lua *lua, const char *case_now)
{
    char line[512] = "";

    assert_true(fprintf(lua->to, "%s\n", case_now) > 0 && fflush(lua->to) == 0);
    while (fgets(line, sizeof line, lua->from) != NULL && strcmp(line, "done\n") != 0)
        print_message("%s", line);
    assert_string_equal(line, "done\n");
}

static void lua_end(struct lua *lua)
{
    int status;

    assert_int_equal(fclose(lua->to), 0);
    assert_int_equal(fclose(lua->from), 0);
    assert_int_equal(waitpid(lua->pid, &status, 0), lua->pid);
    assert_int_equal(status, 0);
}

static void talk(const char *version)
{
    struct lua lua;

    lua_start(&lua, version);
    lua_ask(&lua, "well");
    /* The script says who forwarded an address, and that one is no trusted proxy. */
    running_await_log(&site.running, "remote=203.0.113.5");
    site_stop(&site);
    site_restart(&site);
    lua_ask(&lua, "well");
    site_stop(&site);
    lua_ask(&lua, "temporary");
    site_restart(&site);
    lua_ask(&lua, "well");
    lua_end(&lua);
}

static void test_dovecot_2_3(void **state)
{
    (void)state;
    talk("2.3");
}

static void test_dovecot_2_4(void **state)
{
    (void)state;
    talk("2.4");
}

static void test_refused(void **state)
{
    struct lua lua;

    (void)state;
    site_stop(&site);
    site_done(&site);
    site_start(&site, "}\nguard { block = {\"203.0.113.0/24\"}");
    lua_start(&lua, "2.3");
    lua_ask(&lua, "refused");
    lua_end(&lua);
}

/* cmocka's skip() says "not ok" in TAP, so the plan is what says it. */
int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_dovecot_2_3, setup, teardown),
        cmocka_unit_test_setup_teardown(test_dovecot_2_4, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
    };

    if (!has_lua()) {
        puts("1..0 # SKIP no " LUA " with lua-socket");
        return 0;
    }
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
