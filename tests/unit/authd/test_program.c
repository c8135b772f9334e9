/* SPDX-License-Identifier: MIT */

/*
 * gatepost-checkpassword as Dovecot 2.3 runs it, against a gatepost-authd that runs: what it exits
 * with, and what it writes to descriptor 4.
 */

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/buffer.h"
#include "tests/unit/authd/site.h"
#include "tests/unit/unit.h"

static struct site site;

static int setup(void **state)
{
    (void)state;
    site_start(&site, "");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    if (site.running.pid > 0)
        site_stop(&site);
    site_done(&site);
    return 0;
}

/* In the child: never returns. Descriptor 9 leaks into it, as Dovecot's do. */
static void execute(int input, int output, const char *socket, const char *const *environment)
{
    const char *top = getenv("top_builddir");
    char path[4096];
    int in = fcntl(input, F_DUPFD, 10), out = fcntl(output, F_DUPFD, 10);

    snprintf(path, sizeof path, "%s/authd/checkpassword/gatepost-checkpassword",
        top != NULL ? top : ".");
    dup2(out, 9);
    dup2(in, 3);
    dup2(out, 4);
    close(in);
    close(out);
    dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
    for (; *environment != NULL; environment += 2)
        setenv(environment[0], environment[1], 1);
    execl(path, path, socket, "/usr/lib/dovecot/checkpassword-reply", (char *)NULL);
    _exit(127);
}

static void read_to_end(int fd, struct buffer *got)
{
    ssize_t more;

    while ((more = read(fd, buffer_reserve(got, 1024), 1024)) > 0)
        got->len += (size_t)more;
    got->data[got->len] = '\0';
}

/* Runs it once; returns the exit status, or -1 where a signal ended it. */
static int check(
    const char *socket, struct text input, const char *const *environment, struct buffer *reply)
{
    int in[2], out[2], status;
    pid_t pid;

    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        execute(in[0], out[1], socket, environment);
    close(in[0]);
    close(out[1]);
    assert_int_equal(write(in[1], input.data, input.len), input.len);
    close(in[1]);
    buffer_clear(reply);
    read_to_end(out[0], reply);
    close(out[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#define LOGIN                                                                                      \
    {                                                                                              \
        "SERVICE", "imap", "AUTH_RIP", "192.0.2.1", NULL                                           \
    }
#define DELIVERY                                                                                   \
    {                                                                                              \
        "AUTHORIZED", "1", "SERVICE", "lmtp", NULL                                                 \
    }
#define CREDENTIALS                                                                                \
    {                                                                                              \
        "AUTHORIZED", "1", "CREDENTIALS_LOOKUP", "1", "SCHEME", "CRAM-MD5", NULL                   \
    }

static const struct {
    const char *name;
    struct text input;
    const char *environment[9];
    int status;
    bool has_record;
} rows[] = {
    {"right",                TEXT("alice@example.org\0alice's\0\0"), LOGIN,       0,   true },
    {"right, in capitals",   TEXT("ALICE@example.org\0alice's\0\0"), LOGIN,       0,   true },
    {"wrong",                TEXT("alice@example.org\0x\0\0"),       LOGIN,       1,   false},
    {"empty",                TEXT("alice@example.org\0\0\0"),        LOGIN,       1,   false},
    {"unknown",              TEXT("nobody@example.org\0x\0\0"),      LOGIN,       1,   false},
    {"switched off",         TEXT("bob@example.org\0bob's\0\0"),     LOGIN,       1,   false},
    {"no input",             TEXT(""),                               LOGIN,       111, false},
    {"half an input",        TEXT("alice@example.org\0alice's"),     LOGIN,       111, false},
    {"delivery",             TEXT("alice@example.org\0\0\0"),        DELIVERY,    2,   true },
    {"delivery, unknown",    TEXT("nobody@example.org\0\0\0"),       DELIVERY,    3,   false},
    {"credentials: no hash", TEXT("alice@example.org\0\0\0"),        CREDENTIALS, 2,   true },
    {"credentials, unknown", TEXT("nobody@example.org\0\0\0"),       CREDENTIALS, 3,   false},
};

static void assert_record(const struct buffer *reply)
{
    static const char *const fields[] = {"user=alice@example.org\t",
        "\tuserdb_home=/mail/example.org/alice\t",
        "\tuserdb_uid=", "\tuserdb_gid=", "\tuserdb_quota_rule=*:bytes=1000\t"};

    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        assert_non_null(strstr(buffer_string(reply), fields[i]));
    assert_null(strstr(buffer_string(reply), "password"));
}

static void test_rows(void **state)
{
    struct buffer reply = BUFFER_NONE;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unit_row(rows[i].name);
        assert_int_equal(
            check(site.running.socket, rows[i].input, rows[i].environment, &reply), rows[i].status);
        if (rows[i].has_record)
            assert_record(&reply);
        else
            assert_int_equal(reply.len, 0);
    }
    buffer_done(&reply);
}

/* Dovecot's bound is 512 bytes: beyond it nothing is asked. */
static void test_long_input(void **state)
{
    static char input[600];
    static const char *const login[] = LOGIN;
    struct buffer reply = BUFFER_NONE;

    (void)state;
    memset(input, '@', sizeof input);
    input[300] = input[500] = '\0';
    assert_int_equal(check(site.running.socket, text_from_bytes(input, 512), login, &reply), 1);
    assert_int_equal(check(site.running.socket, text_from_bytes(input, 513), login, &reply), 111);
    buffer_done(&reply);
}

static void test_authd_stopped(void **state)
{
    static const char *const login[] = LOGIN, *const delivery[] = DELIVERY;
    struct text right = TEXT("alice@example.org\0alice's\0\0");
    struct buffer reply = BUFFER_NONE;

    (void)state;
    site_stop(&site);
    assert_int_equal(check(site.running.socket, right, login, &reply), 111);
    assert_int_equal(check(site.running.socket, right, delivery, &reply), 111);
    assert_int_equal(check(site.running.socket, TEXT("root\0\0\0"), delivery, &reply), 3);
    assert_int_equal(check(site.running.socket, TEXT("root\0x\0\0"), login, &reply), 1);
    site_restart(&site);
    assert_int_equal(check(site.running.socket, right, login, &reply), 0);
    buffer_done(&reply);
}

/* Not our authd: a server that says something else, or hangs up. */
static void test_another_server(void **state)
{
    static const char *const login[] = LOGIN;
    struct buffer reply = BUFFER_NONE;

    (void)state;
    assert_int_equal(
        check(site.lookup, TEXT("alice@example.org\0alice's\0\0"), login, &reply), 111);
    buffer_done(&reply);
}

/* No core of a process that has passwords in it. */
static void test_no_core(void **state)
{
    char path[64], line[256];
    bool is_forbidden = false;
    FILE *limits;

    (void)state;
    snprintf(path, sizeof path, "/proc/%d/limits", (int)site.running.pid);
    limits = fopen(path, "r");
    assert_non_null(limits);
    while (fgets(line, sizeof line, limits) != NULL) {
        int soft = -1, hard = -1;

        if (sscanf(line, "Max core file size %d %d", &soft, &hard) == 2)
            is_forbidden = soft == 0 && hard == 0;
    }
    fclose(limits);
    assert_true(is_forbidden);
}

/* SIGHUP with a new home takes it; with a broken file the old one stays. */
static void test_reload(void **state)
{
    struct buffer answer = BUFFER_NONE;

    (void)state;
    assert_non_null(strstr(running_ask(&site.running, "metrics", &answer),
        "gatepost_authd_logins_total{result=\"ok\"}"));
    running_write_config(&site.running, "authd {\nhash_memory = 1\n}\n");
    running_ask(&site.running, "reload", &answer);
    assert_non_null(strstr(buffer_string(&answer), "hash_memory"));
    buffer_done(&answer);
}

UNIT_MAIN(cmocka_unit_test_setup_teardown(test_rows, setup, teardown),
    cmocka_unit_test_setup_teardown(test_long_input, setup, teardown),
    cmocka_unit_test_setup_teardown(test_authd_stopped, setup, teardown),
    cmocka_unit_test_setup_teardown(test_another_server, setup, teardown),
    cmocka_unit_test_setup_teardown(test_no_core, setup, teardown),
    cmocka_unit_test_setup_teardown(test_reload, setup, teardown))
