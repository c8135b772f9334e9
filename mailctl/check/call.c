/* SPDX-License-Identifier: MIT */
#include "mailctl/check/call.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "mailctl/attach/interrupt.h"
#include "mailctl/check/call-talk.h"

/* --- connections ---------------------------------------------------------- */

union address {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
};

static socklen_t fill_address(union address *address, const struct ip *ip, uint16_t port)
{
    *address = (union address){.any = {.sa_family = AF_UNSPEC}};
    if (ip->family == IP_V4) {
        address->four = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
        memcpy(&address->four.sin_addr, ip->bytes, sizeof address->four.sin_addr);
        return sizeof address->four;
    }
    address->six = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(port)};
    memcpy(&address->six.sin6_addr, ip->bytes, sizeof address->six.sin6_addr);
    return sizeof address->six;
}

static enum call_outcome outcome_of(int error)
{
    if (error == ECONNREFUSED || error == ECONNRESET)
        return CALL_REFUSED;
    return error == ETIMEDOUT ? CALL_TIMEOUT : CALL_UNREACHABLE;
}

/* Waits for a connection under way; 0, or what went wrong. */
static int await_connection(int fd)
{
    struct pollfd wanted = {.fd = fd, .events = POLLOUT};
    int error = 0;
    socklen_t len = sizeof error;

    if (interrupt_wait(&wanted, 1, clock_monotonic_ms() + CALL_CONNECT_MS, NULL) != ERR_NONE)
        return ETIMEDOUT;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 ? error : errno;
}

static int connect_from(int fd, const struct call_target *target)
{
    union address source, there;
    socklen_t len = fill_address(&there, &target->ip, target->port);

    if (target->source.family == target->ip.family &&
        bind(fd, &source.any, fill_address(&source, &target->source, 0)) != 0)
        return errno;
    if (connect(fd, &there.any, len) == 0)
        return 0;
    return errno == EINPROGRESS ? await_connection(fd) : errno;
}

/* What is sent is small, and goes out whole or breaks the connection. */
static bool make_blocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    return flags >= 0 && fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) == 0;
}

static enum call_outcome open_call(const struct call_target *target, struct arena *arena,
    struct smtp_probe *probe_r, struct text *problem_r)
{
    int family = target->ip.family == IP_V4 ? AF_INET : AF_INET6;
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int error = fd >= 0 ? connect_from(fd, target) : errno;

    if (error == 0 && !make_blocking(fd))
        error = errno;
    if (error == 0) {
        *probe_r = (struct smtp_probe){
            .fd = fd, .arena = arena, .deadline_ms = clock_monotonic_ms() + CALL_DEADLINE_MS};
        return CALL_TALKED;
    }
    *problem_r = arena_copy(arena, text_from_string(strerrordesc_np(error)));
    if (fd >= 0)
        close(fd);
    return outcome_of(error);
}

/* --- calls ---------------------------------------------------------------- */

void call_server(const struct call_target *target, const struct call_speech *speech,
    struct text name, struct arena *arena, struct call_server *facts_r)
{
    struct smtp_probe probe;

    *facts_r = (struct call_server){.problem = TEXT("")};
    facts_r->outcome = open_call(target, arena, &probe, &facts_r->problem);
    if (facts_r->outcome != CALL_TALKED)
        return;
    call_talk_server(&probe, speech, name, facts_r);
    smtp_probe_close(&probe);
}

void call_relay(const struct call_target *target, struct text helo, struct text recipient,
    struct arena *arena, struct call_relay *facts_r)
{
    struct smtp_probe probe;

    *facts_r = (struct call_relay){.reply = TEXT("")};
    facts_r->outcome = open_call(target, arena, &probe, &facts_r->reply);
    if (facts_r->outcome != CALL_TALKED)
        return;
    call_talk_relay(&probe, helo, recipient, facts_r);
    smtp_probe_close(&probe);
}

void call_outside(
    const struct call_target *target, struct arena *arena, struct call_outside *facts_r)
{
    struct smtp_probe probe;

    *facts_r = (struct call_outside){.reply = TEXT("")};
    facts_r->outcome = open_call(target, arena, &probe, &facts_r->reply);
    if (facts_r->outcome != CALL_TALKED)
        return;
    call_talk_outside(&probe, facts_r);
    smtp_probe_close(&probe);
}
