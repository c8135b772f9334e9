/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The other side of a conversation, in a thread: says its lines one by one, each after it has read
 * a line, and speaks TLS from a line on that is "TLS". The certificate is made on the spot.
 */

#include <pthread.h>

struct tls_server {
    int fd;                   /* its end */
    const char *const *lines; /* NULL-terminated; the first is said unasked; "" says nothing */
    pthread_t thread;
    char heard[4096]; /* all that was read, one after the other */
};

void tls_server_start(struct tls_server *server, int fd, const char *const *lines);
/* Waits for its end, which is that of the lines or of the connection. */
void tls_server_join(struct tls_server *server);
/* The server's side of TLS alone, before the handshake. */
struct ssl_st *tls_server_session(int fd);
