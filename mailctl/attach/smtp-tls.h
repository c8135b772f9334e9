/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The client's side of TLS, for a conversation with a server on this machine (smtp-probe.h). Nobody
 * is turned away for his certificate: we are on loopback, and its name is the one that other
 * machines use; who wants to judge it may look at it. What is sent must not be worth stealing.
 *
 * The descriptor stays the caller's and becomes non-blocking. All deadlines are monotonic. SIGPIPE
 * must be ignored. One thread.
 */

#include "lib/base/buffer.h"
#include "lib/base/error.h"

struct smtp_tls;

/* The handshake; name is what the server is asked for (SNI), NULL: nothing. */
enum err smtp_tls_open(int fd, const char *name, int64_t deadline_ms, struct smtp_tls **tls_r,
    struct failure *failure);
/* Says goodbye without waiting for an answer. Clears the pointer; accepts a pointer to NULL. */
void smtp_tls_close(struct smtp_tls **tls);
/* The other side's, as long as the session is open; NULL: it has shown none. */
struct x509_st *smtp_tls_certificate(const struct smtp_tls *tls);
/*
 * Why that leads to no root that this machine trusts, its name and the time left out; NULL: it
 * does. Static words.
 */
const char *smtp_tls_distrust(const struct smtp_tls *tls);
enum err smtp_tls_send(
    struct smtp_tls *tls, struct text bytes, int64_t deadline_ms, struct failure *failure);
/* Appends what comes next to *bytes. ERR_IO: the other side closed, too. */
enum err smtp_tls_receive(
    struct smtp_tls *tls, struct buffer *bytes, int64_t deadline_ms, struct failure *failure);
