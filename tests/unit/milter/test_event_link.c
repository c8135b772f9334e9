/* SPDX-License-Identifier: MIT */
/*
 * One connection without its loop, over a pair of sockets of which ours holds little: what does not
 * go through waits, and all of it is told apart from what is over.
 */
#include "milter/event-link.h"

#include <libmilter/mfdef.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/base/memory.h"
#include "tests/unit/milter/noting-session.h"
#include "tests/unit/unit.h"

/* Answers to all of them are more than our socket holds, and less than is put out at a time. */
#define MANY 10000

struct ground {
    struct roster roster;
    struct conversation_terms terms;
    struct event_inbox inbox;
    struct buffer out;
    struct event_ground ground;
    struct event_link *link;
    int other; /* the mail server's side */
};

static void begin(struct ground *ground)
{
    const int little = 1;
    struct failure failure;
    int pair[2];

    log_open("test", LOG_TO_NOWHERE);
    memset(ground, 0, sizeof *ground);
    ground->roster = (struct roster)ROSTER_NONE;
    ground->roster.max = 1;
    ground->terms = (struct conversation_terms){
        .roster = &ground->roster, .is_unix = true, .resume = event_link_on_resumed};
    assert_int_equal(event_inbox_init(&ground->inbox, &failure), ERR_NONE);
    ground->ground = (struct event_ground){.terms = &ground->terms,
        .inbox = &ground->inbox,
        .poll_fd = epoll_create1(EPOLL_CLOEXEC),
        .bytes = memory_alloc(EVENT_LINK_READ),
        .out = &ground->out};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    assert_int_equal(setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &little, sizeof little), 0);
    ground->link = event_link_new(&ground->ground, pair[0]);
    assert_non_null(ground->link);
    ground->other = pair[1];
}

static void end(struct ground *ground)
{
    if (ground->link != NULL)
        event_link_free(&ground->link);
    assert_int_equal(noting_session_count, 0);
    assert_int_equal(ground->roster.answered + ground->roster.in_message, 0);
    close(ground->other);
    close(ground->ground.poll_fd);
    event_inbox_done(&ground->inbox);
    buffer_done(&ground->out);
    free(ground->ground.bytes);
}

static void say(const struct ground *ground, const char *command, size_t len)
{
    const char head[4] = {0, 0, 0, (char)len};

    assert_int_equal(send(ground->other, head, sizeof head, 0), sizeof head);
    assert_int_equal(send(ground->other, command, len, 0), len);
}

#define SAY(ground, literal) say(ground, literal, sizeof(literal) - 1)

/* What has come in answer. */
static size_t hear(const struct ground *ground, struct buffer *heard)
{
    ssize_t got = recv(ground->other, buffer_reserve(heard, 4096), 4096, 0);

    if (got <= 0)
        return 0;
    heard->len += (size_t)got;
    return (size_t)got;
}

/* Each command is answered, and all of them are said. */
static void say_many(struct ground *ground)
{
    static char commands[MANY * 5];

    SAY(ground, "O\0\0\0\6\0\0\1\377\0\0\0\0");
    SAY(ground, "Cname\0004\22\064192.0.2.1\0");
    for (size_t i = 0; i < sizeof commands; i += 5)
        memcpy(commands + i, "\0\0\0\1U", 5);
    assert_int_equal(send(ground->other, commands, sizeof commands, 0), sizeof commands);
}

static void assert_heard_all(const struct buffer *heard, size_t answers)
{
    struct text rest = buffer_text(heard);
    struct protocol_command answer;
    struct failure failure;
    size_t count = 0;

    while (protocol_command_take(&rest, &answer, &failure) == ERR_NONE)
        count += answer.name == SMFIR_CONTINUE;
    assert_int_equal(rest.len, 0);
    assert_int_equal(count, answers);
}

/* Who says goodbye before it has read all answers gets them first. */
static void test_says_goodbye_unread(void **state)
{
    struct buffer heard = BUFFER_NONE;
    struct ground ground;
    bool goes_on;

    (void)state;
    begin(&ground);
    say_many(&ground);
    SAY(&ground, "Q");
    assert_true(event_link_ready(ground.link, EPOLLIN));
    assert_int_equal(ground.link->interest, EPOLLOUT);
    assert_true(ground.link->is_ending);
    do {
        while (hear(&ground, &heard) != 0)
            ;
        goes_on = event_link_ready(ground.link, EPOLLOUT);
    } while (goes_on);
    while (hear(&ground, &heard) != 0)
        ;
    assert_heard_all(&heard, MANY + 1);
    buffer_done(&heard);
    end(&ground);
}

/* A message in flight until its answer is out, whatever was to be written before it. */
static void test_an_answer_behind_others(void **state)
{
    struct buffer heard = BUFFER_NONE;
    struct ground ground;

    (void)state;
    begin(&ground);
    say_many(&ground);
    SAY(&ground, "M<a@b>\0");
    SAY(&ground, "E");
    assert_true(event_link_ready(ground.link, EPOLLIN));
    assert_int_equal(ground.link->interest, EPOLLOUT);
    assert_int_equal(ground.roster.answered, 1);
    assert_int_equal(ground.roster.in_message, 0);
    while (ground.link->interest == EPOLLOUT) {
        assert_int_equal(ground.roster.answered, 1);
        while (hear(&ground, &heard) != 0)
            ;
        assert_true(event_link_ready(ground.link, EPOLLOUT));
    }
    assert_int_equal(ground.roster.answered, 0);
    while (hear(&ground, &heard) != 0)
        ;
    assert_heard_all(&heard, MANY + 3);
    buffer_done(&heard);
    end(&ground);
}

/* Gone with what it was to be told: over, and not once more. */
static void test_vanishes_unread(void **state)
{
    struct ground ground;

    (void)state;
    begin(&ground);
    say_many(&ground);
    assert_true(event_link_ready(ground.link, EPOLLIN));
    assert_int_equal(shutdown(ground.other, SHUT_RDWR), 0);
    assert_false(event_link_ready(ground.link, EPOLLOUT | EPOLLHUP));
    end(&ground);
}

/* A message waits, its wave comes in, and the mail server is gone before it is looked at. */
static void test_is_resumed_and_gone(void **state)
{
    struct ground ground;

    (void)state;
    begin(&ground);
    SAY(&ground, "O\0\0\0\6\0\0\1\377\0\37\377\377");
    SAY(&ground, "Cname\0004\22\064192.0.2.1\0");
    SAY(&ground, "M<a@b>\0");
    SAY(&ground, "DEi\0later\0");
    SAY(&ground, "E");
    assert_true(event_link_ready(ground.link, EPOLLIN));
    assert_true(ground.link->conversation.is_parked);
    event_link_on_resumed(ground.link);
    event_link_on_resumed(ground.link);
    assert_int_equal(shutdown(ground.other, SHUT_RDWR), 0);
    assert_false(event_link_ready(ground.link, EPOLLIN | EPOLLHUP));
    event_link_free(&ground.link);
    event_inbox_open(&ground.inbox);
    assert_null(event_inbox_take(&ground.inbox));
    end(&ground);
}

UNIT_MAIN(cmocka_unit_test(test_says_goodbye_unread),
    cmocka_unit_test(test_an_answer_behind_others), cmocka_unit_test(test_vanishes_unread),
    cmocka_unit_test(test_is_resumed_and_gone))
