/* SPDX-License-Identifier: MIT */
#include "mailctl/expiry-argument.h"

#include <time.h>

#define HOUR 3600
#define DAY (24 * HOUR)
#define WEEK (7 * DAY)
#define FARTHEST ((int64_t)100 * 366 * DAY)

static enum err parse_period(struct text text, int64_t now, int64_t *expires_r)
{
    static const struct {
        char letter;
        int64_t seconds;
    } units[] = {
        {'h', HOUR},
        {'d', DAY },
        {'w', WEEK},
    };
    uint64_t count;

    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (text.len < 2 || text.data[text.len - 1] != units[i].letter ||
            !text_to_number(
                text_head(text, text.len - 1), (uint64_t)(FARTHEST / units[i].seconds), &count))
            continue;
        *expires_r = now + (int64_t)count * units[i].seconds;
        return ERR_NONE;
    }
    return ERR_SYNTAX;
}

/* Digits with those signs between them: "dddd-dd-dd". */
static bool has_shape(struct text text, const char *shape)
{
    for (size_t i = 0; i < text.len; i++)
        if (shape[i] == 'd' ? !text_is_digit(text.data[i]) : text.data[i] != shape[i])
            return false;
    return true;
}

static int number_at(struct text text, size_t at, size_t len)
{
    uint64_t number = 0;

    (void)text_to_number(text_head(text_skip(text, at), len), 9999, &number);
    return (int)number;
}

static struct tm day_of(struct text text)
{
    return (struct tm){
        .tm_year = number_at(text, 0, 4) - 1900,
        .tm_mon = number_at(text, 5, 2) - 1,
        .tm_mday = number_at(text, 8, 2),
        .tm_isdst = -1,
    };
}

/* The 31st of February becomes another day: then there is none. */
static bool is_real(const struct tm *said)
{
    struct tm made = *said;

    return timegm(&made) != (time_t)-1 && made.tm_mday == said->tm_mday &&
           made.tm_mon == said->tm_mon && made.tm_year == said->tm_year &&
           made.tm_hour == said->tm_hour && made.tm_min == said->tm_min &&
           made.tm_sec == said->tm_sec;
}

static enum err parse_day(struct text text, int64_t *expires_r)
{
    static const char shape[] = "dddd-dd-dd";
    struct tm day;

    if (text.len != sizeof shape - 1 || !has_shape(text, shape))
        return ERR_SYNTAX;
    day = day_of(text);
    if (!is_real(&day))
        return ERR_SYNTAX;
    day.tm_mday++;
    *expires_r = (int64_t)mktime(&day);
    return ERR_NONE;
}

static enum err parse_moment(struct text text, int64_t *expires_r)
{
    static const char shape[] = "dddd-dd-ddTdd:dd:ddZ";
    struct tm moment;

    if (text.len != sizeof shape - 1 || !has_shape(text, shape))
        return ERR_SYNTAX;
    moment = day_of(text);
    moment.tm_hour = number_at(text, 11, 2);
    moment.tm_min = number_at(text, 14, 2);
    moment.tm_sec = number_at(text, 17, 2);
    if (!is_real(&moment))
        return ERR_SYNTAX;
    *expires_r = (int64_t)timegm(&moment);
    return ERR_NONE;
}

enum err expiry_argument_parse_fixed(struct text text, int64_t *expires_r)
{
    int64_t expires = EXPIRY_NEVER;
    enum err err = ERR_NONE;

    if (!text_equals_nocase(text, TEXT("never"))) {
        err = parse_day(text, &expires);
        if (err == ERR_SYNTAX)
            err = parse_moment(text, &expires);
        if (err == ERR_NONE && expires < 0)
            err = ERR_RANGE;
    }
    if (err == ERR_NONE)
        *expires_r = expires;
    return err;
}

enum err expiry_argument_parse(struct text text, int64_t now, int64_t *expires_r)
{
    int64_t expires = EXPIRY_NEVER;
    enum err err = parse_period(text, now, &expires);

    if (err == ERR_SYNTAX)
        err = expiry_argument_parse_fixed(text, &expires);
    if (err == ERR_NONE && expires != EXPIRY_NEVER && (expires <= now || expires > now + FARTHEST))
        err = ERR_RANGE;
    if (err == ERR_NONE)
        *expires_r = expires;
    return err;
}
