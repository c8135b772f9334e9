/* SPDX-License-Identifier: MIT */
#include "authd/login-session.h"

#include <sys/socket.h>
#include <unistd.h>

#include "authd/authd-metrics.h"
#include "authd/login-list.h"
#include "authd/login-reply.h"
#include "lib/base/log.h"
#include "lib/base/memory.h"

#define REQUEST_MS 30000

/* Where a verification under way knows its session by. */
struct place {
    struct login_session *session;
    struct verify *verify; /* NULL: free */
};

struct login_session {
    struct login_service *service;
    struct connection *connection;
    struct place places[LOGIN_PIPELINE_MAX];
    size_t verify_count;
    struct login_list *list; /* NULL: none is under way */
    uint32_t list_id;
    struct arena *arena;  /* of one request */
    struct buffer output; /* of one answer */
    bool is_greeted, may_list;
};

static void send_output(struct login_session *session)
{
    connection_write(session->connection, buffer_text(&session->output));
    buffer_clear(&session->output);
}

static void reply_status(
    struct login_session *session, uint32_t id, const char *status, const char *reason)
{
    login_reply_status(
        &session->output, id, status, reason != NULL ? "reason" : NULL, text_from_string(reason));
    send_output(session);
}

/* The client gets a temporary failure, the log the reason. */
static void reply_failure(struct login_session *session, uint32_t id, const struct failure *failure)
{
    reply_status(
        session, id, "temporary", verifier_note_failure(session->service->verifier, failure));
}

static enum connection_step refuse(struct login_session *session, const char *problem)
{
    log_warning(NULL, "login: malformed request, connection closed: %s", problem);
    metric_add(&authd_malformed, 1);
    login_reply_error(&session->output, problem);
    send_output(session);
    return CONNECTION_ENDS;
}

/* --- verify --------------------------------------------------------------------------------- */

static void on_verified(void *context, uint32_t id, enum verify_result result,
    const struct account *account, const char *reason)
{
    struct place *place = context;
    struct login_session *session = place->session;

    if (place->verify != NULL) {
        place->verify = NULL;
        session->verify_count--;
        connection_resume(session->connection);
    }
    if (account != NULL)
        login_reply_account(&session->output, id, account);
    else if (result == VERIFY_REFUSED)
        login_reply_refused(&session->output, id, reason);
    else
        login_reply_status(&session->output, id, verify_result_word(result),
            reason != NULL ? "reason" : NULL, text_from_string(reason));
    send_output(session);
}

static void take_verify(struct login_session *session, const struct login_request *request)
{
    struct place *place = session->places;

    while (place->verify != NULL)
        place++;
    place->session = session;
    place->verify = verify_start(session->service->verifier, request, on_verified, place);
    if (place->verify != NULL)
        session->verify_count++;
}

/* --- lookup --------------------------------------------------------------------------------- */

/* The user without the password: for delivery, so one who is switched off is found too. */
static enum err look_up(struct login_session *session, const struct login_request *request,
    struct account *account_r, struct failure *failure)
{
    struct verifier *verifier = session->service->verifier;
    struct text address;
    struct user user;
    enum err err;

    if (request->user.len > USER_ADDRESS_MAX ||
        !account_address_fold(request->user, false, session->arena, &address))
        return ERR_ABSENT;
    err = directory_user(verifier->directory, address, session->arena, &user, failure);
    if (err == ERR_NONE)
        err = account_of_user(&verifier->rule, &user, session->arena, account_r, failure);
    return err;
}

static void take_lookup(struct login_session *session, const struct login_request *request)
{
    struct account account;
    struct failure failure;
    enum err err = look_up(session, request, &account, &failure);

    if (err == ERR_NONE) {
        login_reply_account(&session->output, request->id, &account);
        send_output(session);
    } else if (err == ERR_ABSENT) {
        reply_status(session, request->id, "unknown", NULL);
    } else {
        reply_failure(session, request->id, &failure);
    }
}

/* --- list ----------------------------------------------------------------------------------- */

static void list_ends(struct login_session *session)
{
    login_list_close(&session->list);
    connection_resume(session->connection);
}

/* Writes names until the client has enough to read for now. */
static void list_on(struct login_session *session)
{
    struct text address;
    struct failure failure;
    enum err err = ERR_NONE;

    while (session->list != NULL && !connection_is_full(session->connection)) {
        err = login_list_next(session->list, &address, &failure);
        if (err == ERR_NONE) {
            login_reply_status(&session->output, session->list_id, "item", "user", address);
            send_output(session);
            continue;
        }
        if (err == ERR_ABSENT)
            reply_status(session, session->list_id, "end", NULL);
        else
            reply_failure(session, session->list_id, &failure);
        list_ends(session);
    }
}

static void take_list(struct login_session *session, const struct login_request *request)
{
    struct failure failure;

    if (!session->may_list) {
        log_warning(NULL, "login: a client that may not list the users asked for the list");
        reply_status(session, request->id, "denied", "only root and dovecot may list the users");
        return;
    }
    session->list_id = request->id;
    if (login_list_open(session->service->verifier->directory, &session->list, &failure) !=
        ERR_NONE)
        reply_failure(session, request->id, &failure);
    else
        list_on(session);
}

/* --- the connection ------------------------------------------------------------------------- */

static enum connection_step take_greeting(struct login_session *session, struct text line)
{
    if (!login_request_is_greeting(line))
        return refuse(session, "this is " LOGIN_PROTOCOL " version " LOGIN_VERSION);
    session->is_greeted = true;
    buffer_append_string(&session->output, LOGIN_PROTOCOL "\t" LOGIN_VERSION "\n");
    send_output(session);
    return CONNECTION_TOOK;
}

/* What the settings say of names and addresses. */
static void settle(struct login_session *session, struct login_request *request)
{
    const struct login_service *service = session->service;

    request->user = account_complete(request->user, service->realm, session->arena);
    request->remote = proxies_client_text(service->proxies, request->remote, request->real_remote);
}

static enum connection_step take_line(struct login_session *session, char *line, size_t len)
{
    struct login_request request;
    const char *problem;

    if (!session->is_greeted)
        return take_greeting(session, text_from_bytes(line, len));
    if (!login_request_parse(line, len, &request, &problem))
        return refuse(session, problem);
    settle(session, &request);
    switch (request.verb) {
    case LOGIN_VERIFY:
        take_verify(session, &request);
        break;
    case LOGIN_LOOKUP:
        take_lookup(session, &request);
        break;
    case LOGIN_LIST:
        take_list(session, &request);
        break;
    }
    arena_reset(session->arena);
    return CONNECTION_TOOK;
}

static enum connection_step on_input(void *state, char *input, size_t len, size_t *taken_r)
{
    struct login_session *session = state;
    const char *end;

    if (session->verify_count == LOGIN_PIPELINE_MAX || session->list != NULL)
        return CONNECTION_WANTS;
    end = memchr(input, '\n', len);
    if (end == NULL)
        return len < LOGIN_LINE_MAX ? CONNECTION_WANTS : refuse(session, "a line is too long");
    *taken_r = (size_t)(end - input) + 1;
    return take_line(session, input, (size_t)(end - input));
}

static bool on_is_busy(const void *state)
{
    const struct login_session *session = state;

    return session->verify_count != 0 || session->list != NULL;
}

static void on_room(void *state)
{
    list_on(state);
}

static void on_timeout(void *state)
{
    (void)state;
    log_warning(NULL, "login: half a request or an answer not taken for %d s, connection closed",
        REQUEST_MS / 1000);
}

static void on_closed(void *state)
{
    struct login_session *session = state;

    for (size_t i = 0; i < LOGIN_PIPELINE_MAX; i++)
        if (session->places[i].verify != NULL)
            verify_forget(session->places[i].verify);
    login_list_close(&session->list);
    arena_free(&session->arena);
    buffer_done(&session->output);
    free(session);
}

const struct connection_handler login_session_handler = {
    .input_max = LOGIN_LINE_MAX,
    .request_ms = REQUEST_MS,
    .input = on_input,
    .is_busy = on_is_busy,
    .room = on_room,
    .timeout = on_timeout,
    .closed = on_closed,
};

/* Over TCP nobody knows who asks: no list. */
static bool peer_may_list(const struct login_service *service, int fd)
{
    struct ucred peer;
    int domain = 0;
    socklen_t peer_len = sizeof peer, domain_len = sizeof domain;

    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &domain_len) != 0 || domain != AF_UNIX ||
        getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &peer_len) != 0)
        return false;
    return peer.uid == 0 || peer.uid == service->list_uid || peer.uid == geteuid();
}

void login_session_open(struct connection_group *group, struct login_service *service, int fd)
{
    bool may_list = peer_may_list(service, fd);
    struct connection *connection = connection_open(group, fd);
    struct login_session *session;

    if (connection == NULL)
        return;
    session = memory_alloc_zero(1, sizeof *session);
    session->service = service;
    session->connection = connection;
    session->may_list = may_list;
    session->arena = arena_new();
    buffer_init(&session->output);
    connection_set_state(connection, session);
}
