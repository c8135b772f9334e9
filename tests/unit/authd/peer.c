/* SPDX-License-Identifier: MIT */
#include "tests/unit/authd/peer.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/unit.h"

#define PATIENCE_S 60

void peer_open(struct peer *peer, struct event_base *base)
{
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    *peer = (struct peer){.base = base, .fd = fds[0], .session_fd = fds[1]};
    buffer_init(&peer->got);
    alarm(PATIENCE_S);
}

void peer_done(struct peer *peer)
{
    if (peer->fd >= 0)
        close(peer->fd);
    buffer_done(&peer->got);
    alarm(0);
}

/* Takes what is there without waiting. */
static void take(struct peer *peer)
{
    ssize_t got;

    do {
        got = read(peer->fd, buffer_reserve(&peer->got, 4096), 4096);
        if (got > 0)
            peer->got.len += (size_t)got;
    } while (got > 0);
    if (peer->got.data != NULL)
        peer->got.data[peer->got.len] = '\0';
    if (got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK))
        peer->is_closed = true;
}

static void turn(struct peer *peer)
{
    take(peer);
    event_base_loop(peer->base, EVLOOP_ONCE | (peer->is_closed ? EVLOOP_NONBLOCK : 0));
    take(peer);
}

/* Reads only where nothing can be sent any more. */
void peer_send(struct peer *peer, struct text text)
{
    while (text.len != 0) {
        ssize_t sent = send(peer->fd, text.data, text.len, MSG_NOSIGNAL);

        if (sent > 0)
            text = text_skip(text, (size_t)sent);
        else if (errno != EAGAIN && errno != EWOULDBLOCK)
            return; /* the session has closed: the test will see */
        else
            take(peer); /* it holds back until its answers are read */
        event_base_loop(peer->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    }
}

void peer_await(struct peer *peer, size_t len)
{
    take(peer);
    while (peer->got.len < len && !peer->is_closed)
        turn(peer);
}

void peer_await_end(struct peer *peer, const char *end)
{
    take(peer);
    while (!text_ends_with_nocase(buffer_text(&peer->got), text_from_string(end))) {
        if (peer->is_closed)
            fail_msg("closed after \"%s\"", buffer_string(&peer->got));
        turn(peer);
    }
}

void peer_await_close(struct peer *peer)
{
    take(peer);
    while (!peer->is_closed)
        turn(peer);
}

void peer_clear(struct peer *peer)
{
    buffer_clear(&peer->got);
}
