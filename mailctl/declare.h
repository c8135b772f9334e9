/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a file declares, put into the directory: for "mailctl apply". The file has sections, each a
 * list of things of one kind; a part (struct declare_part) finds a thing, adds it, changes it and
 * takes it away.
 *
 * The life of an apply. The tree (document.h) is walked in one transaction. With --prune, what it
 * does not name goes first, as it may be in the way: an alias whose address becomes a user's. Then
 * each thing is looked up, what the file says is put on top of what there is, and what is different
 * is written and noted as a line of the plan. What the file does not mention stays: a field of a
 * thing that is named, and, without --prune, a thing that is not. A null takes a field back to its
 * default. At the end every alias and forward that was touched is checked for circles
 * (route-check.h). Then all of it is rolled back, to be shown, or committed. The first complaint
 * ends it; it names the place in the file, and never a hash.
 */

#include <jansson.h>

#include "lib/base/array.h"
#include "lib/store/route-sources.h"
#include "mailctl/invocation.h"

/* What stands in place of a hash that was not asked for. Where it is read, what there is stays. */
#define DECLARE_MASK "********"
#define DECLARE_VERSION 1
#define DECLARE_STAGES 3

struct declare_line {
    const char *noun;         /* "user" */
    struct text name, change; /* "alice@example.org"; "added", "deleted", "changed: quota" */
};

struct declare_password {
    struct text address;
    struct text hash; /* empty: there is to be none */
    bool is_of_new_user;
};

struct declare_delegation {
    struct text domain;
    struct text zone; /* empty: its own */
};

struct declare {
    struct invocation *invocation;
    struct store *directory;
    int64_t now;
    bool warns; /* of what leads to nobody; a second walk has nothing new to say */
    ARRAY(struct declare_line) plan;
    ARRAY(struct text) touched; /* addresses whose way is to be checked at the end */
    ARRAY(struct text) fresh;   /* users who come and who go: their passwords are another store's */
    ARRAY(struct text) gone;
    ARRAY(struct text) gone_domains;              /* whose senders' hosts are in that store, too */
    ARRAY(struct declare_password) passwords;     /* that differ (declare-password.h) */
    ARRAY(struct declare_delegation) delegations; /* too (declare-delegation.h) */
    bool has_hashes; /* in the file, which is nobody else's business then */
    /* Where we are, for messages, and what of the thing at hand is different. */
    const char *section;
    size_t index;
    struct text name, changed;
    bool is_new;
    int status; /* EX_OK until something is wrong */
};

/* One field of a thing. read: puts the value into the row, and tells declare_differs(). */
struct declare_field {
    const char *key; /* NULL ends a table */
    bool (*read)(struct declare *declare, const char *key, const json_t *value, void *row);
};

struct declare_part {
    const char *section;  /* "users" */
    const char *noun;     /* "user" */
    const char *identity; /* the field that names a thing: "address" */
    /* In the form of the directory. Each of these: false where the complaint was made. */
    bool (*name)(struct declare *declare, struct text given, struct text *name_r);
    /*
     * Before any of the section is put, so that they may speak of each other: adds the thing, bare,
     * where it is missing. NULL: put does that.
     */
    bool (*prepare)(struct declare *declare);
    /*
     * In which of the rounds a thing is put, where one must come before another; by what there is
     * and what the file says, right or wrong. NULL: there is one round.
     */
    unsigned (*stage)(struct declare *declare, const json_t *thing);
    bool (*put)(struct declare *declare, const json_t *thing);
    /*
     * All that there are, to be pruned where they are not named: before anything is put, and
     * (is_late) those that can only go when all is put.
     */
    bool (*list)(
        struct declare *declare, bool is_late, const struct text **names_r, size_t *count_r);
    bool (*remove)(struct declare *declare);
};

/* In the order in which they are put; they are pruned in the other one. */
extern const struct declare_part declare_domains, declare_users, declare_aliases;

/*
 * Walks the tree in the transaction that the directory is in. EX_OK, or the status of the first
 * complaint.
 */
int declare_walk(struct declare *declare, const json_t *document, bool prunes);
void declare_done(struct declare *declare);

/* --- for the parts --- */

/* "users[3] (alice@example.org): quota: ..." Returns false. */
bool declare_complain(struct declare *declare, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* "users[3] (alice@example.org)", in the arena: where we are; in no section: empty. */
struct text declare_place(const struct declare *declare);
/* The same for what the store refused. */
bool declare_complain_store(struct declare *declare);
/* That field is not as it was. */
void declare_differs(struct declare *declare, const char *key);
/* Where these lead is to be checked at the end. */
void declare_touch_sources(struct declare *declare, const struct route_source_list *list);
/* All fields of a thing but its identity, by the table. */
bool declare_fields(struct declare *declare, const struct declare_part *part,
    const struct declare_field *fields, const json_t *thing, void *row);

/* Values of one form into the place given, which they are compared with; null: the default. */
bool declare_flag(
    struct declare *declare, const char *key, const json_t *value, bool initial, bool *flag);
bool declare_text(
    struct declare *declare, const char *key, const json_t *value, size_t max, struct text *text);
/* "2G", bytes, or "unlimited", which is 0. */
bool declare_size(
    struct declare *declare, const char *key, const json_t *value, int64_t max, int64_t *bytes);
/* A list of texts, or one; null: none. */
bool declare_list(struct declare *declare, const char *key, const json_t *value, size_t max,
    const struct text **items, size_t *count);
/*
 * The same for addresses to which mail goes: of ours in lower case, each once, and not the thing
 * itself.
 */
bool declare_targets(struct declare *declare, const char *key, const json_t *value, size_t max,
    const struct text **items, size_t *count);
