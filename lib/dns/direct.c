/* SPDX-License-Identifier: MIT */
#include "lib/dns/direct.h"

#include <errno.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/dns/message.h"
#include "lib/dns/packet.h"
#include "lib/dns/stream.h"

#define PACKETS_AT_ONCE 64 /* of one socket */
#define QUIET_MS 20        /* nothing came for so long: time for what has to be asked over TCP */

static const struct dns_answer temporary = {.status = DNS_TEMPORARY};

/* A question on its way. Its id is random, and so is its socket's port. */
struct asking {
    struct direct_question *question;
    size_t socket; /* which one */
    uint16_t id;
    unsigned tries;
    int64_t again_ms; /* when it is sent once more */
    bool is_cut;      /* its answer was cut off: it is to be asked over TCP */
};

/* One socket a server, connected, so that only the server's packets come. */
struct session {
    struct asking *askings;
    size_t asking_count, left;
    struct pollfd *sockets;
    const struct direct_question **servers; /* of each socket: a question to that server */
    bool *is_mute;                          /* of each: it is silent over TCP */
    size_t socket_count;
    int64_t deadline_ms;
    struct arena *arena;
};

static void settle(struct session *session, struct asking *asking, const struct dns_answer *answer)
{
    asking->question->answer = answer;
    session->left--;
}

static bool is_same_server(const struct direct_question *a, const struct direct_question *b)
{
    return a->port == b->port && ip_equals(&a->server, &b->server);
}

static int open_socket(const struct direct_question *question)
{
    struct sockaddr_storage address;
    socklen_t len = stream_address(&question->server, question->port, &address);
    int fd = socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, len) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static size_t socket_for(struct session *session, const struct direct_question *question)
{
    for (size_t i = 0; i < session->socket_count; i++)
        if (is_same_server(session->servers[i], question))
            return i;
    session->servers[session->socket_count] = question;
    session->sockets[session->socket_count] =
        (struct pollfd){.fd = open_socket(question), .events = POLLIN};
    return session->socket_count++;
}

/* --- sending -------------------------------------------------------------- */

static bool write_query(const struct asking *asking, struct buffer *message)
{
    message_start(message, asking->id, 0);
    if (!message_add_question(message, asking->question->name, asking->question->type))
        return false;
    message_add_size(message, DIRECT_UDP_BYTES);
    return true;
}

static void send_query(struct session *session, struct asking *asking)
{
    int fd = session->sockets[asking->socket].fd;
    struct buffer message = BUFFER_NONE;

    if (fd < 0 || asking->tries == DIRECT_TRIES || !write_query(asking, &message)) {
        settle(session, asking, &temporary);
    } else {
        /* One that is lost, for whatever reason, is sent again. */
        (void)send(fd, message.data, message.len, MSG_NOSIGNAL);
        asking->tries++;
        asking->again_ms = clock_monotonic_ms() + DIRECT_RETRY_MS;
    }
    buffer_done(&message);
}

/* --- receiving ------------------------------------------------------------ */

/* A server that refers to others, or knows nothing, has no authority: it cannot tell. */
static const struct dns_answer *read_answer(
    const struct asking *asking, const uint8_t *packet, size_t len, struct arena *arena)
{
    const struct dns_question question = {asking->question->name, asking->question->type};

    if ((message_flags(packet) & MESSAGE_FLAG_AUTHORITATIVE) == 0)
        return &temporary;
    return packet_read(packet, len, &question, false, arena);
}

static enum err exchange(const struct session *session, const struct asking *asking,
    const struct buffer *message, struct buffer *reply)
{
    int64_t until_ms = clock_monotonic_ms() + DIRECT_STREAM_MS;
    struct stream stream;
    enum err err;

    stream_init(&stream, &asking->question->server, asking->question->port);
    err = stream_exchange(&stream, buffer_text(message),
        until_ms < session->deadline_ms ? until_ms : session->deadline_ms, reply, NULL);
    stream_done(&stream);
    return err;
}

/* Who is silent once is not waited for again: the time is the others', too. */
static const struct dns_answer *ask_by_stream(struct session *session, const struct asking *asking)
{
    const struct dns_answer *answer = &temporary;
    struct buffer message = BUFFER_NONE, reply = BUFFER_NONE;
    enum err err;

    if (session->is_mute[asking->socket] || !write_query(asking, &message))
        return answer;
    err = exchange(session, asking, &message, &reply);
    session->is_mute[asking->socket] = err == ERR_TIMEOUT;
    if (err == ERR_NONE && reply.len >= MESSAGE_HEADER_BYTES &&
        message_id((const uint8_t *)reply.data) == asking->id)
        answer = read_answer(asking, (const uint8_t *)reply.data, reply.len, session->arena);
    buffer_done(&message);
    buffer_done(&reply);
    return answer;
}

static struct asking *find_cut(const struct session *session)
{
    for (size_t i = 0; i < session->asking_count; i++)
        if (session->askings[i].is_cut && session->askings[i].question->answer == NULL)
            return &session->askings[i];
    return NULL;
}

/* A packet is awaited for it. */
static bool is_awaited(const struct asking *asking)
{
    return asking->question->answer == NULL && !asking->is_cut;
}

static struct asking *find_asking(const struct session *session, size_t socket, uint16_t id)
{
    for (size_t i = 0; i < session->asking_count; i++) {
        struct asking *asking = &session->askings[i];

        if (asking->socket == socket && asking->id == id && is_awaited(asking))
            return asking;
    }
    return NULL;
}

static void take_packet(struct session *session, size_t socket, const uint8_t *packet, size_t len)
{
    unsigned flags;
    struct asking *asking;

    if (len < MESSAGE_HEADER_BYTES)
        return;
    flags = message_flags(packet);
    asking = find_asking(session, socket, message_id(packet));
    if (asking == NULL || (flags & MESSAGE_FLAG_RESPONSE) == 0)
        return;
    asking->is_cut = (flags & MESSAGE_FLAG_TRUNCATED) != 0;
    if (!asking->is_cut)
        settle(session, asking, read_answer(asking, packet, len, session->arena));
}

/* So many and no more: a server that never ceases to send must not keep the others waiting. */
static void receive(struct session *session, size_t socket)
{
    uint8_t packet[DIRECT_UDP_BYTES];

    for (int i = 0; i < PACKETS_AT_ONCE && session->left != 0; i++) {
        ssize_t len = recv(session->sockets[socket].fd, packet, sizeof packet, 0);

        if (len < 0)
            return;
        take_packet(session, socket, packet, (size_t)len);
    }
}

/* --- the session ---------------------------------------------------------- */

static void resend_due(struct session *session, int64_t now_ms)
{
    for (size_t i = 0; i < session->asking_count; i++) {
        struct asking *asking = &session->askings[i];

        if (is_awaited(asking) && asking->again_ms <= now_ms)
            send_query(session, asking);
    }
}

/* When something has to be done, should nothing come. */
static int64_t next_due(const struct session *session)
{
    int64_t due_ms = session->deadline_ms;

    if (find_cut(session) != NULL)
        return clock_monotonic_ms() + QUIET_MS;
    for (size_t i = 0; i < session->asking_count; i++)
        if (is_awaited(&session->askings[i]) && session->askings[i].again_ms < due_ms)
            due_ms = session->askings[i].again_ms;
    return due_ms;
}

static void run(struct session *session)
{
    while (session->left != 0) {
        int64_t now_ms = clock_monotonic_ms(), wait_ms = next_due(session) - now_ms;
        struct asking *cut = find_cut(session);
        int ready = 1;

        if (now_ms >= session->deadline_ms)
            return;
        if (wait_ms > 0)
            ready = poll(session->sockets, session->socket_count, (int)wait_ms);
        if (ready < 0 && errno != EINTR)
            return;
        if (ready == 0 && cut != NULL)
            settle(session, cut, ask_by_stream(session, cut));
        for (size_t i = 0; i < session->socket_count; i++)
            if (session->sockets[i].fd >= 0)
                receive(session, i);
        resend_due(session, clock_monotonic_ms());
    }
}

/* One random number makes ids that are all different. */
static void start(struct session *session, struct direct_question *questions, size_t count)
{
    uint16_t random;

    /* Without it there would be no telling whose answers come. */
    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
        return;
    for (size_t i = 0; i < count; i++) {
        struct asking *asking = &session->askings[session->asking_count++];

        *asking =
            (struct asking){.question = &questions[i], .id = (uint16_t)(random ^ (i & 0xffff))};
        asking->socket = socket_for(session, &questions[i]);
        session->left++;
        send_query(session, asking);
    }
}

void direct_ask(
    struct direct_question *questions, size_t count, int64_t timeout_ms, struct arena *arena)
{
    struct session session = {.deadline_ms = clock_monotonic_ms() + timeout_ms, .arena = arena};

    for (size_t i = 0; i < count; i++)
        questions[i].answer = NULL;
    session.askings = arena_alloc_zero(arena, count, sizeof *session.askings);
    session.sockets = arena_alloc_zero(arena, count, sizeof *session.sockets);
    session.is_mute = arena_alloc_zero(arena, count, sizeof *session.is_mute);
    session.servers = arena_alloc_zero(arena, count, sizeof(const struct direct_question *));
    start(&session, questions, count);
    run(&session);
    for (size_t i = 0; i < session.socket_count; i++)
        if (session.sockets[i].fd >= 0)
            close(session.sockets[i].fd);
    for (size_t i = 0; i < count; i++)
        if (questions[i].answer == NULL)
            questions[i].answer = &temporary;
}
