/* SPDX-License-Identifier: MIT */
#include "lib/dns/upstream.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unbound-event.h>
#include <unbound.h>
#include <unistd.h>

#include "lib/base/buffer.h"
#include "lib/base/ip.h"
#include "lib/base/log.h"
#include "lib/base/memory.h"
#include "lib/dns/packet.h"
#include "lib/dns/resolver.h"

#define CLASS_IN 1
#define SECURE 2 /* libunbound's word for "validated" */
#define PORTS_MIN 256U
#define PORTS_MAX ((unsigned)RESOLVER_LOOKUPS_MAX)
#define RESOLV_CONF "/etc/resolv.conf"

/* A lookup that libunbound has not answered yet. */
struct request {
    struct request *next, *previous;
    struct upstream *upstream;
    struct dns_question question;
    upstream_done_fn *done;
    void *context;
};

struct upstream {
    struct ub_ctx *context;
    struct request *requests;
    struct arena *scratch; /* of one answer at a time */
    unsigned ports;
    bool is_closing;
};

/*
 * Measured on libunbound 1.17:
 * - With few ports the fifth question of a wave waits for the first (see also ports_for()).
 * - The retry timer adapts to a fast forwarder, and a name that needs 300 ms is given up: begin
 *   at 5 s and retry once. (A low infra-cache-max-rtt would instead let two dead names mark the
 *   forwarder as down for all.)
 * - Answers over 16 KB are of no use to mail and are refused.
 * - The private reverse zones and test. are the forwarder's to know; so is a forwarder on this
 *   machine to be asked.
 * - A server that says "come by TCP" and is silent there holds a connection for seconds. Of ten,
 *   as by default, none would be left, and one that is shared holds up all who share it.
 * - Validation needs a trust anchor and would refuse private zones: left to the forwarder.
 */
static const struct {
    const char *option, *value;
} settings[] = {
    {"module-config:",          "iterator"         },
    {"infra-cache-min-rtt:",    "5000"             },
    {"outbound-msg-retry:",     "1"                },
    {"msg-buffer-size:",        "16384"            },
    {"unblock-lan-zones:",      "yes"              },
    {"local-zone:",             "test. transparent"},
    {"do-not-query-localhost:", "no"               },
    {"outgoing-num-tcp:",       "128"              },
    {"max-reuse-tcp-queries:",  "1"                },
};

static enum err failure_of(struct failure *failure, const char *what, int error)
{
    return failure_set(failure, ERR_IO, "libunbound refuses %s: %s", what, ub_strerror(error));
}

/*
 * Ports are file descriptors. A name that nobody answers holds one for seconds, so that a flood
 * of such names stops all others once the ports are used up: take a quarter of what we may open.
 */
static unsigned ports_for(rlim_t files)
{
    if (files / 4 <= PORTS_MIN)
        return PORTS_MIN;
    return files / 4 >= PORTS_MAX ? PORTS_MAX : (unsigned)(files / 4);
}

static enum err upstream_set_ports(struct upstream *upstream, struct failure *failure)
{
    struct rlimit files = {.rlim_cur = 0};
    char ports[16];
    int error;

    getrlimit(RLIMIT_NOFILE, &files);
    upstream->ports = ports_for(files.rlim_cur);
    snprintf(ports, sizeof ports, "%u", upstream->ports);
    error = ub_ctx_set_option(upstream->context, "outgoing-range:", ports);
    return error == 0 ? ERR_NONE : failure_of(failure, "outgoing-range:", error);
}

static enum err upstream_configure(struct upstream *upstream, struct failure *failure)
{
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        int error = ub_ctx_set_option(upstream->context, settings[i].option, settings[i].value);

        if (error != 0)
            return failure_of(failure, settings[i].option, error);
    }
    return upstream_set_ports(upstream, failure);
}

/* "ADDR" or "ADDR@PORT". */
static bool server_is_valid(struct text server)
{
    size_t at = text_find(server, '@');
    uint64_t port;
    struct ip ip;

    return ip_parse(text_head(server, at), &ip) &&
           (at == server.len ||
               (text_to_number(text_skip(server, at + 1), 65535, &port) && port != 0));
}

static enum err upstream_add_server(
    struct upstream *upstream, const char *server, struct failure *failure)
{
    struct text text = text_from_string(server);
    char safe[80];
    int error;

    if (!server_is_valid(text))
        return failure_set(failure, ERR_SYNTAX,
            "\"%s\" is no name server: expected ADDRESS, ADDRESS@PORT or \"root\"",
            log_safe(text.data, text.len, safe, sizeof safe));
    error = ub_ctx_set_fwd(upstream->context, server);
    return error == 0 ? ERR_NONE : failure_of(failure, server, error);
}

/* Without the file the name server is on this machine (resolv.conf(5)). */
static enum err upstream_add_system_servers(struct upstream *upstream, struct failure *failure)
{
    int error;

    if (access(RESOLV_CONF, F_OK) != 0 && errno == ENOENT)
        return upstream_add_server(upstream, "127.0.0.1", failure);
    error = ub_ctx_resolvconf(upstream->context, RESOLV_CONF);
    return error == 0 ? ERR_NONE : failure_of(failure, RESOLV_CONF, error);
}

static enum err upstream_add_servers(
    struct upstream *upstream, const char *const *servers, size_t count, struct failure *failure)
{
    enum err err = ERR_NONE;

    if (count == 0)
        return upstream_add_system_servers(upstream, failure);
    if (count > RESOLVER_SERVERS_MAX)
        return failure_set(failure, ERR_LIMIT, "%zu name servers are more than the %d permitted",
            count, RESOLVER_SERVERS_MAX);
    if (count == 1 && strcmp(servers[0], "root") == 0)
        return ERR_NONE;
    for (size_t i = 0; err == ERR_NONE && i < count; i++)
        err = upstream_add_server(upstream, servers[i], failure);
    return err;
}

enum err upstream_open(struct event_base *base, const char *const *servers, size_t server_count,
    struct upstream **upstream_r, struct failure *failure)
{
    struct upstream *upstream = memory_alloc_zero(1, sizeof *upstream);
    enum err err;

    upstream->scratch = arena_new();
    upstream->context = ub_ctx_create_event(base);
    if (upstream->context == NULL) {
        upstream_close(&upstream);
        return failure_set(failure, ERR_IO, "libunbound does not start");
    }
    ub_ctx_debugout(upstream->context, NULL);
    err = upstream_configure(upstream, failure);
    if (err == ERR_NONE)
        err = upstream_add_servers(upstream, servers, server_count, failure);
    if (err != ERR_NONE)
        upstream_close(&upstream);
    else
        *upstream_r = upstream;
    return err;
}

size_t upstream_room(const struct upstream *upstream)
{
    return upstream->ports;
}

static void request_free(struct request *request)
{
    *(request->previous != NULL ? &request->previous->next : &request->upstream->requests) =
        request->next;
    if (request->next != NULL)
        request->next->previous = request->previous;
    free(request);
}

void upstream_close(struct upstream **upstream)
{
    if (*upstream == NULL)
        return;
    (*upstream)->is_closing = true;
    if ((*upstream)->context != NULL)
        ub_ctx_delete((*upstream)->context);
    for (struct request *request = (*upstream)->requests, *next; request != NULL; request = next) {
        next = request->next;
        request_free(request);
    }
    arena_free(&(*upstream)->scratch);
    memory_free(upstream);
}

static void request_answer(struct request *request, const struct dns_answer *answer)
{
    upstream_done_fn *done = request->done;
    void *context = request->context;

    request_free(request);
    done(context, answer);
}

/*
 * The callback of libunbound. The rcode given is 0 for NXDOMAIN and for failures out of its cache,
 * so it is read from the packet; where it is not 0 there is no packet to read. A context that is
 * deleted calls back for all that is open.
 */
static void request_on_answer(void *context, int rcode, void *packet, int packet_len, int security,
    char *why_bogus, int was_ratelimited)
{
    static const struct dns_answer temporary = {.status = DNS_TEMPORARY};
    struct request *request = context;
    struct upstream *upstream = request->upstream;
    const struct dns_answer *answer = &temporary;

    (void)why_bogus;
    (void)was_ratelimited;
    if (upstream->is_closing)
        return;
    if (rcode == 0 && packet != NULL && packet_len > 0 && (security == 0 || security == SECURE))
        answer = packet_read(
            packet, (size_t)packet_len, &request->question, security == SECURE, upstream->scratch);
    request_answer(request, answer);
    arena_reset(upstream->scratch);
}

/* Bytes that libunbound's text form of a name gives a meaning to, or that C does, as \DDD. */
static const char *escaped_name(struct text name, struct buffer *out)
{
    for (size_t i = 0; i < name.len; i++)
        if (text_is_alnum(name.data[i]) || name.data[i] == '-' || name.data[i] == '_' ||
            name.data[i] == '.')
            buffer_append_byte(out, name.data[i]);
        else
            buffer_append_format(out, "\\%03u", (unsigned char)name.data[i]);
    buffer_append_byte(out, '.');
    return buffer_string(out);
}

void upstream_ask(struct upstream *upstream, const struct dns_question *question,
    upstream_done_fn *done, void *context)
{
    static const struct dns_answer temporary = {.status = DNS_TEMPORARY};
    struct request *request = memory_alloc_zero(1, sizeof *request);
    struct buffer name = BUFFER_NONE;

    request->upstream = upstream;
    request->question = *question;
    request->done = done;
    request->context = context;
    request->next = upstream->requests;
    if (request->next != NULL)
        request->next->previous = request;
    upstream->requests = request;
    /* Once this succeeds the request may be answered and gone already. */
    if (ub_resolve_event(upstream->context, escaped_name(question->name, &name),
            (int)question->type, CLASS_IN, request, request_on_answer, NULL) != 0)
        request_answer(request, &temporary);
    buffer_done(&name);
}
