/* SPDX-License-Identifier: MIT */

/* Messages over TCP, with servers that keep a connection, end it, cut a reply off or say nothing.
 */

#include "lib/dns/stream.h"

#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>

#include "lib/base/clock.h"
#include "tests/unit/unit.h"

#define MESSAGES 5
#define DEADLINE_MS 20000

/* What the server does on each connection before it ends it. */
struct row {
    const char *row;
    int messages;  /* that it answers */
    bool is_cut;   /* the last of them with less than it announced */
    bool is_quiet; /* then it takes one more and says nothing until we hang up */
    enum err err;
    int connections;
    int64_t patience_ms;
};

static const struct row rows[] = {
    {"one connection for all", MESSAGES, false, false, ERR_NONE,    1, DEADLINE_MS},
    {"ended after each",       1,        false, false, ERR_NONE,    5, DEADLINE_MS},
    {"ended after two",        2,        false, false, ERR_NONE,    3, DEADLINE_MS},
    {"ended before the first", 0,        false, false, ERR_IO,      1, DEADLINE_MS},
    {"cut off",                1,        true,  false, ERR_IO,      1, DEADLINE_MS},
    {"cut off, on the second", 2,        true,  false, ERR_IO,      1, DEADLINE_MS},
    {"silent",                 0,        false, true,  ERR_TIMEOUT, 1, 200        },
    {"silent after the first", 1,        false, true,  ERR_TIMEOUT, 1, 200        },
};

struct server {
    const struct row *row;
    int listener, connections;
    pthread_t thread;
};

/* False: the other side is gone. */
static bool take(int fd, unsigned char *bytes, size_t len)
{
    return recv(fd, bytes, len, MSG_WAITALL) == (ssize_t)len;
}

static bool serve_one(int fd, bool is_cut)
{
    unsigned char bytes[2 + 256];
    size_t len;

    if (!take(fd, bytes, 2))
        return false;
    len = bytes[1];
    if (!take(fd, bytes + 2, len))
        return false;
    len += is_cut ? 1 : 2;
    return send(fd, bytes, len, MSG_NOSIGNAL) == (ssize_t)len;
}

static void *run_server(void *context)
{
    struct server *server = context;
    unsigned char byte;
    int fd;

    while ((fd = accept(server->listener, NULL, NULL)) >= 0) {
        const struct row *row = server->row;
        bool is_there = true;

        server->connections++;
        for (int i = 0; is_there && i < row->messages; i++)
            is_there = serve_one(fd, row->is_cut && i == row->messages - 1);
        while (is_there && row->is_quiet && recv(fd, &byte, 1, 0) == 1)
            ;
        close(fd);
    }
    return NULL;
}

static struct stream start(struct server *server, const struct row *row)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;
    struct stream stream;
    struct ip ip;

    *server = (struct server){.row = row, .listener = socket(AF_INET, SOCK_STREAM, 0)};
    assert_true(server->listener >= 0);
    assert_int_equal(bind(server->listener, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(server->listener, 8), 0);
    assert_int_equal(getsockname(server->listener, (struct sockaddr *)&address, &len), 0);
    assert_int_equal(pthread_create(&server->thread, NULL, run_server, server), 0);
    assert_true(ip_parse(TEXT("127.0.0.1"), &ip));
    stream_init(&stream, &ip, ntohs(address.sin_port));
    return stream;
}

static void stop(struct server *server, struct stream *stream)
{
    stream_done(stream);
    shutdown(server->listener, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->listener);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct server server;
        struct stream stream = start(&server, &rows[i]);
        enum err err = ERR_NONE;

        unit_row(rows[i].row);
        for (int j = 0; err == ERR_NONE && j < MESSAGES; j++) {
            struct buffer reply = BUFFER_NONE;

            err = stream_exchange(&stream, TEXT("a message"),
                clock_monotonic_ms() + rows[i].patience_ms, &reply, NULL);
            if (err == ERR_NONE)
                assert_text_equal(buffer_text(&reply), "a message");
            buffer_done(&reply);
        }
        stop(&server, &stream);
        assert_int_equal(err, rows[i].err);
        assert_int_equal(server.connections, rows[i].connections);
    }
}

static void test_nobody(void **state)
{
    struct buffer reply = BUFFER_NONE;
    struct failure failure;
    struct stream stream;
    struct ip ip;

    (void)state;
    assert_true(ip_parse(TEXT("127.0.0.1"), &ip));
    stream_init(&stream, &ip, 1);
    assert_int_equal(stream_exchange(&stream, TEXT("a message"), clock_monotonic_ms() + DEADLINE_MS,
                         &reply, &failure),
        ERR_IO);
    assert_non_null(strstr(failure.text, "127.0.0.1"));
    stream_done(&stream);
    buffer_done(&reply);
}

UNIT_MAIN(cmocka_unit_test(test_rows), cmocka_unit_test(test_nobody))
