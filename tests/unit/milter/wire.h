/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A mail server's side of the milter protocol, for tests: packets over a unix socket, read within
 * a time that no working milter needs.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_PACKET_MAX 70000
#define WIRE_CHANGES_MAX 32
#define WIRE_TIMEOUT_MS 20000

#define WIRE_ALL_ACTIONS 0x1ffU
#define WIRE_ALL_STEPS 0x1fffffU

struct wire {
    int fd;
    uint32_t actions, steps; /* as negotiated */
    char macros[1024];       /* "0=j {client_addr} …;5=i;" as asked for */
};

struct wire_packet {
    char command; /* 0: the other side closed */
    size_t len;
    char data[WIRE_PACKET_MAX + 1];
};

/* A listening unix socket in a new folder; path_r has room for 108 bytes. */
int wire_listen(char *path_r);
/* The same over TCP, on loopback; path_r becomes "inet:PORT". */
int wire_listen_tcp(char *path_r);
void wire_unlisten(int fd, const char *path);

/* -1 where nobody listens. */
int wire_connect(const char *path);
/* Connects and negotiates. */
void wire_open(struct wire *wire, const char *path, uint32_t actions, uint32_t steps);
/* QUIT; the milter has let go of the connection when this returns. */
void wire_close(struct wire *wire);

void wire_send(struct wire *wire, char command, const void *data, size_t len);
void wire_receive(struct wire *wire, struct wire_packet *packet_r);
/* pairs: name, value, ..., NULL. */
void wire_macros(struct wire *wire, char stage, const char *const *pairs);

/* The stages of a message, without waiting for answers. */
void wire_say_connect(struct wire *wire, const char *ip, uint16_t port);
/* The same with Postfix's names of the client; ptr NULL: not told. */
void wire_say_client(
    struct wire *wire, const char *ip, uint16_t port, const char *name, const char *ptr);
void wire_say_mail(struct wire *wire, const char *sender, const char *login);
void wire_say_header(struct wire *wire, const char *name, const char *value);
void wire_say_rcpt(struct wire *wire);                   /* and DATA */
void wire_say_rest(struct wire *wire, const char *from); /* the last fields to the body */
void wire_say_end(struct wire *wire, const char *queue_id);

/* What came in answer to the end of message. */
struct wire_answer {
    char verdict;       /* SMFIR_* */
    char reply[512];    /* of SMFIR_REPLYCODE */
    char changes[8192]; /* "i0:Name: value|m1:Name:|" */
};
void wire_read_answer(struct wire *wire, struct wire_answer *answer_r);

/*
 * Waits until no other thread is at work. Some of libmilter's end by themselves, a while after
 * transport_close(), and others sleep for ever; a test that ended in between would have the leak
 * checker stumble over a thread that is just taking itself apart.
 */
void wire_await_quiet(void);
