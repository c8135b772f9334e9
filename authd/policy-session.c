/* SPDX-License-Identifier: MIT */
#include "authd/policy-session.h"

#include <sodium.h>

#include "authd/authd-metrics.h"
#include "authd/http-request.h"
#include "lib/base/log.h"
#include "lib/base/memory.h"

#define REQUEST_MS 30000

struct policy_session {
    struct connection *connection;
    struct policy_service *service;
    bool is_near;         /* a client on this host */
    struct arena *arena;  /* of one request */
    struct buffer output; /* of one answer */
};

static void reply(struct policy_session *session, int status, struct text body, bool is_last)
{
    buffer_clear(&session->output);
    http_response_append(&session->output, status, body, is_last);
    connection_write(session->connection, buffer_text(&session->output));
}

static void reply_status(struct policy_session *session, int status, bool is_last)
{
    reply(
        session, 200, arena_print(session->arena, "{\"status\":%d,\"msg\":\"\"}", status), is_last);
}

/* Whatever is wrong with a request: the client learns what, the log too. */
static void refuse(struct policy_session *session, const struct http_problem *problem, bool is_last)
{
    log_warning(NULL, "policy: a request was answered with %d: %s", problem->status, problem->text);
    metric_add(&authd_malformed, 1);
    reply(session, problem->status,
        arena_print(session->arena, "{\"error\":\"%s\"}", problem->text), is_last);
}

/* In the same time whatever the two have in common. */
static bool is_key(const char *key, struct text given)
{
    return given.len == strlen(key) && sodium_memcmp(key, given.data, given.len) == 0;
}

static bool may_ask(const struct policy_session *session, const struct http_request *request)
{
    const char *key = session->service->key;

    return key[0] != '\0' ? is_key(key, request->key) : session->is_near;
}

static void answer(struct policy_session *session, struct http_request *request)
{
    struct policy *policy = session->service->policy;
    struct policy_request asked;
    struct http_problem problem = {400, NULL};

    if (!may_ask(session, request)) {
        request->is_last = true;
        refuse(session, &(struct http_problem){403, "the key is missing or wrong"}, true);
        return;
    }
    if (!text_equals(request->method, TEXT("POST"))) {
        refuse(session, &(struct http_problem){405, "the method is not POST"}, request->is_last);
        return;
    }
    if (!policy_request_parse(
            request->query, request->body, session->arena, &asked, &problem.text)) {
        refuse(session, &problem, request->is_last);
        return;
    }
    policy_settle(policy, &asked, session->arena);
    if (asked.command == POLICY_ALLOW) {
        reply_status(session, policy_answer(policy, &asked, session->arena), request->is_last);
    } else {
        policy_report(policy, &asked, session->arena);
        reply_status(session, 0, request->is_last);
    }
}

static enum connection_step on_input(void *state, char *input, size_t len, size_t *taken_r)
{
    struct policy_session *session = state;
    struct http_request request;
    struct http_problem problem;
    bool is_last = true;

    switch (http_request_parse(text_from_bytes(input, len), &request, taken_r, &problem)) {
    case HTTP_PART:
        return CONNECTION_WANTS;
    case HTTP_BAD:
        refuse(session, &problem, true);
        break;
    case HTTP_WHOLE:
        answer(session, &request);
        is_last = request.is_last;
        break;
    }
    arena_reset(session->arena);
    return is_last ? CONNECTION_ENDS : CONNECTION_TOOK;
}

static bool on_is_busy(const void *state)
{
    (void)state;
    return false;
}

static void on_timeout(void *state)
{
    (void)state;
    log_warning(NULL, "policy: half a request or an answer not taken for %d s, connection closed",
        REQUEST_MS / 1000);
}

static void on_closed(void *state)
{
    struct policy_session *session = state;

    arena_free(&session->arena);
    buffer_done(&session->output);
    free(session);
}

const struct connection_handler policy_session_handler = {
    .input_max = HTTP_REQUEST_MAX,
    .request_ms = REQUEST_MS,
    .input = on_input,
    .is_busy = on_is_busy,
    .timeout = on_timeout,
    .closed = on_closed,
};

static bool is_near(int fd)
{
    struct sockaddr_storage peer = {.ss_family = AF_UNSPEC};
    socklen_t len = sizeof peer;
    struct ip ip;

    if (getpeername(fd, (struct sockaddr *)&peer, &len) != 0)
        return false;
    ip = ip_from_sockaddr((const struct sockaddr *)&peer);
    return peer.ss_family == AF_UNIX || ip_is_loopback(&ip);
}

void policy_session_open(struct connection_group *group, struct policy_service *service, int fd)
{
    bool peer_is_near = is_near(fd);
    struct connection *connection = connection_open(group, fd);
    struct policy_session *session;

    if (connection == NULL)
        return;
    session = memory_alloc_zero(1, sizeof *session);
    session->connection = connection;
    session->service = service;
    session->is_near = peer_is_near;
    session->arena = arena_new();
    buffer_init(&session->output);
    connection_set_state(connection, session);
}
