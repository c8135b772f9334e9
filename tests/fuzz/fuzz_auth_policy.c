/* SPDX-License-Identifier: MIT */

/* What Dovecot's auth policy client sends, and whatever else comes to that socket. */

#include "authd/http-request.h"
#include "authd/policy-request.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_request(const struct http_request *http, struct arena *arena)
{
    struct policy_request request;
    const char *problem = NULL;

    if (!policy_request_parse(http->query, http->body, arena, &request, &problem)) {
        if (problem == NULL)
            abort();
        return;
    }
    if (request.login.len == 0 || request.login.len > HTTP_BODY_MAX)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text rest = text_from_bytes((const char *)data, size);
    struct arena *arena = arena_new();
    struct http_request request;
    struct http_problem problem = {0, NULL};
    size_t taken = 0;
    enum http_parse parse;

    while ((parse = http_request_parse(rest, &request, &taken, &problem)) == HTTP_WHOLE) {
        if (taken == 0 || taken > rest.len || taken > HTTP_REQUEST_MAX)
            abort();
        check_request(&request, arena);
        arena_reset(arena);
        rest = text_skip(rest, taken);
    }
    /* A whole request must never be waited for longer than the input can hold one. */
    if (parse == HTTP_PART && rest.len >= HTTP_REQUEST_MAX)
        abort();
    if (parse == HTTP_BAD && (problem.text == NULL || problem.status < 400))
        abort();
    arena_free(&arena);
    return 0;
}
