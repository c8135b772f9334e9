/* SPDX-License-Identifier: MIT */
#include "policyd/connection.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/base/memory.h"

struct connection {
    struct connections *all;
    struct bufferevent *stream;
    size_t scanned; /* bytes of the input that hold no end of a request */
    bool paused;    /* until the client fetches its answers */
    bool half;      /* a request has begun: less patience */
    bool ending;    /* the client has said all; once it has its answers, it is closed */
    struct connection *next, **link;
};

struct connections {
    struct event_base *base;
    connection_answer_fn *answer;
    void *context;
    struct connection *first;
    size_t count, max;
    bool full; /* and that was logged; until half of them are gone */
    bool draining;
    void (*on_empty)(void *context);
    void *empty_context;
};

static void connection_close(struct connection *connection)
{
    struct connections *all = connection->all;

    *connection->link = connection->next;
    if (connection->next != NULL)
        connection->next->link = connection->link;
    all->count--;
    if (all->count <= all->max / 2)
        all->full = false;
    bufferevent_free(connection->stream);
    free(connection);
    if (all->draining && all->count == 0 && all->on_empty != NULL)
        all->on_empty(all->empty_context);
}

/* Nothing is half read, half answered, or on its way in the system's buffer. */
static bool is_idle(const struct connection *connection)
{
    int waiting = 0;

    return evbuffer_get_length(bufferevent_get_input(connection->stream)) == 0 &&
           evbuffer_get_length(bufferevent_get_output(connection->stream)) == 0 &&
           (ioctl(bufferevent_getfd(connection->stream), FIONREAD, &waiting) != 0 || waiting == 0);
}

static void set_patience(struct connection *connection, bool half)
{
    const struct timeval reading = {.tv_sec = half ? CONNECTION_REQUEST_S : CONNECTION_IDLE_S};
    const struct timeval writing = {.tv_sec = CONNECTION_REQUEST_S};

    connection->half = half;
    bufferevent_set_timeouts(connection->stream, &reading, &writing);
}

static enum err answer_lines(
    struct connection *connection, struct text lines, struct failure *failure)
{
    struct buffer answer = BUFFER_NONE;
    struct request request;
    enum err err = request_parse(lines, &request, failure);

    if (err != ERR_NONE)
        return err;
    connection->all->answer(connection->all->context, &request, &answer);
    if (bufferevent_write(connection->stream, answer.data, answer.len) != 0)
        err = failure_set(failure, ERR_IO, "the answer cannot be written");
    buffer_done(&answer);
    return err;
}

/* The next request in the input, if a whole one is there. ERR_ABSENT: it is not. */
static enum err answer_next(struct connection *connection, struct failure *failure)
{
    struct evbuffer *input = bufferevent_get_input(connection->stream);
    size_t available = evbuffer_get_length(input), len;
    const char *data = available != 0 ? (const char *)evbuffer_pullup(input, -1) : NULL;
    enum err err;

    if (data == NULL)
        return ERR_ABSENT;
    if (!request_find_end(text_from_bytes(data, available), &connection->scanned, &len)) {
        if (available <= REQUEST_BYTES_MAX)
            return ERR_ABSENT;
        return failure_set(
            failure, ERR_LIMIT, "a request of more than %zu bytes", REQUEST_BYTES_MAX);
    }
    connection->scanned = 0;
    err = answer_lines(connection, text_from_bytes(data, len), failure);
    evbuffer_drain(input, len + REQUEST_END_LEN);
    return err;
}

/* Answers what is there, as long as the client fetches it. */
static void serve(struct connection *connection)
{
    struct evbuffer *output = bufferevent_get_output(connection->stream);
    struct failure failure = {.text = ""};
    enum err err = ERR_NONE;
    bool half;

    while (err == ERR_NONE && evbuffer_get_length(output) < CONNECTION_OUTPUT_MAX)
        err = answer_next(connection, &failure);
    if (err != ERR_NONE && err != ERR_ABSENT) {
        log_warning(NULL, "policy request: %s; closing the connection", failure.text);
        connection_close(connection);
        return;
    }
    connection->paused = err == ERR_NONE;
    if (connection->paused)
        bufferevent_disable(connection->stream, EV_READ);
    half = evbuffer_get_length(bufferevent_get_input(connection->stream)) != 0;
    if (half != connection->half)
        set_patience(connection, half);
}

static void on_read(struct bufferevent *stream, void *context)
{
    (void)stream;
    serve(context);
}

static void on_written(struct bufferevent *stream, void *context)
{
    struct connection *connection = context;

    if (connection->paused) {
        connection->paused = false;
        bufferevent_enable(stream, EV_READ);
        serve(connection);
        return;
    }
    if (connection->ending || (connection->all->draining && is_idle(connection)))
        connection_close(connection);
}

static void on_event(struct bufferevent *stream, short what, void *context)
{
    struct connection *connection = context;
    bool half = evbuffer_get_length(bufferevent_get_input(stream)) != 0;

    if (half && (what & BEV_EVENT_TIMEOUT) != 0)
        log_warning(NULL, "policy request: half a request, then silence; closing the connection");
    else if (half && (what & BEV_EVENT_EOF) != 0)
        log_warning(NULL, "policy request: half a request, then the end");
    connection->ending =
        (what & BEV_EVENT_EOF) != 0 && evbuffer_get_length(bufferevent_get_output(stream)) != 0;
    if (!connection->ending)
        connection_close(connection);
}

struct connections *connections_new(
    struct event_base *base, connection_answer_fn *answer, void *context)
{
    struct connections *connections = memory_alloc_zero(1, sizeof *connections);

    connections->base = base;
    connections->answer = answer;
    connections->context = context;
    return connections;
}

void connections_set_max(struct connections *connections, size_t max)
{
    connections->max = max;
}

size_t connections_count(const struct connections *connections)
{
    return connections->count;
}

static bool is_full(struct connections *connections)
{
    if (connections->count < connections->max)
        return false;
    if (!connections->full)
        log_warning(NULL,
            "%zu connections, as many as policyd.max_connections permits: closing "
            "new ones",
            connections->count);
    connections->full = true;
    return true;
}

void connections_add(struct connections *connections, int fd)
{
    struct connection *connection;

    if (is_full(connections)) {
        close(fd);
        return;
    }
    connection = memory_alloc_zero(1, sizeof *connection);
    connection->all = connections;
    connection->stream = bufferevent_socket_new(connections->base, fd, BEV_OPT_CLOSE_ON_FREE);
    if (connection->stream == NULL)
        memory_exhausted();
    connection->link = &connections->first;
    connection->next = connections->first;
    if (connection->next != NULL)
        connection->next->link = &connection->next;
    connections->first = connection;
    connections->count++;
    bufferevent_setcb(connection->stream, on_read, on_written, on_event, connection);
    set_patience(connection, false);
    bufferevent_enable(connection->stream, EV_READ | EV_WRITE);
}

void connections_drain(
    struct connections *connections, void (*on_empty)(void *context), void *context)
{
    struct connection *connection = connections->first;

    while (connection != NULL) {
        struct connection *next = connection->next;

        if (is_idle(connection))
            connection_close(connection);
        connection = next;
    }
    connections->draining = true;
    connections->on_empty = on_empty;
    connections->empty_context = context;
    if (connections->count == 0)
        on_empty(context);
}

void connections_free(struct connections **connections)
{
    struct connection *connection, *next;

    if (*connections == NULL)
        return;
    (*connections)->on_empty = NULL;
    for (connection = (*connections)->first; connection != NULL; connection = next) {
        next = connection->next;
        connection_close(connection);
    }
    memory_free(connections);
}
