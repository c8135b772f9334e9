/* SPDX-License-Identifier: MIT */

/* The daemon skeleton as a whole: a real process, real signals, real sockets. */

#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/service/socket.h"
#include "tests/unit/service/running.h"
#include "tests/unit/unit.h"

static const struct running_program test_daemon = {
    .path = "tests/unit/service/daemon", .control = "test", .socket = "echo"};

static void start(struct running *running)
{
    running_start(running, -1);
    running_await(running, "READY=1");
}

static int connect_and_begin(const struct running *running)
{
    int fd = running_connect(running);

    assert_true(fd >= 0);
    running_send(fd, "begin");
    assert_true(running_answers(fd, "begun"));
    return fd;
}

static void test_start_and_stop(void **state)
{
    struct running running;
    struct stat status;
    char path[128];

    (void)state;
    running_init(&running, &test_daemon, "messages = 7");
    start(&running);
    assert_int_equal(stat(running.socket, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0660);
    snprintf(path, sizeof path, "%s/run/test.control", running.folder);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0660);
    snprintf(path, sizeof path, "%s/run", running.folder);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0755);
    running_signal(&running, SIGTERM);
    running_await(&running, "STOPPING=1");
    assert_int_equal(running_end(&running), EX_OK);
    assert_int_not_equal(access(running.socket, F_OK), 0);
    assert_true(running_logged(&running, "stopped"));
    running_done(&running);
}

/* A HUP while connections are under load: none is lost, and the new configuration is in force. */
static void test_hup_under_load(void **state)
{
    struct buffer answer = BUFFER_NONE;
    struct running running;
    int fds[50];

    (void)state;
    running_init(&running, &test_daemon, "messages = 7");
    start(&running);
    for (size_t i = 0; i < 50; i++)
        fds[i] = connect_and_begin(&running);
    for (int round = 0; round < 10; round++) {
        char line[64];

        snprintf(line, sizeof line, "messages = %d", 100 + round);
        running_configure(&running, line);
        for (size_t i = 0; i < 25; i++)
            running_send(fds[i], "one");
        running_signal(&running, SIGHUP);
        for (size_t i = 25; i < 50; i++)
            running_send(fds[i], "one");
        running_await(&running, "RELOADING=1\nMONOTONIC_USEC=");
        running_await(&running, "READY=1");
        for (size_t i = 0; i < 50; i++)
            assert_true(running_answers(fds[i], "one"));
    }
    assert_non_null(strstr(running_ask(&running, "value", &answer), "messages 109\n"));
    assert_non_null(strstr(buffer_string(&answer), "signals held yes\n"));
    for (size_t i = 0; i < 50; i++) {
        running_send(fds[i], "end");
        assert_true(running_answers(fds[i], "done"));
        close(fds[i]);
    }
    running_signal(&running, SIGTERM);
    assert_int_equal(running_end(&running), EX_OK);
    buffer_done(&answer);
    running_done(&running);
}

/* What is in flight at SIGTERM finishes; what is idle is closed, and nothing new comes in. */
static void test_drain_finishes(void **state)
{
    struct running running;
    int busy, idle;

    (void)state;
    running_init(&running, &test_daemon, "drain = 60s");
    start(&running);
    busy = connect_and_begin(&running);
    idle = running_connect(&running);
    running_send(idle, "hello");
    assert_true(running_answers(idle, "hello"));
    running_signal(&running, SIGTERM);
    running_await(&running, "EXTEND_TIMEOUT_USEC=90000000"); /* systemd waits for that drain */
    assert_true(running_answers(idle, ""));
    assert_int_equal(running_connect(&running), -1);
    running_send(busy, "still here");
    assert_true(running_answers(busy, "still here"));
    running_send(busy, "end");
    assert_true(running_answers(busy, "done"));
    assert_int_equal(running_end(&running), EX_OK);
    close(busy);
    close(idle);
    running_done(&running);
}

static void test_drain_deadline(void **state)
{
    struct running running;
    int busy;

    (void)state;
    running_init(&running, &test_daemon, "drain = 10ms");
    start(&running);
    busy = connect_and_begin(&running);
    running_signal(&running, SIGTERM);
    assert_int_equal(running_end(&running), EX_OK);
    assert_true(running_answers(busy, ""));
    assert_true(running_logged(&running, "not all finished in time"));
    close(busy);
    running_done(&running);
}

static void test_second_signal_ends(void **state)
{
    struct running running;
    int busy;

    (void)state;
    running_init(&running, &test_daemon, "drain = 1h");
    start(&running);
    busy = connect_and_begin(&running);
    running_signal(&running, SIGTERM);
    running_await(&running, "STOPPING=1");
    running_signal(&running, SIGINT);
    assert_int_equal(running_end(&running), EX_OK);
    assert_true(running_logged(&running, "asked to stop again"));
    close(busy);
    running_done(&running);
}

/* The second one says whose place it would take, and leaves the first one its sockets. */
static void test_second_instance(void **state)
{
    struct running running;
    char said[64];
    pid_t first;
    int fd;

    (void)state;
    running_init(&running, &test_daemon, "");
    start(&running);
    first = running.pid;
    running_start(&running, -1);
    assert_int_equal(running_end(&running), EX_CANTCREAT);
    snprintf(said, sizeof said, "another instance is running, process %ld", (long)first);
    assert_true(running_logged(&running, said));
    fd = connect_and_begin(&running);
    close(fd);
    running.pid = first;
    running_signal(&running, SIGTERM);
    assert_int_equal(running_end(&running), EX_OK);
    running_done(&running);
}

/* After a crash the socket file is still there; the next start takes its place. */
static void test_stale_socket(void **state)
{
    struct running running;
    int fd;

    (void)state;
    running_init(&running, &test_daemon, "");
    start(&running);
    running_kill(&running);
    assert_int_equal(access(running.socket, F_OK), 0);
    start(&running);
    fd = connect_and_begin(&running);
    close(fd);
    running_signal(&running, SIGTERM);
    assert_int_equal(running_end(&running), EX_OK);
    running_done(&running);
}

static const struct {
    const char *name, *arguments;
    int status;
    const char *said;
} options[] = {
    {"help",                    "-h",                           EX_OK,     "usage: test-daemon [-frv] [-c FILE]\nA daemon to be tested.\n"},
    {"long help",               "--help",                       EX_OK,     "gatepost.conf(5)"                                             },
    {"version",                 "-V",                           EX_OK,     "gatepost 0."                                                  },
    {"long version",            "--version",                    EX_OK,     "gatepost 0."                                                  },
    {"unknown option",          "-c /nonexistent -x",           EX_USAGE,  "usage: "                                                      },
    {"no value",                "-c",                           EX_USAGE,  "usage: "                                                      },
    {"an argument",             "-f now",                       EX_USAGE,  "unexpected argument: now"                                     },
    {"no such file",            "-f -c /nonexistent/x.conf",    EX_CONFIG,
     "test-daemon: error: /nonexistent/x.conf"                                                                                            },
    {"no such file, to syslog", "--config=/nonexistent/x.conf", EX_CONFIG,
     "test-daemon: /nonexistent/x.conf: No such"                                                                                          },
    {"a relative path",         "-fvc nonexistent.conf",        EX_CONFIG, "/nonexistent.conf: No such"                                   },
};

static void test_options(void **state)
{
    const char *top = getenv("top_builddir");

    (void)state;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        char command[4096], said[4096];
        size_t len;
        FILE *pipe;

        unit_row(options[i].name);
        snprintf(command, sizeof command, "%s/tests/unit/service/daemon %s 2>&1",
            top != NULL ? top : ".", options[i].arguments);
        pipe = popen(command, "r");
        assert_non_null(pipe);
        len = fread(said, 1, sizeof said - 1, pipe);
        said[len] = '\0';
        assert_int_equal(WEXITSTATUS(pclose(pipe)), options[i].status);
        assert_non_null(strstr(said, options[i].said));
    }
}

static const struct {
    const char *name, *text, *said;
    int status;
} bad_starts[] = {
    {"unknown setting",                "hostname = x.example\npolicyd {\n  mesages = 5\n}\n",
     "conf:3: ",                                                                                                  EX_CONFIG},
    {"out of range",                   "hostname = x.example\n\npolicyd { messages = -1 }\n",
     "conf:3: policyd.messages: expected a number from 0 to",                                                     EX_CONFIG},
    {"run directory without a parent",
     "hostname = x.example\nrun_directory = \"/nonexistent/run\"\n",                          "/nonexistent/run",
     EX_OSERR                                                                                                              },
};

static void test_bad_starts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad_starts / sizeof *bad_starts; i++) {
        struct running running;

        unit_row(bad_starts[i].name);
        running_init(&running, &test_daemon, "");
        running_write_config(&running, bad_starts[i].text);
        running_start(&running, -1);
        assert_int_equal(running_end(&running), bad_starts[i].status);
        assert_true(running_logged(&running, bad_starts[i].said));
        running_done(&running);
    }
}

static void test_unknown_user(void **state)
{
    struct running running;

    (void)state;
    if (geteuid() != 0)
        skip(); /* only root becomes somebody else */
    running_init(&running, &test_daemon, "user = nobody-by-that-name");
    running_start(&running, -1);
    assert_int_equal(running_end(&running), EX_CONFIG);
    assert_true(running_logged(
        &running, "policyd.user: there is no user nobody-by-that-name; run \"systemd-sysusers\""));
    assert_int_not_equal(access(running.socket, F_OK), 0);
    running_done(&running);
}

static void test_socket_in_the_way(void **state)
{
    struct running running;
    FILE *file;

    (void)state;
    running_init(&running, &test_daemon, "");
    file = fopen(running.socket, "w");
    assert_non_null(file);
    fclose(file);
    running_start(&running, -1);
    assert_int_equal(running_end(&running), EX_CANTCREAT);
    assert_true(running_logged(&running, "not a socket is in the way"));
    assert_int_equal(access(running.socket, F_OK), 0);
    running_done(&running);
}

/* Another process listens there, though not one with our lock. */
static void test_socket_in_use(void **state)
{
    struct failure failure;
    struct running running;
    char address[128];
    int fd;

    (void)state;
    running_init(&running, &test_daemon, "");
    snprintf(address, sizeof address, "unix:%s", running.socket);
    assert_int_equal(socket_listen(address, NULL, 0600, &fd, &failure), ERR_NONE);
    running_start(&running, -1);
    assert_int_equal(running_end(&running), EX_CANTCREAT);
    assert_true(running_logged(&running, "policyd.listen: "));
    assert_true(running_logged(
        &running, "another process listens there; end what is there, or set another address"));
    close(fd);
    running_done(&running);
}

/* The program refuses to start: all that was opened is closed again. */
static void test_refused_start(void **state)
{
    struct running running;

    (void)state;
    running_init(&running, &test_daemon, "messages = 1000001");
    running_start(&running, -1);
    assert_int_equal(running_end(&running), EX_TEMPFAIL);
    assert_true(running_logged(&running, "too many messages"));
    assert_int_not_equal(access(running.socket, F_OK), 0);
    running_done(&running);
}

/* What a reload cannot change is told of until it is changed back, or the daemon starts again. */
static void test_lasting(void **state)
{
    struct buffer answer = BUFFER_NONE;
    struct running running;

    (void)state;
    running_init(&running, &test_daemon, "drain = 20s");
    start(&running);
    assert_null(strstr(running_ask(&running, "status", &answer), "needs restart"));
    running_configure(&running, "drain = 21s\nuser = nobody");
    for (int i = 0; i < 2; i++) {
        assert_string_equal(running_ask(&running, "reload", &answer), "");
        assert_non_null(strstr(running_ask(&running, "status", &answer),
            "\nneeds restart: policyd.user, policyd.drain\n"));
    }
    assert_true(running_logged(
        &running, "policyd.drain was changed: this takes effect when the daemon is restarted"));
    running_configure(&running, "drain = 20s");
    assert_string_equal(running_ask(&running, "reload", &answer), "");
    assert_null(strstr(running_ask(&running, "status", &answer), "needs restart"));
    running_signal(&running, SIGTERM);
    assert_int_equal(running_end(&running), EX_OK);
    buffer_done(&answer);
    running_done(&running);
}

static void test_bad_reload(void **state)
{
    struct buffer answer = BUFFER_NONE;
    struct running running;

    (void)state;
    running_init(&running, &test_daemon, "messages = 7");
    start(&running);
    running_configure(&running, "messages = many");
    running_signal(&running, SIGHUP);
    running_await(&running, "RELOADING=1");
    running_await(&running, "READY=1");
    assert_true(running_logged(&running, "not reloaded, the old configuration stays: "));
    assert_true(running_logged(&running, "conf:7: policyd.messages: expected a number"));
    assert_non_null(strstr(running_ask(&running, "value", &answer), "messages 7\n"));
    assert_non_null(strstr(running_ask(&running, "status", &answer), "last reload failed: "));
    assert_non_null(strstr(running_ask(&running, "reload", &answer), "ERROR "));
    assert_non_null(strstr(buffer_string(&answer), "conf:7: policyd.messages"));
    running_configure(&running, "messages = 1000001");
    assert_string_equal(running_ask(&running, "reload", &answer), "ERROR too many messages");
    running_configure(&running, "messages = 8");
    assert_string_equal(running_ask(&running, "reload", &answer), "");
    assert_non_null(strstr(running_ask(&running, "value", &answer), "messages 8\n"));
    assert_null(strstr(running_ask(&running, "status", &answer), "failed"));
    assert_non_null(strstr(running_ask(&running, "metrics", &answer),
        "gatepost_reloads_total{result=\"ok\"} 1\n"
        "gatepost_reloads_total{result=\"failed\"} 3\n"));
    running_signal(&running, SIGTERM);
    assert_int_equal(running_end(&running), EX_OK);
    buffer_done(&answer);
    running_done(&running);
}

static void test_control_words(void **state)
{
    struct buffer answer = BUFFER_NONE;
    struct running running;

    (void)state;
    running_init(&running, &test_daemon, "");
    start(&running);
    assert_non_null(strstr(running_ask(&running, "help", &answer), "break      ends with"));
    assert_non_null(strstr(running_ask(&running, "status", &answer), "state: running\n"));
    assert_non_null(strstr(running_ask(&running, "value  a b ", &answer), "\narguments a b\n"));
    assert_string_equal(
        running_ask(&running, "nonsense", &answer), "ERROR unknown word; try \"help\"");
    assert_string_equal(running_ask(&running, "refuse", &answer), "ERROR no such entry");
    assert_string_equal(running_ask(&running, "stop", &answer), "");
    assert_int_equal(running_end(&running), EX_OK);
    assert_non_null(strstr(running_ask(&running, "status", &answer), "ERROR "));
    buffer_done(&answer);
    running_done(&running);
}

static void test_failure_ends(void **state)
{
    struct buffer answer = BUFFER_NONE;
    struct running running;

    (void)state;
    running_init(&running, &test_daemon, "");
    start(&running);
    assert_string_equal(running_ask(&running, "break", &answer), "");
    assert_int_equal(running_end(&running), EX_SOFTWARE);
    buffer_done(&answer);
    running_done(&running);
}

/* A socket from systemd is used as it is, and its path stays when we end. */
static void test_activation(void **state)
{
    struct failure failure;
    struct running running;
    char address[128];
    int listening, client;

    (void)state;
    running_init(&running, &test_daemon, "");
    snprintf(address, sizeof address, "unix:%s", running.socket);
    assert_int_equal(socket_listen(address, NULL, 0666, &listening, &failure), ERR_NONE);
    running_start(&running, listening);
    running_await(&running, "READY=1");
    client = connect_and_begin(&running);
    close(client);
    running_signal(&running, SIGTERM);
    assert_int_equal(running_end(&running), EX_OK);
    assert_int_equal(access(running.socket, F_OK), 0);
    close(listening);
    running_done(&running);
}

/* The control socket can be handed over as well; one that lies elsewhere is served, and told. */
static void test_activation_of_control(void **state)
{
    static const struct running_program by_control = {
        .path = "tests/unit/service/daemon", .control = "policyd", .socket = "control"};
    struct buffer answer = BUFFER_NONE;
    struct failure failure;
    struct running running;
    char folder[128], address[192];
    int listening;

    (void)state;
    running_init(&running, &by_control, "");
    snprintf(folder, sizeof folder, "%s/run", running.folder);
    snprintf(address, sizeof address, "unix:%s/policyd.control", folder);
    assert_int_equal(mkdir(folder, 0755), 0);
    assert_int_equal(socket_listen(address, NULL, 0666, &listening, &failure), ERR_NONE);
    running_start(&running, listening);
    running_await(&running, "READY=1");
    close(listening);
    assert_non_null(strstr(running_ask(&running, "status", &answer), "state: running"));
    running_signal(&running, SIGTERM);
    assert_int_equal(running_end(&running), EX_OK);
    assert_int_equal(access(address + strlen("unix:"), F_OK), 0);
    buffer_done(&answer);
    running_done(&running);
}

static void test_activation_elsewhere(void **state)
{
    struct failure failure;
    struct running running;
    char address[128];
    int listening;

    (void)state;
    running_init(&running, &test_daemon, "");
    snprintf(address, sizeof address, "unix:%s/elsewhere", running.folder);
    assert_int_equal(socket_listen(address, NULL, 0666, &listening, &failure), ERR_NONE);
    running_start(&running, listening);
    running_await(&running, "READY=1");
    running_await_log(&running, "systemd listens elsewhere");
    running_signal(&running, SIGTERM);
    assert_int_equal(running_end(&running), EX_OK);
    close(listening);
    running_done(&running);
}

static void test_watchdog(void **state)
{
    char interval[] = "WATCHDOG_USEC=2000";
    char *const environment[] = {interval, NULL};
    struct running running;

    (void)state;
    running_init(&running, &test_daemon, "");
    running.environment = environment;
    start(&running);
    running_await(&running, "WATCHDOG=1");
    running_await(&running, "WATCHDOG=1");
    running_signal(&running, SIGTERM);
    assert_int_equal(running_end(&running), EX_OK);
    running_done(&running);
}

/* Root gives its rights up; the reload, which the user then does, still works. */
static void test_privileges(void **state)
{
    struct passwd *nobody = getpwnam("nobody");
    struct buffer answer = BUFFER_NONE;
    struct running running;
    struct stat status;
    char path[64];

    (void)state;
    if (geteuid() != 0 || nobody == NULL)
        skip();
    running_init(&running, &test_daemon, "user = nobody\nmessages = 3");
    start(&running);
    snprintf(path, sizeof path, "/proc/%ld/task", (long)running.pid);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_uid, nobody->pw_uid);
    running_configure(&running, "user = nobody\nmessages = 4");
    assert_string_equal(running_ask(&running, "reload", &answer), "");
    assert_non_null(strstr(running_ask(&running, "value", &answer), "messages 4\n"));
    running_signal(&running, SIGTERM);
    assert_int_equal(running_end(&running), EX_OK);
    assert_false(running_logged(&running, "cannot read it"));

    /* A file that the user cannot read is found out before somebody needs it. */
    assert_int_equal(chmod(running.config, 0600), 0);
    start(&running);
    assert_true(running_logged(&running, "user nobody cannot read it (Permission denied)"));
    assert_non_null(strstr(running_ask(&running, "reload", &answer), "ERROR "));
    assert_non_null(strstr(running_ask(&running, "value", &answer), "messages 4\n"));
    running_signal(&running, SIGTERM);
    assert_int_equal(running_end(&running), EX_OK);
    buffer_done(&answer);
    running_done(&running);
}

static int remove_sockets(const struct running *running)
{
    const char *top = getenv("top_builddir");
    char command[4096];

    snprintf(command, sizeof command, "%s/tests/unit/service/daemon -frc %s 2>&1",
        top != NULL ? top : ".", running->config);
    return WEXITSTATUS(system(command));
}

/* A user who may not remove its sockets leaves them; whoever ran the daemon sees to it. */
static void test_remove_sockets(void **state)
{
    struct running running;
    char control[128];

    (void)state;
    if (geteuid() != 0 || getpwnam("nobody") == NULL)
        skip();
    running_init(&running, &test_daemon, "user = nobody");
    snprintf(control, sizeof control, "%s/run/test.control", running.folder);
    start(&running);
    assert_int_equal(remove_sockets(&running), EX_CANTCREAT); /* it runs */
    assert_int_equal(access(running.socket, F_OK), 0);
    running_signal(&running, SIGTERM);
    assert_int_equal(running_end(&running), EX_OK);
    assert_int_equal(access(running.socket, F_OK), 0);
    assert_int_equal(remove_sockets(&running), EX_OK);
    assert_int_not_equal(access(running.socket, F_OK), 0);
    assert_int_not_equal(access(control, F_OK), 0);
    assert_int_equal(remove_sockets(&running), EX_OK);
    running_done(&running);
}

UNIT_MAIN(cmocka_unit_test(test_options), cmocka_unit_test(test_start_and_stop),
    cmocka_unit_test(test_hup_under_load), cmocka_unit_test(test_drain_finishes),
    cmocka_unit_test(test_drain_deadline), cmocka_unit_test(test_second_signal_ends),
    cmocka_unit_test(test_second_instance), cmocka_unit_test(test_stale_socket),
    cmocka_unit_test(test_bad_starts), cmocka_unit_test(test_unknown_user),
    cmocka_unit_test(test_socket_in_the_way), cmocka_unit_test(test_socket_in_use),
    cmocka_unit_test(test_refused_start), cmocka_unit_test(test_bad_reload),
    cmocka_unit_test(test_lasting), cmocka_unit_test(test_control_words),
    cmocka_unit_test(test_failure_ends), cmocka_unit_test(test_activation),
    cmocka_unit_test(test_activation_of_control), cmocka_unit_test(test_activation_elsewhere),
    cmocka_unit_test(test_watchdog), cmocka_unit_test(test_privileges),
    cmocka_unit_test(test_remove_sockets))
