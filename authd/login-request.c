/* SPDX-License-Identifier: MIT */
#include "authd/login-request.h"

static const struct {
    const char *word;
    enum login_verb verb;
    bool has_user, has_password;
} verbs[] = {
    {"verify", LOGIN_VERIFY, true,  true },
    {"lookup", LOGIN_LOOKUP, true,  false},
    {"list",   LOGIN_LIST,   false, false},
};
#define VERB_COUNT (sizeof verbs / sizeof *verbs)

bool login_request_is_greeting(struct text line)
{
    return text_equals(line, TEXT(LOGIN_PROTOCOL "\t" LOGIN_VERSION));
}

static size_t find_verb(struct text word)
{
    size_t i = 0;

    while (i < VERB_COUNT && !text_equals(word, text_from_string(verbs[i].word)))
        i++;
    return i;
}

/* Where the value of that field goes; NULL for names that we do not know, which are passed over. */
static struct text *place_of(struct login_request *request, struct text name)
{
    if (text_equals(name, TEXT("user")))
        return &request->user;
    if (text_equals(name, TEXT("password")))
        return &request->password;
    if (text_equals(name, TEXT("service")))
        return &request->service;
    if (text_equals(name, TEXT("remote")))
        return &request->remote;
    if (text_equals(name, TEXT("real_remote")))
        return &request->real_remote;
    if (text_equals(name, TEXT("session")))
        return &request->session;
    return NULL;
}

static const char *take_field(char *field, size_t len, struct login_request *request)
{
    struct text name, value, *place;

    if (!login_field_part(text_from_bytes(field, len), &name, &value))
        return "a field is not name=value";
    place = place_of(request, name);
    if (place == NULL)
        return NULL;
    if (place->data != NULL)
        return "a field stands twice";
    if (!login_field_unescape(field + name.len + 1, &value.len))
        return "a value is not escaped as it should be";
    *place = value;
    return NULL;
}

/* The fields behind id and verb. */
static const char *take_fields(char *line, size_t len, struct login_request *request)
{
    const char *problem = NULL;

    while (problem == NULL && line != NULL) {
        char *tab = memchr(line, '\t', len);
        size_t field_len = tab != NULL ? (size_t)(tab - line) : len;

        problem = take_field(line, field_len, request);
        len -= tab != NULL ? field_len + 1 : len;
        line = tab != NULL ? tab + 1 : NULL;
    }
    return problem;
}

static const char *parse(char *line, size_t len, struct login_request *request)
{
    struct text rest = text_from_bytes(line, len), word;
    const char *problem = NULL;
    uint64_t id;
    size_t verb;

    if (!text_split(&rest, '\t', &word) || !text_to_number(word, UINT32_MAX, &id))
        return "no request number";
    if (!text_split(&rest, '\t', &word))
        return "no verb";
    verb = find_verb(word);
    if (verb == VERB_COUNT)
        return "an unknown verb";
    request->id = (uint32_t)id;
    request->verb = verbs[verb].verb;
    if (rest.data != NULL)
        problem = take_fields(line + (rest.data - line), rest.len, request);
    if (problem != NULL)
        return problem;
    if (verbs[verb].has_user && request->user.data == NULL)
        return "no user";
    if (verbs[verb].has_password && request->password.data == NULL)
        return "no password";
    return NULL;
}

bool login_request_parse(
    char *line, size_t len, struct login_request *request_r, const char **problem_r)
{
    struct login_request request = {.user = TEXT_NONE};
    const char *problem = parse(line, len, &request);

    if (problem != NULL)
        *problem_r = problem;
    else
        *request_r = request;
    return problem == NULL;
}
