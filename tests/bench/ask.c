/* SPDX-License-Identifier: MIT */
/*
 * usage: ask SOCKET CONNECTIONS SECONDS END REQUESTS [GREETING WELCOME [WORD]]
 *
 * Asks a server over a UNIX socket: so many connections, each with one request under way, for so
 * many seconds. REQUESTS is a file of requests that end in END, as the answers do; each connection
 * begins elsewhere in it and goes round. GREETING is said first, with the connection's number in
 * place of "#", and WELCOME awaited; an answer without WORD in it ends all, as a failure.
 *
 * Prints requests a second, and the microseconds within which half of the answers came, and 99 of
 * 100.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_MAX 16384
#define EVENTS 64
#define LATENCY_MAX_US 1000000
#define GREETING_MAX 256
#define FIRST_NUMBER 100000

struct connection {
    int fd;
    size_t next; /* request */
    int64_t asked_us;
    size_t len;
    char answer[ANSWER_MAX + 1];
};

struct request {
    const char *bytes;
    size_t len;
};

static const char *path, *end, *greeting = "", *welcome = "", *word = "";
static struct request *requests;
static size_t request_count;
static uint32_t latencies[LATENCY_MAX_US + 1];
static uint64_t answer_count;

static _Noreturn void fail(const char *what, const char *detail)
{
    fprintf(stderr, "ask: %s: %s: %s\n", path, what, detail);
    exit(1);
}

static int64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static char *read_file(const char *name)
{
    FILE *file = fopen(name, "rb");
    char *text;
    long len;

    if (file == NULL)
        fail(name, "cannot be opened");
    fseek(file, 0, SEEK_END);
    len = ftell(file);
    rewind(file);
    text = calloc((size_t)len + 1, 1);
    if (text == NULL || fread(text, 1, (size_t)len, file) != (size_t)len)
        fail(name, "cannot be read");
    fclose(file);
    return text;
}

static void read_requests(const char *name)
{
    const char *at = read_file(name), *next;

    while ((next = strstr(at, end)) != NULL) {
        requests = realloc(requests, (request_count + 1) * sizeof *requests);
        if (requests == NULL)
            fail(name, "no memory");
        next += strlen(end);
        requests[request_count++] = (struct request){at, (size_t)(next - at)};
        at = next;
    }
    if (request_count == 0)
        fail(name, "no request in it");
}

static void send_all(const struct connection *connection, const char *bytes, size_t len)
{
    if (send(connection->fd, bytes, len, MSG_NOSIGNAL) != (ssize_t)len)
        fail("cannot ask", "the server is gone or reads nothing");
}

/* True once the answer ends so. */
static bool hear(struct connection *connection, const char *stop)
{
    ssize_t len =
        read(connection->fd, connection->answer + connection->len, ANSWER_MAX - connection->len);
    size_t stop_len = strlen(stop);

    if (len <= 0)
        fail("the connection ended, after", connection->answer);
    connection->len += (size_t)len;
    connection->answer[connection->len] = '\0';
    return connection->len >= stop_len &&
           memcmp(connection->answer + connection->len - stop_len, stop, stop_len) == 0;
}

static void greet(struct connection *connection, size_t number)
{
    char words[GREETING_MAX];
    const char *mark = strchr(greeting, '#');
    size_t before = mark != NULL ? (size_t)(mark - greeting) : strlen(greeting);
    int len = mark != NULL ? snprintf(words, sizeof words, "%.*s%zu%s", (int)before, greeting,
                                 FIRST_NUMBER + number, mark + 1)
                           : snprintf(words, sizeof words, "%s", greeting);

    if (len == 0)
        return;
    send_all(connection, words, (size_t)len);
    while (!hear(connection, welcome))
        ;
    connection->len = 0;
}

static void open_connection(struct connection *connection, size_t number, size_t count)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    connection->fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connection->fd < 0 ||
        connect(connection->fd, (struct sockaddr *)&address, sizeof address) != 0)
        fail("cannot connect", "is it there?");
    connection->next = number * request_count / count;
    greet(connection, number);
}

static void ask(struct connection *connection, int64_t now)
{
    const struct request *request = &requests[connection->next++ % request_count];

    connection->len = 0;
    connection->asked_us = now;
    send_all(connection, request->bytes, request->len);
}

static void note_answer(const struct connection *connection, int64_t now)
{
    int64_t took = now - connection->asked_us;

    if (strstr(connection->answer, word) == NULL)
        fail("not the answer that was expected", connection->answer);
    latencies[took < LATENCY_MAX_US ? took : LATENCY_MAX_US]++;
    answer_count++;
}

static unsigned within(double share)
{
    uint64_t sum = 0, enough = (uint64_t)((double)answer_count * share);
    unsigned us = 0;

    while (us < LATENCY_MAX_US && (sum += latencies[us]) < enough)
        us++;
    return us;
}

static void run(struct connection *connections, size_t count, int64_t span_us)
{
    struct epoll_event events[EVENTS];
    int poller = epoll_create1(0);
    int64_t began = now_us(), now = began;

    for (size_t i = 0; i < count; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &connections[i]};

        if (epoll_ctl(poller, EPOLL_CTL_ADD, connections[i].fd, &event) != 0)
            fail("epoll_ctl", "failed");
        ask(&connections[i], now);
    }
    while (now - began < span_us) {
        int ready = epoll_wait(poller, events, EVENTS, 1000);

        now = now_us();
        for (int i = 0; i < ready; i++)
            if (hear(events[i].data.ptr, end)) {
                note_answer(events[i].data.ptr, now);
                ask(events[i].data.ptr, now);
            }
    }
    printf("%.0f %u %u\n", (double)answer_count * 1e6 / (double)(now - began), within(0.5),
        within(0.99));
}

int main(int argc, char **argv)
{
    struct connection *connections;
    size_t count;

    if (argc < 6 || argc == 7 || argc > 9) {
        fputs("usage: ask SOCKET CONNECTIONS SECONDS END REQUESTS [GREETING WELCOME [WORD]]\n",
            stderr);
        return 64;
    }
    path = argv[1];
    count = (size_t)atol(argv[2]);
    end = argv[4];
    read_requests(argv[5]);
    if (argc > 7) {
        greeting = argv[6];
        welcome = argv[7];
    }
    if (argc > 8)
        word = argv[8];
    connections = calloc(count, sizeof *connections);
    if (connections == NULL)
        fail("no memory for connections", argv[2]);
    for (size_t i = 0; i < count; i++)
        open_connection(&connections[i], i, count);
    run(connections, count, (int64_t)(atof(argv[3]) * 1e6));
    return 0;
}
