/* SPDX-License-Identifier: MIT */
#include "authd/connection.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/buffer.h"
#include "lib/base/memory.h"

/* Output above which no further requests are taken. */
#define OUTPUT_HIGH_BYTES ((size_t)64 * 1024)

struct connection {
    struct connection_group *group;
    struct connection *next, *previous;
    void *state;
    int fd;
    struct event *readable, *writable, *deadline, *again;
    char *input;
    size_t input_len;
    struct buffer output;
    bool is_at_end; /* of its input: nothing more is read */
    bool is_ended;  /* the handler takes nothing more */
};

void connection_group_init(struct connection_group *group, struct event_base *base,
    const struct connection_handler *handler, size_t max)
{
    *group = (struct connection_group){.base = base, .handler = handler, .max = max};
}

static void connection_close(struct connection *connection)
{
    struct connection_group *group = connection->group;

    if (connection->previous != NULL)
        connection->previous->next = connection->next;
    else
        group->first = connection->next;
    if (connection->next != NULL)
        connection->next->previous = connection->previous;
    group->count--;
    event_free(connection->readable);
    event_free(connection->writable);
    event_free(connection->deadline);
    event_free(connection->again);
    close(connection->fd);
    if (connection->state != NULL)
        group->handler->closed(connection->state);
    memory_wipe(connection->input, connection->input_len);
    free(connection->input);
    buffer_done(&connection->output);
    free(connection);
    if (group->first == NULL && group->on_empty != NULL)
        group->on_empty(group->context);
}

bool connection_is_full(const struct connection *connection)
{
    return connection->output.len >= OUTPUT_HIGH_BYTES;
}

static bool is_busy(const struct connection *connection)
{
    return connection->state != NULL && connection->group->handler->is_busy(connection->state);
}

static bool is_finished(const struct connection *connection)
{
    bool takes_nothing = connection->is_ended || connection->is_at_end;

    return takes_nothing && connection->output.len == 0 &&
           (connection->is_ended || !is_busy(connection));
}

/* One deadline serves both: half a request that does not become whole, output not taken. */
static void set_deadline(struct connection *connection)
{
    int64_t ms = connection->group->handler->request_ms;
    struct timeval time = {ms / 1000, (suseconds_t)(ms % 1000 * 1000)};
    bool waits =
        connection->output.len != 0 || (connection->input_len != 0 && !is_busy(connection));

    if (!waits)
        event_del(connection->deadline);
    else if (!event_pending(connection->deadline, EV_TIMEOUT, NULL))
        event_add(connection->deadline, &time);
}

static void set_events(struct connection *connection)
{
    bool reads = !connection->is_at_end && !connection->is_ended &&
                 connection->input_len < connection->group->handler->input_max &&
                 !connection_is_full(connection);

    if (reads)
        event_add(connection->readable, NULL);
    else
        event_del(connection->readable);
    if (connection->output.len != 0)
        event_add(connection->writable, NULL);
    else
        event_del(connection->writable);
    set_deadline(connection);
}

static void consume_input(struct connection *connection, size_t taken)
{
    size_t left = connection->input_len - taken;

    memmove(connection->input, connection->input + taken, left);
    memory_wipe(connection->input + left, taken);
    connection->input_len = left;
    event_del(connection->deadline);
}

/* Gives the handler its input, request by request. True: there may be more, the output is full. */
static bool take_input(struct connection *connection)
{
    const struct connection_handler *handler = connection->group->handler;

    while (!connection->is_ended && connection->input_len != 0 && !connection_is_full(connection)) {
        size_t taken = 0;
        enum connection_step step =
            handler->input(connection->state, connection->input, connection->input_len, &taken);

        if (step == CONNECTION_WANTS)
            return false;
        if (step == CONNECTION_ENDS) {
            connection->is_ended = true;
            taken = connection->input_len;
        }
        consume_input(connection, taken);
    }
    return connection_is_full(connection);
}

/* False where the client is gone. */
static bool send_output(struct connection *connection)
{
    ssize_t sent;

    if (connection->output.len == 0)
        return true;
    sent = send(connection->fd, connection->output.data, connection->output.len, MSG_NOSIGNAL);
    if (sent < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    buffer_consume(&connection->output, (size_t)sent);
    event_del(connection->deadline);
    return true;
}

/* Whatever happened: take, answer and send what can be, then close or wait. May free it. */
static void advance(struct connection *connection)
{
    const struct connection_handler *handler = connection->group->handler;
    bool may_have_more;

    do {
        may_have_more = take_input(connection);
        if (!send_output(connection)) {
            connection_close(connection);
            return;
        }
    } while (may_have_more && !connection_is_full(connection));
    if (handler->room != NULL && !connection_is_full(connection) && connection->state != NULL)
        handler->room(connection->state);
    if (is_finished(connection))
        connection_close(connection);
    else
        set_events(connection);
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct connection *connection = context;
    size_t room = connection->group->handler->input_max - connection->input_len;
    ssize_t got = recv(fd, connection->input + connection->input_len, room, 0);

    (void)what;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return;
    if (got < 0) {
        connection_close(connection);
        return;
    }
    if (got == 0)
        connection->is_at_end = true;
    connection->input_len += (size_t)got;
    advance(connection);
}

/* The client takes output again, or the handler takes input again. */
static void on_ready(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    advance(context);
}

static void on_deadline(evutil_socket_t fd, short what, void *context)
{
    struct connection *connection = context;
    const struct connection_handler *handler = connection->group->handler;

    (void)fd;
    (void)what;
    if (handler->timeout != NULL && connection->state != NULL)
        handler->timeout(connection->state);
    connection_close(connection);
}

struct connection *connection_open(struct connection_group *group, int fd)
{
    struct connection *connection;

    if (group->is_draining || group->count >= group->max) {
        close(fd);
        return NULL;
    }
    connection = memory_alloc_zero(1, sizeof *connection);
    connection->group = group;
    connection->fd = fd;
    connection->input = memory_alloc(group->handler->input_max);
    buffer_init(&connection->output);
    connection->readable =
        event_new(group->base, fd, EV_READ | EV_PERSIST, on_readable, connection);
    connection->writable = event_new(group->base, fd, EV_WRITE, on_ready, connection);
    connection->deadline = evtimer_new(group->base, on_deadline, connection);
    connection->again = event_new(group->base, -1, 0, on_ready, connection);
    connection->next = group->first;
    if (group->first != NULL)
        group->first->previous = connection;
    group->first = connection;
    group->count++;
    event_add(connection->readable, NULL);
    return connection;
}

void connection_set_state(struct connection *connection, void *state)
{
    connection->state = state;
}

void connection_write(struct connection *connection, struct text text)
{
    buffer_append_text(&connection->output, text);
}

void connection_resume(struct connection *connection)
{
    event_active(connection->again, 0, 0);
}

int connection_fd(const struct connection *connection)
{
    return connection->fd;
}

void connection_group_drain(struct connection_group *group)
{
    group->is_draining = true;
    for (struct connection *c = group->first; c != NULL; c = c->next) {
        c->is_at_end = true;
        connection_resume(c);
    }
    if (group->first == NULL && group->on_empty != NULL)
        group->on_empty(group->context);
}

void connection_group_done(struct connection_group *group)
{
    struct connection *next;

    group->on_empty = NULL;
    for (struct connection *c = group->first; c != NULL; c = next) {
        next = c->next;
        connection_close(c);
    }
}
