/* SPDX-License-Identifier: MIT */
#include "lib/service/control.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/array.h"
#include "lib/base/log.h"
#include "lib/base/memory.h"

/* Out of descriptors: others get time to close theirs, as in listeners.c. */
#define PAUSE_S 1

struct word_set {
    const struct service_word *words;
    size_t count;
    void *state;
};

struct client {
    struct control *control;
    struct bufferevent *stream;
    bool privileged;
    bool answered;
    struct client *next, **link;
};

struct control {
    struct event_base *base;
    struct event *accept, *pause;
    ARRAY(struct word_set) sets;
    struct client *clients;
    unsigned client_count;
};

static const struct service_word *find_word(
    const struct control *control, struct text name, void **state_r)
{
    for (size_t i = 0; i < control->sets.count; i++) {
        const struct word_set *set = &control->sets.items[i];

        for (size_t j = 0; j < set->count; j++) {
            if (!text_equals(name, text_from_string(set->words[j].word)))
                continue;
            *state_r = set->state;
            return &set->words[j];
        }
    }
    return NULL;
}

static void answer_help(const struct control *control, struct buffer *answer)
{
    buffer_append_string(answer, "OK\n");
    for (size_t i = 0; i < control->sets.count; i++)
        for (size_t j = 0; j < control->sets.items[i].count; j++) {
            const struct service_word *word = &control->sets.items[i].words[j];

            buffer_append_format(
                answer, "%-10s %s%s\n", word->word, word->help, word->changes ? " (root)" : "");
        }
}

/* An error's reason is what the word wrote, on one line, or the words for its code. */
static void append_error(enum err err, struct buffer *text, struct buffer *answer)
{
    for (size_t i = 0; i < text->len; i++)
        if (text->data[i] == '\n')
            text->data[i] = i + 1 < text->len ? ' ' : '\0';
    buffer_append_format(
        answer, "ERROR %s\n", text->len != 0 ? buffer_string(text) : err_text(err));
}

void control_answer(
    const struct control *control, struct text line, bool privileged, struct buffer *answer)
{
    struct text request = text_trim(line);
    struct text name = text_head(request, text_find(request, ' '));
    struct text arguments = text_trim(text_skip(request, name.len));
    struct buffer text = BUFFER_NONE;
    void *state = NULL;
    const struct service_word *word = find_word(control, name, &state);
    enum err err;

    if (text_equals(name, TEXT("help"))) {
        answer_help(control, answer);
        return;
    }
    if (word == NULL) {
        buffer_append_string(answer, "ERROR unknown word; try \"help\"\n");
        return;
    }
    if (word->changes && !privileged) {
        buffer_append_format(answer, "ERROR only root may use \"%s\"\n", word->word);
        return;
    }
    err = word->run(state, arguments, &text);
    if (err == ERR_NONE) {
        buffer_append_string(answer, "OK\n");
        buffer_append(answer, buffer_string(&text), text.len);
    } else {
        append_error(err, &text, answer);
    }
    buffer_done(&text);
}

static void client_free(struct client *client)
{
    *client->link = client->next;
    if (client->next != NULL)
        client->next->link = client->link;
    client->control->client_count--;
    bufferevent_free(client->stream);
    free(client);
}

static void reply(struct client *client, const struct buffer *answer)
{
    client->answered = true;
    bufferevent_disable(client->stream, EV_READ);
    if (bufferevent_write(client->stream, answer->data, answer->len) != 0)
        client_free(client);
}

static void on_read(struct bufferevent *stream, void *context)
{
    struct client *client = context;
    struct evbuffer *input = bufferevent_get_input(stream);
    struct buffer answer = BUFFER_NONE;
    size_t len;
    char *line;

    if (client->answered)
        return;
    line = evbuffer_readln(input, &len, EVBUFFER_EOL_LF);
    if (line == NULL && evbuffer_get_length(input) <= CONTROL_LINE_MAX)
        return;
    if (line == NULL || len > CONTROL_LINE_MAX)
        buffer_append_string(&answer, "ERROR the request is too long\n");
    else
        control_answer(client->control, text_from_bytes(line, len), client->privileged, &answer);
    free(line);
    reply(client, &answer);
    buffer_done(&answer);
}

static void on_written(struct bufferevent *stream, void *context)
{
    struct client *client = context;

    (void)stream;
    if (client->answered)
        client_free(client);
}

/* The end of the client's input is none of ours: "echo status | nc" closes its side early. */
static void on_event(struct bufferevent *stream, short what, void *context)
{
    struct client *client = context;

    (void)stream;
    if ((what & BEV_EVENT_EOF) != 0 && client->answered)
        return;
    client_free(client);
}

static bool is_privileged(int fd)
{
    struct ucred peer;
    socklen_t len = sizeof peer;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
        return false;
    return peer.uid == 0 || peer.uid == geteuid();
}

static void client_new(struct control *control, int fd)
{
    const struct timeval timeout = {.tv_sec = CONTROL_TIMEOUT_S};
    struct client *client = memory_alloc_zero(1, sizeof *client);

    client->control = control;
    client->privileged = is_privileged(fd);
    client->stream = bufferevent_socket_new(control->base, fd, BEV_OPT_CLOSE_ON_FREE);
    if (client->stream == NULL)
        memory_exhausted();
    client->link = &control->clients;
    client->next = control->clients;
    if (client->next != NULL)
        client->next->link = &client->next;
    control->clients = client;
    control->client_count++;
    bufferevent_setcb(client->stream, on_read, on_written, on_event, client);
    bufferevent_set_timeouts(client->stream, &timeout, &timeout);
    bufferevent_enable(client->stream, EV_READ | EV_WRITE);
}

static void on_pause_over(evutil_socket_t fd, short what, void *context)
{
    struct control *control = context;

    (void)fd;
    (void)what;
    event_add(control->accept, NULL);
}

/* The connection that cannot be taken would call us again at once, for as long as it is so. */
static void pause_accepting(struct control *control)
{
    const struct timeval delay = {.tv_sec = PAUSE_S};

    log_error(NULL, "control: cannot accept connections for now: %s", strerror(errno));
    event_del(control->accept);
    event_add(control->pause, &delay);
}

static void on_accept(evutil_socket_t fd, short what, void *context)
{
    struct control *control = context;
    int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    (void)what;
    if (client < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            pause_accepting(control);
        return;
    }
    if (control->client_count >= CONTROL_CONNECTIONS_MAX) {
        log_debug(NULL, "control: more than %d connections", CONTROL_CONNECTIONS_MAX);
        close(client);
        return;
    }
    client_new(control, client);
}

char *control_address(const char *run_directory, const char *name)
{
    struct buffer address = BUFFER_NONE;

    buffer_append_format(&address, "unix:%s/%s.control", run_directory, name);
    return address.data;
}

struct control *control_new(struct event_base *base, int fd)
{
    struct control *control = memory_alloc_zero(1, sizeof *control);

    control->base = base;
    control->accept = event_new(base, fd, EV_READ | EV_PERSIST, on_accept, control);
    control->pause = event_new(base, -1, 0, on_pause_over, control);
    if (control->accept == NULL || control->pause == NULL || event_add(control->accept, NULL) != 0)
        control_free(&control);
    return control;
}

void control_add_words(
    struct control *control, const struct service_word *words, size_t count, void *state)
{
    const struct word_set set = {.words = words, .count = count, .state = state};

    array_push(&control->sets, set);
}

/* The loop, which would send it, has ended. A bufferevent keeps its output frozen meanwhile. */
static void flush(struct client *client)
{
    struct evbuffer *output = bufferevent_get_output(client->stream);

    if (evbuffer_unfreeze(output, 1) == 0)
        (void)evbuffer_write(output, bufferevent_getfd(client->stream));
}

void control_free(struct control **control)
{
    if (*control == NULL)
        return;
    for (struct client *client = (*control)->clients, *next; client != NULL; client = next) {
        next = client->next;
        flush(client);
        client_free(client);
    }
    if ((*control)->accept != NULL)
        event_free((*control)->accept);
    if ((*control)->pause != NULL)
        event_free((*control)->pause);
    array_done(&(*control)->sets);
    memory_free(control);
}
