/* SPDX-License-Identifier: MIT */
#include "lib/store/protocol.h"

static const char *const words[PROTOCOL_COUNT] = {
    [PROTOCOL_IMAP] = "imap",
    [PROTOCOL_POP3] = "pop3",
    [PROTOCOL_SUBMISSION] = "submission",
    [PROTOCOL_SIEVE] = "sieve",
};

/* Names of Dovecot's for services. */
static const struct {
    const char *name;
    enum protocol protocol;
} services[] = {
    {"imap",        PROTOCOL_IMAP      },
    {"pop3",        PROTOCOL_POP3      },
    {"smtp",        PROTOCOL_SUBMISSION}, /* Postfix asks */
    {"submission",  PROTOCOL_SUBMISSION}, /* Dovecot's own */
    {"sieve",       PROTOCOL_SIEVE     },
    {"managesieve", PROTOCOL_SIEVE     },
};

const char *protocol_word(enum protocol protocol)
{
    return words[protocol];
}

static bool find_word(struct text word, unsigned *set)
{
    for (unsigned i = 0; i < PROTOCOL_COUNT; i++)
        if (text_equals_nocase(word, text_from_string(words[i]))) {
            *set |= 1U << i;
            return true;
        }
    return false;
}

static bool is_between(char byte)
{
    return byte == ' ' || byte == ',';
}

/* The next word; false where there is none left. */
static bool next_word(struct text *rest, struct text *word_r)
{
    size_t len = 0;

    while (rest->len != 0 && is_between(*rest->data))
        *rest = text_skip(*rest, 1);
    while (len < rest->len && !is_between(rest->data[len]))
        len++;
    *word_r = text_head(*rest, len);
    *rest = text_skip(*rest, len);
    return len != 0;
}

static bool is_alone(struct text text, unsigned *set_r)
{
    bool is_all = text_equals_nocase(text, TEXT("all"));

    if (!is_all && !text_equals_nocase(text, TEXT("none")))
        return false;
    *set_r = is_all ? PROTOCOLS_ALL : PROTOCOLS_NONE;
    return true;
}

bool protocols_parse(struct text text, unsigned *set_r, struct text *bad_r)
{
    struct text rest = text_trim(text), word = TEXT("");
    unsigned set = PROTOCOLS_NONE;

    if (is_alone(rest, set_r))
        return true;
    while (next_word(&rest, &word))
        if (!find_word(word, &set))
            break;
    if (word.len == 0 && set != PROTOCOLS_NONE)
        *set_r = set;
    else if (bad_r != NULL)
        *bad_r = word;
    return word.len == 0 && set != PROTOCOLS_NONE;
}

unsigned protocols_read(struct text text)
{
    struct text rest = text, word;
    unsigned set = PROTOCOLS_NONE;

    if (is_alone(text, &set))
        return set;
    while (next_word(&rest, &word))
        (void)find_word(word, &set);
    return set;
}

struct text protocols_text(unsigned set, struct arena *arena)
{
    struct text text = TEXT("");

    if (set == PROTOCOLS_ALL)
        return TEXT("all");
    for (unsigned i = 0; i < PROTOCOL_COUNT; i++)
        if ((set & 1U << i) != 0)
            text =
                arena_print(arena, "%.*s%s%s", TEXT_ARGS(text), text.len != 0 ? " " : "", words[i]);
    return text.len != 0 ? text : TEXT("none");
}

bool protocols_permit(unsigned set, struct text service)
{
    if (set == PROTOCOLS_ALL)
        return true;
    for (size_t i = 0; i < sizeof services / sizeof *services; i++)
        if (text_equals_nocase(service, text_from_string(services[i].name)))
            return (set & 1U << services[i].protocol) != 0;
    return false;
}
