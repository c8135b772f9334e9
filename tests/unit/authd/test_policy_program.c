/* SPDX-License-Identifier: MIT */

/* A gatepost-authd that runs, asked about its auth policy as Dovecot asks: over
 * a kept connection.
 */

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/buffer.h"
#include "tests/unit/authd/site.h"
#include "tests/unit/unit.h"

#define KEY "0123456789abcdef"

struct place {
    struct site site;
    char folder[64], socket[128], key[128], lines[400];
};

static void write_key(const struct place *place, const char *key, mode_t mode)
{
    int fd = open(place->key, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, key, strlen(key)), strlen(key));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static int setup(void **state)
{
    struct place *place = test_calloc(1, sizeof *place);

    snprintf(place->folder, sizeof place->folder, "/tmp/gatepost-policy-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    snprintf(place->socket, sizeof place->socket, "%s/policy", place->folder);
    snprintf(place->key, sizeof place->key, "%s/key", place->folder);
    snprintf(place->lines, sizeof place->lines,
        "listen_policy = \"unix:%s\"\npolicy_key_file = "
        "\"%s\"\nmax_connections = 20",
        place->socket, place->key);
    write_key(place, KEY "\n", 0600);
    site_start(&place->site, place->lines);
    *state = place;
    return 0;
}

static int teardown(void **state)
{
    struct place *place = *state;

    site_stop(&place->site);
    site_done(&place->site);
    unlink(place->key);
    assert_int_equal(rmdir(place->folder), 0); /* the socket is gone */
    test_free(place);
    return 0;
}

static int connect_to(const char *path)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    memcpy(name.sun_path, path, strlen(path));
    assert_int_equal(connect(fd, (struct sockaddr *)&name, sizeof name), 0);
    return fd;
}

static int number_behind(const char *text, const char *words)
{
    const char *found = strstr(text, words);

    assert_non_null(found);
    return (int)strtol(found + strlen(words), NULL, 10);
}

/* The status of the answer, whose body ends with "}". */
static int ask(int fd, const char *command, const char *key, const char *body)
{
    struct buffer talk = BUFFER_NONE;
    int status;

    buffer_append_format(&talk,
        "POST /?command=%s HTTP/1.1\r\nHost: h\r\nX-API-Key: "
        "%s\r\nContent-Length: %zu\r\n\r\n%s",
        command, key, strlen(body), body);
    assert_int_equal(send(fd, talk.data, talk.len, 0), talk.len);
    buffer_clear(&talk);
    while (talk.len == 0 || talk.data[talk.len - 1] != '}') {
        ssize_t got = recv(fd, buffer_reserve(&talk, 1000), 1000, 0);

        assert_true(got > 0);
        talk.len += (size_t)got;
    }
    talk.data[talk.len] = '\0';
    status = number_behind(talk.data, "HTTP/1.1 ");
    if (status == 200)
        status = number_behind(talk.data, "{\"status\":");
    buffer_done(&talk);
    return status;
}

/* Wrong passwords for a system user, reported by Dovecot, make the next login
 * wait. */
static void test_reports_make_logins_wait(void **state)
{
    struct place *place = *state;
    static const char question[] = "{\"login\":\"root\",\"remote\":\"192.0.2.1\"}";
    char body[200];
    int fd = connect_to(place->socket);

    assert_int_equal(ask(fd, "allow", KEY, question), 0);
    for (unsigned i = 0; i < 200; i++) {
        snprintf(body, sizeof body,
            "{\"login\":\"root\",\"remote\":\"192.0.2.1\",\"pwhash\":\"%04x\","
            "\"success\":false,"
            "\"mech\":\"PLAIN\",\"session_id\":\"%u\"}",
            i, i);
        assert_int_equal(ask(fd, "report", KEY, body), 0);
    }
    assert_in_range(ask(fd, "allow", KEY, question), 1, 8);
    assert_int_equal(ask(fd, "allow", KEY, "{\"login\":\"toor\",\"remote\":\"192.0.2.1\"}"), 0);
    close(fd);
}

/* A reload takes another key; where that cannot be read, the one before stays.
 */
static void test_key(void **state)
{
    struct place *place = *state;
    static const char question[] = "{\"login\":\"root\"}";
    struct buffer answer = BUFFER_NONE;
    int fd = connect_to(place->socket);

    assert_int_equal(ask(fd, "allow", KEY, question), 0);
    write_key(place, "fedcba9876543210", 0644);
    running_ask(&place->site.running, "reload", &answer);
    assert_non_null(strstr(buffer_string(&answer), "everybody may read"));
    assert_int_equal(ask(fd, "allow", KEY, question), 0);
    write_key(place, "short\n", 0600);
    running_ask(&place->site.running, "reload", &answer);
    assert_non_null(strstr(buffer_string(&answer), "expected one line of 16 to 255"));
    write_key(place, "fedcba9876543210", 0600);
    running_ask(&place->site.running, "reload", &answer);
    assert_int_equal(ask(fd, "allow", "fedcba9876543210", question), 0);
    assert_int_equal(ask(fd, "allow", KEY, question), 403);
    close(fd);
    buffer_done(&answer);
}

/* True where the other side has closed it; waits for a byte or that. */
static bool is_closed(int fd)
{
    char byte;

    return recv(fd, &byte, 1, 0) <= 0;
}

static bool is_served(const struct place *place)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    int fd = connect_to(place->socket);
    bool served = send(fd, request, sizeof request - 1, MSG_NOSIGNAL) > 0 && !is_closed(fd);

    close(fd);
    return served;
}

/* Half requests that are never finished: as many as the setting says, and once
 * they go others come.
 */
static void test_flood(void **state)
{
    struct place *place = *state;
    int fds[60];

    for (size_t i = 0; i < 60; i++) {
        fds[i] = connect_to(place->socket);
        (void)send(fds[i], "POST /?comm", 11, MSG_NOSIGNAL);
    }
    for (size_t i = 20; i < 60; i++)
        assert_true(is_closed(fds[i]));
    assert_false(is_served(place));
    for (size_t i = 0; i < 60; i++)
        close(fds[i]);
    while (!is_served(place))
        continue; /* it learns of them one by one; an alarm bounds this */
}

UNIT_MAIN(cmocka_unit_test_setup_teardown(test_reports_make_logins_wait, setup, teardown),
    cmocka_unit_test_setup_teardown(test_key, setup, teardown),
    cmocka_unit_test_setup_teardown(test_flood, setup, teardown))
