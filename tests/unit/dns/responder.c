/* SPDX-License-Identifier: MIT */
#include "tests/unit/dns/responder.h"

#include <ctype.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define HELD_MAX 128

/* A reply that waits for its time. */
struct delayed {
    struct delayed *next;
    int64_t due_ms;
    struct sockaddr_in peer;
    size_t len;
    uint8_t bytes[];
};

struct responder {
    responder_reply_fn *reply;
    int udp, tcp, stop[2];
    char server[40];
    pthread_t thread;
    pthread_mutex_t lock; /* guards count */
    pthread_cond_t counted;
    size_t count;
    atomic_size_t tcp_count, waiting, peak;
    struct delayed *delayed;
    int held[HELD_MAX]; /* connections on which nothing is said */
    size_t held_count;
};

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool query_read(const uint8_t *bytes, size_t len, struct query *query)
{
    size_t at = 12, out = 0;

    if (len < 17)
        return false;
    query->id = (unsigned)bytes[0] << 8 | bytes[1];
    while (at < len && bytes[at] != 0) {
        size_t label = bytes[at++];

        if (label > 63 || at + label + 5 > len || out + label + 2 > sizeof query->name)
            return false;
        if (out != 0)
            query->name[out++] = '.';
        for (size_t i = 0; i < label; i++)
            query->name[out++] = (char)tolower(bytes[at++]);
    }
    query->name[out] = '\0';
    if (at + 5 > len)
        return false;
    query->type = (unsigned)bytes[at + 1] << 8 | bytes[at + 2];
    query->bytes = bytes;
    query->len = len;
    return true;
}

static void responder_delay(struct responder *responder, const struct wire *wire, int delay_ms,
    const struct sockaddr_in *peer)
{
    struct delayed *delayed = malloc(sizeof *delayed + wire->len);

    if (delayed == NULL)
        abort();
    delayed->due_ms = now_ms() + delay_ms;
    delayed->peer = *peer;
    delayed->len = wire->len;
    memcpy(delayed->bytes, wire->bytes, wire->len);
    delayed->next = responder->delayed;
    responder->delayed = delayed;
    if (++responder->waiting > responder->peak)
        responder->peak = responder->waiting;
}

static void responder_count_query(struct responder *responder)
{
    pthread_mutex_lock(&responder->lock);
    responder->count++;
    pthread_cond_broadcast(&responder->counted);
    pthread_mutex_unlock(&responder->lock);
}

static void send_to(int fd, const void *bytes, size_t len, const struct sockaddr_in *peer)
{
    if (sendto(fd, bytes, len, 0, (const struct sockaddr *)(const void *)peer, sizeof *peer) < 0)
        return; /* the asker has gone */
}

static void responder_on_udp(struct responder *responder)
{
    static struct wire wire;
    uint8_t bytes[4096];
    struct sockaddr_in peer;
    socklen_t peer_len = sizeof peer;
    struct query query = {.is_tcp = false};
    int delay_ms = 0;
    ssize_t got = recvfrom(
        responder->udp, bytes, sizeof bytes, 0, (struct sockaddr *)(void *)&peer, &peer_len);

    if (got < 0 || !query_read(bytes, (size_t)got, &query))
        return;
    responder_count_query(responder);
    if (!responder->reply(&query, &wire, &delay_ms))
        return;
    if (delay_ms != 0)
        responder_delay(responder, &wire, delay_ms, &peer);
    else
        send_to(responder->udp, wire.bytes, wire.len, &peer);
}

static bool read_whole(int fd, void *bytes, size_t len)
{
    for (size_t at = 0; at < len;) {
        ssize_t got = read(fd, (uint8_t *)bytes + at, len - at);

        if (got <= 0)
            return false;
        at += (size_t)got;
    }
    return true;
}

static bool write_whole(int fd, const void *bytes, size_t len)
{
    for (size_t at = 0; at < len;) {
        ssize_t put = send(fd, (const uint8_t *)bytes + at, len - at, MSG_NOSIGNAL);

        if (put <= 0)
            return false;
        at += (size_t)put;
    }
    return true;
}

/* The connection is closed when the responder is. */
static void responder_hold(struct responder *responder, int fd)
{
    if (responder->held_count == HELD_MAX)
        abort();
    responder->held[responder->held_count++] = fd;
}

/* One question a connection; the asker sends it at once. */
static void responder_on_tcp(struct responder *responder)
{
    static struct wire wire;
    int fd = accept(responder->tcp, NULL, NULL), delay_ms = 0;
    uint8_t bytes[4096], len_bytes[2];
    struct query query = {.is_tcp = true};
    size_t len;

    if (fd < 0)
        return;
    if (read_whole(fd, len_bytes, 2)) {
        len = (size_t)len_bytes[0] << 8 | len_bytes[1];
        if (len <= sizeof bytes && read_whole(fd, bytes, len) && query_read(bytes, len, &query)) {
            responder_count_query(responder);
            responder->tcp_count++;
            if (responder->reply(&query, &wire, &delay_ms)) {
                len_bytes[0] = (uint8_t)(wire.len >> 8);
                len_bytes[1] = (uint8_t)wire.len;
                if (delay_ms != RESPONDER_NEVER && write_whole(fd, len_bytes, 2))
                    write_whole(fd, wire.bytes, wire.len);
            }
        }
    }
    if (delay_ms == RESPONDER_NEVER)
        responder_hold(responder, fd);
    else
        close(fd);
}

/* Sends what is due; returns the milliseconds until the next, or -1. */
static int responder_send_due(struct responder *responder)
{
    int64_t now = now_ms(), wait = -1;

    for (struct delayed **place = &responder->delayed; *place != NULL;) {
        struct delayed *delayed = *place;

        if (delayed->due_ms <= now) {
            send_to(responder->udp, delayed->bytes, delayed->len, &delayed->peer);
            *place = delayed->next;
            responder->waiting--;
            free(delayed);
            continue;
        }
        if (wait < 0 || delayed->due_ms - now < wait)
            wait = delayed->due_ms - now;
        place = &delayed->next;
    }
    return (int)wait;
}

static void *responder_run(void *context)
{
    struct responder *responder = context;
    struct pollfd fds[3] = {
        {.fd = responder->udp,     .events = POLLIN},
        {.fd = responder->tcp,     .events = POLLIN},
        {.fd = responder->stop[0], .events = POLLIN}
    };

    for (;;) {
        if (poll(fds, 3, responder_send_due(responder)) < 0)
            continue;
        if (fds[2].revents != 0)
            return NULL;
        if (fds[0].revents != 0)
            responder_on_udp(responder);
        if (fds[1].revents != 0)
            responder_on_tcp(responder);
    }
}

/* UDP takes a free port, TCP the same one; another process may be faster, so try again. */
static bool responder_bind(struct responder *responder)
{
    struct sockaddr_in here = {
        .sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    struct sockaddr *address = (struct sockaddr *)(void *)&here;
    socklen_t len = sizeof here;
    int size = 1 << 20;

    responder->udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    responder->tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(responder->udp, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    if (bind(responder->udp, address, len) == 0 &&
        getsockname(responder->udp, address, &len) == 0 &&
        bind(responder->tcp, address, len) == 0 && listen(responder->tcp, 64) == 0) {
        snprintf(responder->server, sizeof responder->server, "127.0.0.1@%u", ntohs(here.sin_port));
        return true;
    }
    close(responder->udp);
    close(responder->tcp);
    return false;
}

struct responder *responder_new(responder_reply_fn *reply)
{
    struct responder *responder = calloc(1, sizeof *responder);
    int tries = 0;

    if (responder == NULL || pipe(responder->stop) != 0)
        abort();
    responder->reply = reply;
    pthread_mutex_init(&responder->lock, NULL);
    pthread_cond_init(&responder->counted, NULL);
    while (!responder_bind(responder))
        if (++tries == 20)
            abort();
    if (pthread_create(&responder->thread, NULL, responder_run, responder) != 0)
        abort();
    return responder;
}

void responder_free(struct responder **responder)
{
    if (write((*responder)->stop[1], "", 1) != 1)
        abort();
    pthread_join((*responder)->thread, NULL);
    while ((*responder)->delayed != NULL) {
        struct delayed *delayed = (*responder)->delayed;

        (*responder)->delayed = delayed->next;
        free(delayed);
    }
    for (size_t i = 0; i < (*responder)->held_count; i++)
        close((*responder)->held[i]);
    close((*responder)->udp);
    close((*responder)->tcp);
    close((*responder)->stop[0]);
    close((*responder)->stop[1]);
    pthread_cond_destroy(&(*responder)->counted);
    pthread_mutex_destroy(&(*responder)->lock);
    free(*responder);
    *responder = NULL;
}

const char *responder_server(const struct responder *responder)
{
    return responder->server;
}

size_t responder_count(struct responder *responder)
{
    size_t count;

    pthread_mutex_lock(&responder->lock);
    count = responder->count;
    pthread_mutex_unlock(&responder->lock);
    return count;
}

void responder_wait_for(struct responder *responder, size_t count)
{
    pthread_mutex_lock(&responder->lock);
    while (responder->count < count)
        pthread_cond_wait(&responder->counted, &responder->lock);
    pthread_mutex_unlock(&responder->lock);
}

size_t responder_tcp_count(const struct responder *responder)
{
    return responder->tcp_count;
}

size_t responder_peak(const struct responder *responder)
{
    return responder->peak;
}

void responder_reset(struct responder *responder)
{
    pthread_mutex_lock(&responder->lock);
    responder->count = 0;
    pthread_mutex_unlock(&responder->lock);
    responder->tcp_count = 0;
}
