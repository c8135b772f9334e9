/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Where a socket listens: "unix:/path", "inet:ADDR:PORT" or "inet6:[ADDR]:PORT". Addresses are
 * numbers, never names: a daemon that starts must not depend on a resolver. Plain values, any
 * thread.
 */

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "lib/base/text.h"

struct address {
    struct sockaddr_storage sockaddr;
    socklen_t len;
};

/* What address_parse() takes, for messages. */
#define ADDRESS_EXPECTED "unix:/PATH, inet:ADDRESS:PORT or inet6:[ADDRESS]:PORT"

/* False, and *address_r untouched, where the text is none of the three forms. */
bool address_parse(struct text text, struct address *address_r);
bool address_is_unix(const struct address *address);
/* The path of a unix address; NULL for the others. Points into *address. */
const char *address_path(const struct address *address);
