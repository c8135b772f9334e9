/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The Authentication-Results field (RFC 8601): written from a verdict, and recognized in messages
 * so that forged ones go. Pure functions; results live in the arena given. Any thread.
 */

#include "lib/base/arena.h"
#include "lib/base/buffer.h"
#include "lib/mailauth/header.h"

#define AUTHRES_FIELD_MAX ((size_t)64 * 1024)

/* Builds one field value, method by method. */
struct authres_writer;
/* authserv_id is quoted where it is no plain token (§2.5). */
struct authres_writer *authres_writer_new(struct text authserv_id, struct arena *arena);
/* The authserv-id as it stands in a field: quoted where it is no plain token (§2.5). */
struct text authres_write_id(struct text authserv_id, struct arena *arena);
/* "; method=result", with a reason in quotes where one is given (NULL: none). */
void authres_method(
    struct authres_writer *writer, const char *method, const char *result, const char *reason);
/* " ptype.property=value" of the method begun last; the value is quoted where needed, and bytes
   that no value may hold are left out. */
void authres_property(
    struct authres_writer *writer, const char *ptype, const char *property, struct text value);
/* A comment behind the method begun last; parentheses and backslashes are escaped. */
void authres_comment(struct authres_writer *writer, const char *comment);
/*
 * The field's value: starts with a blank, folded with CRLF and a tab at semicolons and between
 * properties, no CRLF at the end. "; none" where no method was added.
 */
struct text authres_finish(struct authres_writer *writer);

/*
 * The authserv-id of an Authentication-Results field, comments and quoting removed, lower case,
 * U-labels as A-labels where that is possible; false where the value is malformed before it.
 */
bool authres_read_id(struct text value, struct arena *arena, struct text *id_r);
/*
 * True where the field claims to be ours: same authserv-id whatever its spelling, or so malformed
 * that a careless reader could take it for ours (§5). An id with bytes beyond ASCII that is no
 * name counts as malformed.
 */
bool authres_is_forged(
    const struct header_field *field, struct text authserv_id, struct arena *arena);

/*
 * Results of a field that somebody trusted has written (§2.2). Bounds on one field; what is beyond
 * them makes it malformed.
 */
#define AUTHRES_RESULTS_MAX 64
#define AUTHRES_PROPERTIES_MAX 24 /* of one result */

struct authres_property {
    struct text ptype, name; /* "smtp", "mailfrom" */
    struct text value;       /* without its quotes */
};

struct authres_result {
    struct text method;
    struct text result;
    const struct authres_property *properties;
    size_t property_count;
};

/*
 * All results, in their order, arrays in arena; none for "none". False where any of it is
 * malformed: a half-understood field is no ground to believe the rest. Results of a method's other
 * version than 1 are left out (§2.6).
 */
bool authres_read_results(struct text value, struct arena *arena,
    const struct authres_result **results_r, size_t *count_r);
/* The value of that property, or empty; the first where there are several. */
struct text authres_find_property(
    const struct authres_result *result, const char *ptype, const char *name);
