/* SPDX-License-Identifier: MIT */
#include "authd/socketmap-session.h"

#include "authd/authd-metrics.h"
#include "authd/socketmap-request.h"
#include "authd/table.h"
#include "lib/base/log.h"
#include "lib/base/memory.h"

#define REQUEST_MS 30000
#define NAME_LOG_MAX 400

struct socketmap_session {
    struct connection *connection;
    struct directory *directory;
    struct arena *arena;  /* of one request */
    struct buffer value;  /* of one answer */
    struct buffer output; /* of one answer, as it is sent */
};

static void reply(struct socketmap_session *session, const char *word, struct text text)
{
    buffer_clear(&session->output);
    socketmap_reply_append(&session->output, word, text);
    connection_write(session->connection, buffer_text(&session->output));
}

/* The client is told little; the log has the whole reason, once per cause. */
static void reply_failure(struct socketmap_session *session,
    const struct socketmap_request *request, enum err err, const struct failure *failure)
{
    char key[NAME_LOG_MAX];

    metric_add(&authd_lookups_failed, 1);
    if (err == ERR_LIMIT) {
        log_warning(NULL, "lookup: table=%.*s key=<%s>: %s", TEXT_ARGS(request->table),
            log_safe(request->key.data, request->key.len, key, sizeof key), failure->text);
        reply(session, "PERM", text_from_string(failure->text));
        return;
    }
    if (directory_is_news(session->directory, failure))
        log_error(NULL, "lookups get a temporary failure: %s", failure->text);
    reply(session, "TEMP", TEXT("the database cannot be read now"));
}

/* The bytes are overwritten, not only forgotten. */
static void wipe(struct buffer *buffer)
{
    memory_wipe(buffer->data, buffer->len);
    buffer_clear(buffer);
}

static void answer(struct socketmap_session *session, const struct socketmap_request *request)
{
    const struct table *table = table_find(request->table);
    struct failure failure = {ERR_NONE, ""};
    enum err err;

    if (table == NULL) {
        log_warning(NULL, "lookup: there is no such table: see gatepost-authd(8)");
        reply(session, "PERM", TEXT("there is no such table"));
        return;
    }
    buffer_clear(&session->value);
    err =
        table->answer(session->directory, request->key, session->arena, &session->value, &failure);
    if (err == ERR_NONE)
        reply(session, "OK", buffer_text(&session->value));
    else if (err == ERR_ABSENT)
        reply(session, "NOTFOUND", TEXT_NONE);
    else
        reply_failure(session, request, err, &failure);
    if (table->is_secret) {
        wipe(&session->value);
        wipe(&session->output);
    }
    if (err == ERR_NONE)
        metric_add(&authd_lookups_found, 1);
    else if (err == ERR_ABSENT)
        metric_add(&authd_lookups_absent, 1);
}

static enum connection_step on_input(void *state, char *input, size_t len, size_t *taken_r)
{
    struct socketmap_session *session = state;
    struct socketmap_request request;
    const char *problem;

    switch (socketmap_request_parse(text_from_bytes(input, len), &request, taken_r, &problem)) {
    case SOCKETMAP_PART:
        return CONNECTION_WANTS;
    case SOCKETMAP_BAD:
        log_warning(NULL, "lookup: malformed request, connection closed: %s", problem);
        metric_add(&authd_malformed, 1);
        return CONNECTION_ENDS;
    case SOCKETMAP_WHOLE:
        break;
    }
    answer(session, &request);
    arena_reset(session->arena);
    return CONNECTION_TOOK;
}

static bool on_is_busy(const void *state)
{
    (void)state;
    return false;
}

static void on_timeout(void *state)
{
    (void)state;
    log_warning(NULL, "lookup: half a request or an answer not taken for %d s, connection closed",
        REQUEST_MS / 1000);
}

static void on_closed(void *state)
{
    struct socketmap_session *session = state;

    arena_free(&session->arena);
    buffer_done(&session->value);
    buffer_done(&session->output);
    free(session);
}

const struct connection_handler socketmap_session_handler = {
    .input_max = SOCKETMAP_REQUEST_MAX,
    .request_ms = REQUEST_MS,
    .input = on_input,
    .is_busy = on_is_busy,
    .timeout = on_timeout,
    .closed = on_closed,
};

void socketmap_session_open(struct connection_group *group, struct directory *directory, int fd)
{
    struct connection *connection = connection_open(group, fd);
    struct socketmap_session *session;

    if (connection == NULL)
        return;
    session = memory_alloc_zero(1, sizeof *session);
    session->connection = connection;
    session->directory = directory;
    session->arena = arena_new();
    buffer_init(&session->value);
    buffer_init(&session->output);
    connection_set_state(connection, session);
}
