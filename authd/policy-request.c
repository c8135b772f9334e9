/* SPDX-License-Identifier: MIT */
#include "authd/policy-request.h"

#include <jansson.h>

static bool parse_command(struct text query, enum policy_command *command_r)
{
    struct text piece;

    while (text_split(&query, '&', &piece)) {
        if (text_equals(piece, TEXT("command=allow"))) {
            *command_r = POLICY_ALLOW;
            return true;
        }
        if (text_equals(piece, TEXT("command=report"))) {
            *command_r = POLICY_REPORT;
            return true;
        }
    }
    return false;
}

/* Before the library sees it, which goes as deep as the text does. */
static bool is_too_deep(struct text body)
{
    size_t depth = 0;
    bool is_string = false;

    for (size_t i = 0; i < body.len; i++) {
        char byte = body.data[i];

        if (is_string && byte == '\\')
            i++;
        else if (byte == '"')
            is_string = !is_string;
        else if (!is_string && (byte == '{' || byte == '[') && ++depth > POLICY_DEPTH_MAX)
            return true;
        else if (!is_string && (byte == '}' || byte == ']') && depth > 0)
            depth--;
    }
    return false;
}

static bool take_text(
    const json_t *object, const char *name, struct arena *arena, struct text *text_r)
{
    const json_t *value = json_object_get(object, name);

    if (value == NULL || json_is_null(value))
        return true;
    if (!json_is_string(value))
        return false;
    *text_r =
        arena_copy(arena, text_from_bytes(json_string_value(value), json_string_length(value)));
    return true;
}

static bool take_flag(const json_t *object, const char *name, bool *flag_r)
{
    const json_t *value = json_object_get(object, name);

    if (value != NULL && !json_is_boolean(value))
        return false;
    *flag_r = json_is_true(value);
    return true;
}

static enum policy_fail fail_of(struct text word)
{
    if (word.len == 0)
        return POLICY_FAIL_UNSAID;
    if (text_equals(word, TEXT("credentials")))
        return POLICY_FAIL_CREDENTIALS;
    if (text_equals(word, TEXT("account")))
        return POLICY_FAIL_ACCOUNT;
    return POLICY_FAIL_OTHER;
}

/* A client without an address is a program on this host. */
static bool parse_remote(struct text text, struct ip *remote_r)
{
    *remote_r = (struct ip){.family = IP_NONE};
    return text.len == 0 || ip_parse(text, remote_r);
}

static const char *read_attributes(
    const json_t *object, struct arena *arena, struct policy_request *request)
{
    struct text remote = TEXT_NONE, real_remote = TEXT_NONE, fail = TEXT_NONE;

    if (!take_text(object, "login", arena, &request->login) ||
        !take_text(object, "pwhash", arena, &request->pwhash) ||
        !take_text(object, "protocol", arena, &request->protocol) ||
        !take_text(object, "session_id", arena, &request->session) ||
        !take_text(object, "mech", arena, &request->mech) ||
        !take_text(object, "remote", arena, &remote) ||
        !take_text(object, "real_remote", arena, &real_remote) ||
        !take_text(object, "fail_type", arena, &fail))
        return "an attribute is not a string";
    if (!take_flag(object, "success", &request->success) ||
        !take_flag(object, "policy_reject", &request->policy_reject))
        return "an attribute is neither true nor false";
    if (!parse_remote(remote, &request->remote) ||
        !parse_remote(real_remote, &request->real_remote))
        return "remote is not an IP address";
    if (request->login.len == 0)
        return "there is no login";
    request->fail = fail_of(fail);
    return NULL;
}

/* jansson keeps its hash's key by random bytes of the system, so names cannot be made to collide.
 */
static const char *parse_body(struct text body, struct arena *arena, struct policy_request *request)
{
    const char *problem;
    json_t *object;

    if (is_too_deep(body))
        return "the JSON is too deep";
    object = json_loadb(body.data, body.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    if (!json_is_object(object))
        problem = "the body is not a JSON object";
    else
        problem = read_attributes(object, arena, request);
    json_decref(object);
    return problem;
}

bool policy_request_parse(struct text query, struct text body, struct arena *arena,
    struct policy_request *request_r, const char **problem_r)
{
    struct policy_request request = {.command = POLICY_ALLOW};
    const char *problem = NULL;

    if (!parse_command(query, &request.command))
        problem = "the command is neither allow nor report";
    else
        problem = parse_body(body, arena, &request);
    if (problem != NULL)
        *problem_r = problem;
    else
        *request_r = request;
    return problem == NULL;
}
