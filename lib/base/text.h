/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Pieces of bytes that somebody else owns: a pointer and a length, copied by value, not
 * NUL-terminated. What comes from outside is handled in this form, so that a NUL in it is a byte
 * like any other. Letters are ASCII letters, whatever the locale. Any thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text {
    const char *data;
    size_t len;
};

#define TEXT(literal) ((struct text){"" literal "", sizeof(literal) - 1})
#define TEXT_NONE ((struct text){NULL, 0})
/* For printf("%.*s"): bounded to what an int holds. */
#define TEXT_ARGS(text) (int)((text).len > 0x7fffffff ? 0x7fffffff : (text).len), (text).data

static inline struct text text_from_bytes(const char *data, size_t len)
{
    return (struct text){data, len};
}

/* NULL becomes the empty text. */
static inline struct text text_from_string(const char *string)
{
    return (struct text){string, string != NULL ? strlen(string) : 0};
}

static inline bool text_is_empty(struct text text)
{
    return text.len == 0;
}

bool text_equals(struct text a, struct text b);
/* Without regard to the case of ASCII letters. */
bool text_equals_nocase(struct text a, struct text b);
bool text_starts_with(struct text text, struct text prefix);
bool text_starts_with_nocase(struct text text, struct text prefix);
bool text_ends_with_nocase(struct text text, struct text suffix);
/* Order of the bytes, as memcmp; a prefix comes before what it begins. */
int text_compare(struct text a, struct text b);

/* The first len bytes left out (all of them where there are fewer). */
struct text text_skip(struct text text, size_t len);
/* The first len bytes (all of them where there are fewer). */
struct text text_head(struct text text, size_t len);
/* Without blanks (SP, HTAB, CR, LF) at both ends. */
struct text text_trim(struct text text);
/* Index of the first such byte, or text.len. */
size_t text_find(struct text text, char byte);
size_t text_find_last(struct text text, char byte); /* text.len where there is none */
/* Index of the first occurrence of needle, or text.len. An empty needle is found at 0. */
size_t text_find_text(struct text text, struct text needle);
/* True where the text holds a NUL or another byte below SP, or DEL. */
bool text_has_control(struct text text);

/*
 * Takes the piece before the next separator off *rest into *piece_r and the separator with it;
 * false where nothing is left. "a,,b" gives "a", "", "b"; "a," gives "a", "". To start, rest is
 * the whole text; it becomes TEXT_NONE (data NULL) after the last piece.
 */
bool text_split(struct text *rest, char separator, struct text *piece_r);

/* Decimal digits only, no sign, no blanks, at most max. Leading zeros are permitted. */
bool text_to_number(struct text text, uint64_t max, uint64_t *number_r);

/* The byte in lower case where it is an ASCII upper-case letter. */
static inline char text_lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte + ('a' - 'A')) : byte;
}
static inline bool text_is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}
static inline bool text_is_alpha(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}
static inline bool text_is_alnum(char byte)
{
    return text_is_alpha(byte) || text_is_digit(byte);
}
/* SP, HTAB, CR or LF. */
static inline bool text_is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}
/* Value of a hexadecimal digit, or -1. */
int text_hex_value(char byte);
/* Lower-cases ASCII letters in place. */
void text_lower_bytes(char *bytes, size_t len);
