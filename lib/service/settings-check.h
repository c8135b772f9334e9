/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What single settings accept, for the is_valid of the tables in settings-table.c. Each predicate
 * has the words for its message beside it. Any thread.
 */

#include <stdbool.h>

#include "lib/base/text.h"

#define SETTINGS_EXPECT_HOSTNAME "a host name like mail.example.org"
bool settings_is_hostname(struct text value);
/* The same, or empty. */
bool settings_is_hostname_or_none(struct text value);

#define SETTINGS_EXPECT_PATH "an absolute path"
bool settings_is_path(struct text value);
/* The same, or empty. */
bool settings_is_path_or_none(struct text value);

#define SETTINGS_EXPECT_NAME "a user or group name of at most 32 bytes"
bool settings_is_account(struct text value);

bool settings_is_listen(struct text value);
/* The same, or empty. */
bool settings_is_listen_or_none(struct text value);

#define SETTINGS_EXPECT_NETWORK "an IP address or a network like 192.0.2.0/24"
bool settings_is_network(struct text value);

#define SETTINGS_EXPECT_ADDRESS "an IP address"
bool settings_is_address(struct text value);

/* LOCAL@DOMAIN, or empty: ASCII without what has a meaning in Postfix's lists. */
#define SETTINGS_EXPECT_MAILBOX "an address like postmaster@example.org"
bool settings_is_mailbox_or_none(struct text value);

/*
 * One that can stand in an address without quotes, or empty; none that Postfix takes for a route
 * ("!", "%") or that begins something else in the files of Postfix or Dovecot ("#", "$").
 */
#define SETTINGS_EXPECT_DELIMITER "one of the characters & * + - / = ^ _ | ~"
bool settings_is_delimiter_or_none(struct text value);

#define SETTINGS_EXPECT_RESOLVER "ADDRESS, ADDRESS@PORT or root"
bool settings_is_resolver(struct text value);

/* RFC 5322, 3.6.8: printable ASCII but the colon. */
#define SETTINGS_EXPECT_FIELD "the name of a header field"
bool settings_is_field_name(struct text value);

#define SETTINGS_EXPECT_WORD "a word of letters, digits, '.', '_' and '-'"
bool settings_is_word(struct text value);

#define SETTINGS_EXPECT_HOME                                                                       \
    "an absolute path with %n or %u in it (%d domain, %n local part, %u both)"
bool settings_is_home(struct text value);
