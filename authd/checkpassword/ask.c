/* SPDX-License-Identifier: MIT */
#include "authd/checkpassword/ask.h"

static bool take_piece(struct text *rest, struct text *piece_r)
{
    size_t end = text_find(*rest, '\0');

    if (end == rest->len)
        return false;
    *piece_r = text_head(*rest, end);
    *rest = text_skip(*rest, end + 1);
    return true;
}

bool ask_parse_input(struct text input, struct ask *ask)
{
    struct text user, password;

    if (input.len > ASK_INPUT_MAX || !take_piece(&input, &user) || !take_piece(&input, &password))
        return false;
    ask->user = user;
    ask->password = password;
    return true;
}

bool ask_is_for_us(const struct ask *ask)
{
    return text_find(ask->user, '@') != ask->user.len;
}

static struct text first_of(
    char *(*environment)(const char *name), const char *name, const char *other_name)
{
    const char *value = environment(name);

    if (value == NULL)
        value = environment(other_name);
    return text_head(text_from_string(value), ASK_NOTE_MAX);
}

/* Where a proxy forwarded the client's address, AUTH_REAL_RIP is the proxy's. */
void ask_take_environment(struct ask *ask, char *(*environment)(const char *name))
{
    const char *authorized = environment("AUTHORIZED");

    ask->kind = authorized != NULL && *authorized != '\0' ? ASK_LOOKUP : ASK_VERIFY;
    ask->service = first_of(environment, "AUTH_SERVICE", "SERVICE");
    ask->remote = first_of(environment, "AUTH_RIP", "TCPREMOTEIP");
    ask->real_remote = first_of(environment, "AUTH_REAL_RIP", "REAL_RIP");
    ask->session = first_of(environment, "AUTH_SESSION", "SESSION");
}

static size_t append(char *line, size_t len, struct text text)
{
    memcpy(line + len, text.data, text.len);
    return len + text.len;
}

static size_t append_field(char *line, size_t len, struct text name, struct text value)
{
    if (value.len == 0)
        return len;
    len = append(line, len, TEXT("\t"));
    len = append(line, len, name);
    len = append(line, len, TEXT("="));
    return len + login_field_escape(value, line + len);
}

_Static_assert(
    LOGIN_ESCAPED_MAX(ASK_INPUT_MAX) + 4 * LOGIN_ESCAPED_MAX(ASK_NOTE_MAX) + 128 < LOGIN_LINE_MAX,
    "any question fits into one line");

size_t ask_format(const struct ask *ask, char line_r[LOGIN_LINE_MAX])
{
    bool verifies = ask->kind == ASK_VERIFY;
    size_t len = append(line_r, 0, TEXT(LOGIN_PROTOCOL "\t" LOGIN_VERSION "\n"));

    len = append(line_r, len, verifies ? TEXT("1\tverify\tuser=") : TEXT("1\tlookup\tuser="));
    len += login_field_escape(ask->user, line_r + len);
    if (verifies) {
        len = append(line_r, len, TEXT("\tpassword="));
        len += login_field_escape(ask->password, line_r + len);
    }
    len = append_field(line_r, len, TEXT("service"), ask->service);
    len = append_field(line_r, len, TEXT("remote"), ask->remote);
    len = append_field(line_r, len, TEXT("real_remote"), ask->real_remote);
    len = append_field(line_r, len, TEXT("session"), ask->session);
    return append(line_r, len, TEXT("\n"));
}
