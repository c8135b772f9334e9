/* SPDX-License-Identifier: MIT */
#include "lib/service/listeners.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/base/memory.h"
#include "lib/service/activation.h"

/* Out of descriptors: others get time to close theirs. */
#define PAUSE_S 1
/* Connections taken at a time before others get their turn. */
#define ACCEPT_BURST 64

/* The setting before what is wrong with it, and what helps behind it. */
static enum err explain(const struct service_socket *socket, struct failure *failure)
{
    struct failure why = *failure;

    if (why.err == ERR_EXISTS)
        return failure_set(failure, why.err,
            "%s: %s; end what is there, or set another address in gatepost.conf", socket->setting,
            why.text);
    if (why.err == ERR_ABSENT)
        return failure_set(failure, why.err,
            "%s: %s; run \"systemd-sysusers\", or set another group in gatepost.conf",
            socket->group_setting, why.text);
    if (errno == EAFNOSUPPORT)
        return failure_set(failure, why.err,
            "%s: %s; where systemd keeps the daemon from the network, enable the unit that "
            "listens there for it",
            socket->setting, why.text);
    return failure_set(failure, why.err, "%s: %s", socket->setting, why.text);
}

static enum err listener_open(struct listener *listener, const struct service_socket *socket,
    const struct settings *settings, struct failure *failure)
{
    const char *address = socket->address(settings);
    const char *group = socket->group != NULL ? socket->group(settings) : NULL;
    enum err err = activation_find(socket->name, &listener->fd, failure);

    listener->socket = socket;
    if (err == ERR_NONE) {
        if (address[0] != '\0' && !socket_is_at(listener->fd, address))
            log_warning(NULL,
                "%s: systemd listens elsewhere than at %s, which the configuration names; give "
                "the socket unit that address too",
                socket->name, address);
        return socket_prepare(listener->fd, failure);
    }
    if (err != ERR_ABSENT)
        return err;
    listener->address = memory_copy_string(address);
    if (socket->is_optional && address[0] == '\0')
        return ERR_NONE;
    err = socket_listen(address, group, (mode_t)socket->mode, &listener->fd, failure);
    if (err != ERR_NONE)
        return explain(socket, failure);
    listener->file = socket_file_of(address);
    return ERR_NONE;
}

enum err listeners_open(struct listeners *listeners, const struct service_socket *sockets,
    size_t count, const struct settings *settings, struct failure *failure)
{
    assert(count <= SERVICE_SOCKETS_MAX);
    *listeners = (struct listeners){.count = 0};
    for (size_t i = 0; i < count; i++) {
        struct listener *listener = &listeners->items[i];
        enum err err;

        listener->fd = -1;
        listeners->count = i + 1;
        err = listener_open(listener, &sockets[i], settings, failure);
        if (err != ERR_NONE) {
            listeners_close(listeners);
            return err;
        }
    }
    return ERR_NONE;
}

struct listener *listeners_find(struct listeners *listeners, const char *name)
{
    for (size_t i = 0; i < listeners->count; i++)
        if (strcmp(listeners->items[i].socket->name, name) == 0)
            return &listeners->items[i];
    return NULL;
}

static void on_pause_over(evutil_socket_t fd, short what, void *context)
{
    struct listener *listener = context;

    (void)fd;
    (void)what;
    event_add(listener->event, NULL);
}

static void pause_accepting(struct listener *listener)
{
    const struct timeval delay = {.tv_sec = PAUSE_S};

    log_error(
        NULL, "%s: cannot accept connections for now: %s", listener->socket->name, strerror(errno));
    event_del(listener->event);
    event_add(listener->pause, &delay);
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct listener *listener = context;

    (void)what;
    for (int i = 0; i < ACCEPT_BURST; i++) {
        int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

        if (client >= 0) {
            listener->on_accept(listener->context, client);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            pause_accepting(listener);
        if (errno != EINTR && errno != ECONNABORTED)
            return;
    }
}

void listener_serve(
    struct listener *listener, struct event_base *base, service_accept_fn *on_accept, void *context)
{
    if (listener->fd < 0)
        return;
    listener->on_accept = on_accept;
    listener->context = context;
    listener->event = event_new(base, listener->fd, EV_READ | EV_PERSIST, on_readable, listener);
    listener->pause = event_new(base, -1, 0, on_pause_over, listener);
    if (listener->event == NULL || listener->pause == NULL || event_add(listener->event, NULL) != 0)
        memory_exhausted();
}

bool listener_is_elsewhere(const struct listener *listener, const struct settings *settings)
{
    return listener->address != NULL &&
           strcmp(listener->address, listener->socket->address(settings)) != 0;
}

static void listener_close(struct listener *listener)
{
    if (listener->event != NULL)
        event_free(listener->event);
    if (listener->pause != NULL)
        event_free(listener->pause);
    /* In this order: once closed, another may bind there. */
    if (listener->fd >= 0 && listener->address != NULL)
        socket_unlink(listener->address, &listener->file);
    if (listener->fd >= 0)
        close(listener->fd);
    memory_free(&listener->address);
    listener->event = listener->pause = NULL;
    listener->fd = -1;
}

void listeners_close(struct listeners *listeners)
{
    for (size_t i = 0; i < listeners->count; i++)
        listener_close(&listeners->items[i]);
}
