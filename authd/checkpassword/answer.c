/* SPDX-License-Identifier: MIT */
#include "authd/checkpassword/answer.h"

static const struct {
    const char *word;
    enum answer_status status;
} statuses[] = {
    {"ok",        ANSWER_IS_OK       },
    {"mismatch",  ANSWER_IS_MISMATCH },
    {"disabled",  ANSWER_IS_MISMATCH },
    {"unknown",   ANSWER_IS_UNKNOWN  },
    {"temporary", ANSWER_IS_TEMPORARY},
};

static bool parse_status(struct text word, enum answer_status *status_r)
{
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (text_equals(word, text_from_string(statuses[i].word))) {
            *status_r = statuses[i].status;
            return true;
        }
    return false;
}

static struct text *place_of(struct answer *answer, struct text name)
{
    const struct {
        const char *name;
        struct text *place;
    } places[] = {
        {"user",        &answer->user       },
        {"home",        &answer->home       },
        {"uid",         &answer->uid        },
        {"gid",         &answer->gid        },
        {"quota_bytes", &answer->quota_bytes},
        {"reason",      &answer->reason     },
    };

    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (text_equals(name, text_from_string(places[i].name)))
            return places[i].place;
    return NULL;
}

/* Takes the piece before the next byte, as a C part of [*line, end). NULL: nothing is left. */
static char *take_piece(char **line, char *end, char byte, size_t *len_r)
{
    char *piece = *line, *stop;

    if (piece == NULL)
        return NULL;
    stop = memchr(piece, byte, (size_t)(end - piece));
    *len_r = (size_t)((stop != NULL ? stop : end) - piece);
    *line = stop != NULL ? stop + 1 : NULL;
    return piece;
}

static bool take_field(char *field, size_t len, struct answer *answer)
{
    struct text name, value, *place;

    if (!login_field_part(text_from_bytes(field, len), &name, &value))
        return false;
    place = place_of(answer, name);
    if (place == NULL)
        return true;
    if (!login_field_unescape(field + name.len + 1, &value.len))
        return false;
    *place = value;
    return true;
}

static bool is_number(struct text text)
{
    uint64_t number;

    return text_to_number(text, UINT64_MAX, &number);
}

/* A NUL could not be handed on to Dovecot. */
static bool is_complete(const struct answer *answer)
{
    return answer->status != ANSWER_IS_OK ||
           (answer->user.len != 0 && text_find(answer->user, '\0') == answer->user.len &&
               answer->home.len != 0 && text_find(answer->home, '\0') == answer->home.len &&
               is_number(answer->uid) && is_number(answer->gid) && is_number(answer->quota_bytes));
}

static bool parse_line(char *line, size_t len, struct answer *answer)
{
    char *rest = line, *piece;
    size_t piece_len = 0;

    piece = take_piece(&rest, line + len, '\t', &piece_len);
    if (!text_equals(text_from_bytes(piece, piece_len), TEXT("1")))
        return false;
    piece = take_piece(&rest, line + len, '\t', &piece_len);
    if (piece == NULL || !parse_status(text_from_bytes(piece, piece_len), &answer->status))
        return false;
    while ((piece = take_piece(&rest, line + len, '\t', &piece_len)) != NULL)
        if (!take_field(piece, piece_len, answer))
            return false;
    return is_complete(answer);
}

bool answer_parse(char *lines, size_t len, struct answer *answer_r)
{
    struct answer answer = {.status = ANSWER_IS_TEMPORARY};
    char *rest = lines, *greeting, *line;
    size_t greeting_len = 0, line_len = 0;

    greeting = take_piece(&rest, lines + len, '\n', &greeting_len);
    if (!text_equals(
            text_from_bytes(greeting, greeting_len), TEXT(LOGIN_PROTOCOL "\t" LOGIN_VERSION)))
        return false;
    line = take_piece(&rest, lines + len, '\n', &line_len);
    if (line == NULL || rest == NULL || !parse_line(line, line_len, &answer))
        return false;
    *answer_r = answer;
    return true;
}

size_t answer_whole(struct text lines)
{
    size_t greeting = text_find(lines, '\n'), line;
    struct text rest = text_skip(lines, greeting + 1);

    line = text_find(rest, '\n');
    return greeting == lines.len || line == rest.len ? 0 : greeting + line + 2;
}

enum answer_exit answer_exit_of(const struct answer *answer, enum ask_kind kind)
{
    switch (answer->status) {
    case ANSWER_IS_OK:
        return kind == ASK_VERIFY ? ANSWER_RIGHT : ANSWER_FOUND;
    case ANSWER_IS_UNKNOWN:
        return kind == ASK_VERIFY ? ANSWER_WRONG : ANSWER_UNKNOWN;
    case ANSWER_IS_MISMATCH:
        return kind == ASK_VERIFY ? ANSWER_WRONG : ANSWER_TEMPORARY;
    case ANSWER_IS_TEMPORARY:
        break;
    }
    return ANSWER_TEMPORARY;
}

/* Dovecot's escapes: ^A and a letter for what would end a field or a line. */
static size_t append_escaped(char *text, size_t len, struct text value)
{
    for (size_t i = 0; i < value.len; i++) {
        static const char bytes[] = "\001\t\r\n", letters[] = "1trn";
        const char *special = value.data[i] != '\0' ? strchr(bytes, value.data[i]) : NULL;

        if (special != NULL)
            text[len++] = '\001';
        text[len++] = special != NULL ? letters[special - bytes] : value.data[i];
    }
    return len;
}

static size_t append_field(char *text, size_t len, struct text name, struct text value)
{
    memcpy(text + len, name.data, name.len);
    len = append_escaped(text, len + name.len, value);
    text[len++] = '\t';
    return len;
}

_Static_assert(ANSWER_TEXT_MAX >= 2 * LOGIN_LINE_MAX, "each byte of an answer may be escaped");

/* The lookup of a passdb and that of a userdb look alike: both read userdb_ fields. */
size_t answer_format(const struct answer *answer, char text_r[ANSWER_TEXT_MAX])
{
    size_t len = append_field(text_r, 0, TEXT("user="), answer->user);

    len = append_field(text_r, len, TEXT("userdb_home="), answer->home);
    len = append_field(text_r, len, TEXT("userdb_uid="), answer->uid);
    len = append_field(text_r, len, TEXT("userdb_gid="), answer->gid);
    len = append_field(text_r, len, TEXT("userdb_mail="), TEXT("maildir:~/Maildir"));
    return append_field(text_r, len, TEXT("userdb_quota_rule=*:bytes="), answer->quota_bytes);
}
