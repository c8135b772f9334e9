/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A small conversation with a server on this machine, to see whether it works: SMTP, and any other
 * protocol of lines, in the clear or under TLS (smtp-tls.h, which wants SIGPIPE ignored). Blocks up
 * to SMTP_PROBE_CONNECT_S for each address, and up to SMTP_PROBE_TIMEOUT_MS for each answer.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "lib/base/arena.h"
#include "lib/base/error.h"

#define SMTP_PROBE_CONNECT_S 5
#define SMTP_PROBE_TIMEOUT_MS ((int64_t)30 * 1000)
#define SMTP_PROBE_BYTES_MAX ((size_t)64 * 1024) /* of an answer */

struct smtp_tls;

struct smtp_probe {
    int fd;
    struct smtp_tls *tls; /* NULL: in the clear */
    struct arena *arena;
    struct text answer; /* the last one; of a reply the lines that were read */
    unsigned code;      /* of the last reply: 250; 0: it was none */
    int64_t
        deadline_ms; /* of the whole conversation, on the monotonic clock; 0: of answers alone */
};

/* host and service as in getaddrinfo(); ERR_IO names both. */
enum err smtp_probe_connect(const char *host, const char *service, struct arena *arena,
    struct smtp_probe *probe_r, struct failure *failure);
enum err smtp_probe_connect_to(const struct sockaddr *address, socklen_t len, const char *name,
    struct arena *arena, struct smtp_probe *probe_r, struct failure *failure);
void smtp_probe_close(struct smtp_probe *probe);
/* From here on all is TLS: before the greeting, or after STARTTLS was answered with 220. */
enum err smtp_probe_start_tls(
    struct smtp_probe *probe, const char *server_name, struct failure *failure);

/* Sends bytes as they are. */
enum err smtp_probe_send(struct smtp_probe *probe, struct text bytes, struct failure *failure);
/* Reads until end stands in the answer. */
enum err smtp_probe_read_until(struct smtp_probe *probe, struct text end, struct failure *failure);
/*
 * Sends the command (NULL: none, the greeting is awaited) and reads a whole reply. ERR_REFUSED
 * where its code does not begin with one of the digits; the failure quotes both. ERR_SYNTAX,
 * ERR_LIMIT: as smtp_reply_read().
 */
enum err smtp_probe_say(
    struct smtp_probe *probe, const char *command, const char *digits, struct failure *failure);
/* The same for bytes that no failure may show, the line's end included; what names them there. */
enum err smtp_probe_say_quietly(struct smtp_probe *probe, const char *what, struct text bytes,
    const char *digits, struct failure *failure);
/* Whether the last answer, to EHLO, has the keyword, and word among its parameters (empty: any). */
bool smtp_probe_offers(const struct smtp_probe *probe, struct text keyword, struct text word);
