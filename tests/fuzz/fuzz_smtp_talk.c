/* SPDX-License-Identifier: MIT */

/*
 * What servers of anybody answer to the calls of mailctl check. The first byte says which call it
 * is, the rest is all that the server ever says, cut where it waits for us.
 */

#include "mailctl/check/call-talk.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define PIECE_END 0xfe
#define PIECES_MAX 64 /* what a socket takes without anybody reading */
#define REPLY_MAX 65536
#define SHOWN_MAX ((size_t)CALL_REPLY_MAX * 4) /* a byte becomes "\ooo" */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct call_speech speeches[] = {
    {"220",  NULL,             NULL  },
    {"* OK", "a STARTTLS\r\n", "a OK"},
    {"+OK",  "STLS\r\n",       "+OK" },
    {"OK",   "STARTTLS\r\n",   "OK"  },
    {NULL,   NULL,             NULL  },
};
#define SPEECH_COUNT (sizeof speeches / sizeof *speeches)

static void assert_shown(struct text text)
{
    assert(text.len <= SHOWN_MAX && !text_has_control(text));
}

static void call_as_client(struct smtp_probe *probe, size_t which)
{
    struct call_server facts = {.problem = TEXT("")};

    call_talk_server(probe, &speeches[which], TEXT("mail.example.org"), &facts);
    assert_shown(facts.problem);
    assert(facts.has_tls == (facts.problem.len == 0));
    assert(!facts.is_dumb || !facts.has_tls);
}

static void call_as_stranger(struct smtp_probe *probe)
{
    struct call_relay facts = {.reply = TEXT("")};

    call_talk_relay(probe, TEXT("mail.example.org"), TEXT("a@example.net"), &facts);
    assert_shown(facts.reply);
    assert(facts.reply.len != 0);
    assert(facts.has_reply ? facts.code / 100 == 2 || facts.code / 100 == 4 || facts.code / 100 == 5
                           : facts.code == 0);
}

static void call_as_neighbour(struct smtp_probe *probe)
{
    struct call_outside facts = {.reply = TEXT("")};

    call_talk_outside(probe, &facts);
    assert_shown(facts.reply);
    assert(facts.reply.len != 0);
}

static void talk(struct smtp_probe *probe, unsigned which)
{
    if (which < SPEECH_COUNT)
        call_as_client(probe, which);
    else if (which == SPEECH_COUNT)
        call_as_stranger(probe);
    else
        call_as_neighbour(probe);
}

/* Roots of this machine make no answer another one, and take long to read. */
static void begin(void)
{
    (void)signal(SIGPIPE, SIG_IGN);
    (void)setenv("SSL_CERT_FILE", "/dev/null", 1);
    (void)setenv("SSL_CERT_DIR", "/dev/null", 1);
}

/* Each piece is a packet of its own, and comes alone. */
static void say_all(int fd, struct text all)
{
    struct text piece;

    for (size_t i = 0; i < PIECES_MAX && all.len != 0; i++) {
        if (!text_split(&all, (char)PIECE_END, &piece))
            break;
        if (piece.len != 0 && send(fd, piece.data, piece.len, MSG_DONTWAIT) < 0)
            break;
    }
    (void)shutdown(fd, SHUT_WR);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct smtp_probe probe = {.fd = -1};
    int pair[2];

    begin();
    if (size == 0 || size > REPLY_MAX || socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) != 0)
        return 0;
    say_all(pair[1], text_from_bytes((const char *)data + 1, size - 1));
    probe.fd = pair[0];
    probe.arena = arena_new();
    talk(&probe, data[0] % (SPEECH_COUNT + 2));
    smtp_probe_close(&probe);
    arena_free(&probe.arena);
    close(pair[1]);
    return 0;
}
