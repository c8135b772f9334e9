/* SPDX-License-Identifier: MIT */
#include "lib/store/password-rules.h"

#include <assert.h>

#include "lib/base/memory.h"
#include "lib/store/password.h"

/* So many characters have to be left that neither a pattern nor a word gives away. */
#define UNGUESSED_MIN 6
/* Shorter words are in too many others. */
#define WORD_MIN 3
/* Fewer steps in one direction are found in any text. */
#define RUN_STEPS_MIN 2

static const char *const words[] = {
    "password",
    "passwort",
    "passwd",
    "passphrase",
    "pass",
    "secret",
    "geheim",
    "login",
    "logon",
    "signin",
    "welcome",
    "willkommen",
    "letmein",
    "openup",
    "access",
    "admin",
    "administrator",
    "root",
    "toor",
    "sysadmin",
    "superuser",
    "user",
    "guest",
    "test",
    "testing",
    "demo",
    "example",
    "sample",
    "default",
    "change",
    "changeme",
    "please",
    "temporary",
    "temp",
    "mail",
    "email",
    "webmail",
    "mailbox",
    "postmaster",
    "server",
    "computer",
    "internet",
    "hello",
    "hallo",
    "iloveyou",
    "love",
    "lovely",
    "master",
    "dragon",
    "monkey",
    "football",
    "baseball",
    "soccer",
    "princess",
    "sunshine",
    "shadow",
    "superman",
    "batman",
    "starwars",
    "pokemon",
    "whatever",
    "trustno",
    "freedom",
    "qwerty",
    "qwertz",
    "azerty",
    "spring",
    "summer",
    "autumn",
    "winter",
    "january",
    "february",
    "march",
    "april",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
};

/* Keys beside each other, on American, German and French keyboards, and columns of them. */
static const char *const rows[] = {"`1234567890-=", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./",
    "qwertzuiop", "yxcvbnm", "azertyuiop", "qsdfghjklm", "wxcvbn", "1qaz", "2wsx", "3edc", "4rfv",
    "5tgb", "6yhn", "7ujm", "8ik,", "9ol.", "1qay", "2wsx", "6zhn", "!@#$%^&*()", "!\"$%&/()="};

/* A password with what is known of each of its bytes. */
struct judged {
    struct text password;
    char folded[PASSWORD_MAX_BYTES];
    bool is_guessed[PASSWORD_MAX_BYTES];
};

/* The second byte of a character of UTF-8, or a later one. */
static bool is_continued(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

size_t password_rules_length(struct text password)
{
    size_t count = 0;

    for (size_t i = 0; i < password.len; i++)
        count += i == 0 || !is_continued(password.data[i]);
    return count;
}

/* --- patterns --- */

static bool is_beside(const char *row, char one, char other)
{
    for (; row[0] != '\0' && row[1] != '\0'; row++)
        if ((row[0] == one && row[1] == other) || (row[1] == one && row[0] == other))
            return true;
    return false;
}

/* One would come to this byte from the one before. */
static bool is_step(char before, char byte)
{
    char one = text_lower(before), other = text_lower(byte);

    if (one == other)
        return true;
    if (text_is_alnum(one) && text_is_alnum(other) && (one - other == 1 || other - one == 1))
        return true;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (is_beside(rows[i], one, other))
            return true;
    return false;
}

static void mark_runs(struct judged *judged)
{
    struct text password = judged->password;
    size_t start = 0;

    for (size_t i = 1; i <= password.len; i++) {
        if (i < password.len && is_step(password.data[i - 1], password.data[i]))
            continue;
        for (size_t j = start + 1; i - start > RUN_STEPS_MIN && j < i; j++)
            judged->is_guessed[j] = true;
        start = i;
    }
}

static bool has_period(struct text password, size_t period)
{
    return memcmp(password.data, password.data + period, password.len - period) == 0;
}

/* The same again and again is worth what it is worth once. */
static void mark_repetition(struct judged *judged)
{
    struct text password = judged->password;
    size_t period = 1;

    while (period <= password.len / 2 && !has_period(password, period))
        period++;
    for (size_t i = period; period <= password.len / 2 && i < password.len; i++)
        judged->is_guessed[i] = true;
}

/* --- words --- */

/* Digits and signs that stand for letters are those letters; i and l are one. */
static char fold(char byte)
{
    static const char from[] = "i!1|0@4$5378", to[] = "lllloaassetb";
    const char *found = byte != '\0' ? strchr(from, text_lower(byte)) : NULL;

    static_assert(sizeof from == sizeof to, "a letter for each");
    return found != NULL ? to[found - from] : text_lower(byte);
}

static void fold_all(struct text text, char *folded_r)
{
    for (size_t i = 0; i < text.len; i++)
        folded_r[i] = fold(text.data[i]);
}

static void mark_word(struct judged *judged, struct text word)
{
    char folded[PASSWORD_MAX_BYTES];

    if (word.len < WORD_MIN || word.len > judged->password.len)
        return;
    fold_all(word, folded);
    for (size_t i = 0; i + word.len <= judged->password.len; i++)
        if (memcmp(judged->folded + i, folded, word.len) == 0)
            memset(judged->is_guessed + i, true, word.len);
}

/* Each of its words, in whatever signs they are set. */
static void mark_name(struct judged *judged, struct text name)
{
    size_t start = 0;

    for (size_t i = 0; i <= name.len; i++) {
        bool is_letter =
            i < name.len && (text_is_alnum(name.data[i]) || (unsigned char)name.data[i] >= 0x80);

        if (is_letter)
            continue;
        mark_word(judged, text_head(text_skip(name, start), i - start));
        start = i + 1;
    }
}

/* 1900 to 2099: years of birth, and the one in which a password was due. */
static void mark_years(struct judged *judged)
{
    const char *at = judged->password.data;

    for (size_t i = 0; i + 4 <= judged->password.len; i++)
        if ((memcmp(at + i, "19", 2) == 0 || memcmp(at + i, "20", 2) == 0) &&
            text_is_digit(at[i + 2]) && text_is_digit(at[i + 3]))
            memset(judged->is_guessed + i, true, 4);
}

static void mark_words(struct judged *judged, const struct password_rules *rules)
{
    fold_all(judged->password, judged->folded);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        mark_word(judged, text_from_string(words[i]));
    for (size_t i = 0; i < rules->name_count; i++)
        mark_name(judged, rules->names[i]);
}

/* --- the judgement --- */

static bool is_guessable(const struct judged *judged)
{
    struct text password = judged->password;
    size_t count = 0;

    for (size_t i = 0; i < password.len; i++)
        count += !judged->is_guessed[i] && (i == 0 || !is_continued(password.data[i]));
    return count < UNGUESSED_MIN;
}

enum password_flaw password_rules_judge(const struct password_rules *rules, struct text password)
{
    struct judged judged = {.password = password};
    enum password_flaw flaw = PASSWORD_FLAW_NONE;

    assert(password.len <= PASSWORD_MAX_BYTES);
    if (password_rules_length(password) < rules->length_min)
        return PASSWORD_FLAW_SHORT;
    mark_runs(&judged);
    mark_repetition(&judged);
    if (is_guessable(&judged)) {
        flaw = PASSWORD_FLAW_PATTERN;
    } else {
        mark_words(&judged, rules);
        mark_years(&judged);
        if (is_guessable(&judged))
            flaw = PASSWORD_FLAW_WORDS;
    }
    memory_wipe(&judged, sizeof judged);
    return flaw;
}
