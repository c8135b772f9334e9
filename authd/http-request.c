/* SPDX-License-Identifier: MIT */
#include "authd/http-request.h"

/* What the fields say that we go by. */
struct head {
    struct http_request *request;
    uint64_t length;
    bool has_length, has_host, is_1_0;
};

static const struct {
    int status;
    const char *phrase;
} phrases[] = {
    {200, "OK"                             },
    {400, "Bad Request"                    },
    {403, "Forbidden"                      },
    {404, "Not Found"                      },
    {405, "Method Not Allowed"             },
    {411, "Length Required"                },
    {413, "Content Too Large"              },
    {417, "Expectation Failed"             },
    {431, "Request Header Fields Too Large"},
    {505, "HTTP Version Not Supported"     },
};

static bool bad(int status, const char *text, struct http_problem *problem_r)
{
    *problem_r = (struct http_problem){status, text};
    return false;
}

/* RFC 9110, 5.6.2. */
static bool is_token(struct text text)
{
    static const char marks[] = "!#$%&'*+-.^_`|~";

    for (size_t i = 0; i < text.len; i++)
        if (!text_is_alnum(text.data[i]) && memchr(marks, text.data[i], sizeof marks - 1) == NULL)
            return false;
    return text.len != 0;
}

static bool has_control(struct text text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((text.data[i] >= 0 && text.data[i] < ' ' && text.data[i] != '\t') ||
            text.data[i] == 0x7f)
            return true;
    return false;
}

static bool is_visible(struct text text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] <= ' ' || text.data[i] == 0x7f)
            return false;
    return text.len != 0;
}

/* RFC 9112, 3: method SP target SP version. */
static bool parse_request_line(struct text line, struct head *head, struct http_problem *problem_r)
{
    struct text rest = line, target = TEXT_NONE;
    size_t mark;

    if (!text_split(&rest, ' ', &head->request->method) || !is_token(head->request->method) ||
        !text_split(&rest, ' ', &target) || !is_visible(target))
        return bad(400, "the first line is not method, target and version", problem_r);
    head->is_1_0 = text_equals(rest, TEXT("HTTP/1.0"));
    if (!head->is_1_0 && !text_equals(rest, TEXT("HTTP/1.1")))
        return bad(505, "the version is not HTTP/1.1", problem_r);
    mark = text_find(target, '?');
    head->request->path = text_head(target, mark);
    head->request->query = text_skip(target, mark + 1);
    head->request->is_last = head->is_1_0;
    return true;
}

static bool take_length(struct text value, struct head *head, struct http_problem *problem_r)
{
    if (head->has_length)
        return bad(400, "Content-Length stands twice", problem_r);
    if (!text_to_number(value, UINT32_MAX, &head->length))
        return bad(400, "Content-Length is no number", problem_r);
    if (head->length > HTTP_BODY_MAX)
        return bad(413, "the body is too long", problem_r);
    head->has_length = true;
    return true;
}

static bool take_host(struct head *head, struct http_problem *problem_r)
{
    if (head->has_host)
        return bad(400, "Host stands twice", problem_r);
    head->has_host = true;
    return true;
}

static bool take_key(struct text value, struct head *head, struct http_problem *problem_r)
{
    if (head->request->key.data != NULL)
        return bad(400, "X-API-Key stands twice", problem_r);
    head->request->key = value;
    return true;
}

/* RFC 9112, 5: name ":" OWS value OWS. Fields that we do not know are passed over. */
static bool take_field(struct text line, struct head *head, struct http_problem *problem_r)
{
    size_t colon = text_find(line, ':');
    struct text name = text_head(line, colon), value = text_skip(line, colon + 1);

    if (colon == line.len || !is_token(name) || has_control(value))
        return bad(400, "a header field is not name: value", problem_r);
    value = text_trim(value);
    if (text_equals_nocase(name, TEXT("Content-Length")))
        return take_length(value, head, problem_r);
    if (text_equals_nocase(name, TEXT("Host")))
        return take_host(head, problem_r);
    if (text_equals_nocase(name, TEXT("X-API-Key")))
        return take_key(value, head, problem_r);
    if (text_equals_nocase(name, TEXT("Transfer-Encoding")))
        return bad(411, "the body's length is not said in front", problem_r);
    if (text_equals_nocase(name, TEXT("Expect")))
        return bad(417, "nothing is to be expected", problem_r);
    if (text_equals_nocase(name, TEXT("Connection")) && text_equals_nocase(value, TEXT("close")))
        head->request->is_last = true;
    return true;
}

/* lines: each with its CRLF, without the empty one. */
static bool parse_head(struct text lines, struct head *head, struct http_problem *problem_r)
{
    bool is_first = true;

    while (lines.len != 0) {
        size_t end = text_find_text(lines, TEXT("\r\n"));
        struct text line = text_head(lines, end);

        if (is_first ? !parse_request_line(line, head, problem_r)
                     : !take_field(line, head, problem_r))
            return false;
        is_first = false;
        lines = text_skip(lines, end + 2);
    }
    if (is_first)
        return bad(400, "the first line is not method, target and version", problem_r);
    if (!head->has_host && !head->is_1_0)
        return bad(400, "there is no Host", problem_r);
    return true;
}

enum http_parse http_request_parse(struct text input, struct http_request *request_r,
    size_t *taken_r, struct http_problem *problem_r)
{
    struct http_request request = {.method = TEXT_NONE};
    struct head head = {.request = &request};
    size_t end = text_find_text(text_head(input, HTTP_HEAD_MAX), TEXT("\r\n\r\n"));
    size_t whole;

    if (end == input.len)
        return HTTP_PART;
    if (end >= HTTP_HEAD_MAX) {
        bad(431, "the header is too long", problem_r);
        return HTTP_BAD;
    }
    if (!parse_head(text_head(input, end + 2), &head, problem_r))
        return HTTP_BAD;
    whole = end + 4 + (size_t)head.length;
    if (input.len < whole)
        return HTTP_PART;
    request.body = text_skip(text_head(input, whole), end + 4);
    *request_r = request;
    *taken_r = whole;
    return HTTP_WHOLE;
}

static const char *phrase_of(int status)
{
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++)
        if (phrases[i].status == status)
            return phrases[i].phrase;
    return "";
}

void http_response_append(struct buffer *out, int status, struct text body, bool is_last)
{
    buffer_append_format(out,
        "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n%s\r\n", status,
        phrase_of(status), body.len, is_last ? "Connection: close\r\n" : "");
    buffer_append_text(out, body);
}
