/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Reading and editing the bytes of a master.cf: services and their overrides, in all spellings
 * (-o name=value, -o { name = value }, -oname=value). Pure functions; what is made lives in the
 * arena. A service is a view of bytes: after an edit, parse again.
 */

#include "mailctl/attach/postfix-lines.h"

struct master_cf_option {
    struct text name, value;
    struct text bytes; /* the value's place in the file, braces left out */
    bool is_braced;
};

struct master_cf_service {
    struct text key;        /* "smtp/inet" */
    struct text name, type; /* "127.0.0.1:10025", "inet" */
    struct text chroot;     /* as written: "y", "n", "-" */
    struct text command;    /* "smtpd" */
    struct text bytes;      /* the whole entry */
    const struct master_cf_option *options;
    size_t option_count;
};

struct master_cf {
    const struct master_cf_service *services;
    size_t count;
};

/* Entries of fewer than eight fields are left out: Postfix refuses them. */
struct master_cf master_cf_parse(struct text bytes, struct arena *arena);
/* The last one of that key, or NULL. */
const struct master_cf_service *master_cf_find(const struct master_cf *master, struct text key);
/* The last override of that name, or NULL. */
const struct master_cf_option *master_cf_option_find(
    const struct master_cf_service *service, struct text name);

/* Whether any service sets that option to something. */
bool master_cf_has_value(const struct master_cf *master, struct text option);

/* "587" of "127.0.0.1:587", "[::1]:587" and "587". */
struct text master_cf_service_port(const struct master_cf_service *service);

/* Overrides it: in its place, or in a line of its own behind the entry. */
struct text master_cf_set(struct text bytes, const struct master_cf_service *service,
    struct text name, struct text value, struct arena *arena);
/*
 * Adds an entry (whole lines). It goes behind the commented-out form of the service, as Debian
 * ships it, or else to the end of the file.
 */
struct text master_cf_add(
    struct text bytes, struct text name, struct text entry, struct arena *arena);
