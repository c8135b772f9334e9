/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The protocols that somebody may log in by, as a set: of a user, of an app password. In databases
 * and on the command line a set is words with blanks or commas between them: "imap submission",
 * or "all", which holds what is not known today, too, or "none". Pure functions, any thread.
 */

#include <stdbool.h>

#include "lib/base/arena.h"
#include "lib/base/text.h"

enum protocol { PROTOCOL_IMAP, PROTOCOL_POP3, PROTOCOL_SUBMISSION, PROTOCOL_SIEVE, PROTOCOL_COUNT };

/* Sets: bits of 1 << enum protocol. */
#define PROTOCOLS_ALL (~0U)
#define PROTOCOLS_NONE 0U

#define PROTOCOLS_TEXT_MAX 100

/* "imap". */
const char *protocol_word(enum protocol protocol);
/*
 * False for another word, and where nothing stands there; *bad_r (or NULL) is the word then.
 * "all" and "none" stand alone.
 */
bool protocols_parse(struct text text, unsigned *set_r, struct text *bad_r);
/* Every word that is known; others, of a newer program, count for nothing. */
unsigned protocols_read(struct text text);
struct text protocols_text(unsigned set, struct arena *arena);
/*
 * Whether the set permits a login by what Dovecot calls the service: "imap", "pop3", "smtp" or
 * "submission", "sieve" or "managesieve". Another service, or none, is permitted by all protocols
 * alone.
 */
bool protocols_permit(unsigned set, struct text service);
