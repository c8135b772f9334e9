/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A request of HTTP/1.1 (RFC 9112), as much of it as a program needs that is asked by one kind of
 * client: a method, a target, and a body whose length is said in front. No chunks, no folded
 * fields, no bare LF: what could be read in two ways is refused. Pure functions, any thread; the
 * texts point into the input.
 *
 * libevent's evhttp is not used: in the releases that Debian has, it bounds no number of
 * connections, takes none that was accepted elsewhere, and cannot be drained.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/buffer.h"
#include "lib/base/text.h"

/* Request line and fields, with the empty line behind them. */
#define HTTP_HEAD_MAX 4096
#define HTTP_BODY_MAX 8192
#define HTTP_REQUEST_MAX (HTTP_HEAD_MAX + HTTP_BODY_MAX)

struct http_request {
    struct text method;
    struct text path, query; /* of the target, parted at "?" */
    struct text key;         /* of the field X-API-Key; data NULL: there is none */
    struct text body;
    bool is_last; /* the client wants no other answer on this connection */
};

struct http_problem {
    int status;       /* to answer it with */
    const char *text; /* static */
};

enum http_parse {
    HTTP_WHOLE,
    HTTP_PART, /* a beginning of one: more bytes are needed */
    HTTP_BAD   /* answer with the problem and close: where the next one begins is not known */
};

/* Parses the request at the front of input; *taken_r is its length. HTTP_BAD sets *problem_r. */
enum http_parse http_request_parse(struct text input, struct http_request *request_r,
    size_t *taken_r, struct http_problem *problem_r);
/* Appends an answer with a JSON body. is_last: the connection ends behind it. */
void http_response_append(struct buffer *out, int status, struct text body, bool is_last);
