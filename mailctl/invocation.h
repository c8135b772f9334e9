/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One call of mailctl: what was on the command line, and what the command asks for along the
 * way. Settings, stores and the resolver are opened at first use and closed by main(). Single
 * thread. Everything small lives in the invocation's arena.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sysexits.h>

#include "lib/base/arena.h"
#include "lib/base/error.h"
#include "lib/service/settings.h"
#include "lib/store/store.h"

struct command;
struct resolver;

enum invocation_color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct invocation_option {
    const char *name;
    const char *value; /* NULL for a switch */
};

struct invocation_warning {
    const char *text;
    struct invocation_warning *next;
};

struct invocation {
    struct arena *arena;
    const struct command *command;
    /* global options */
    const char *config_path; /* NULL: the default */
    bool json, dry_run, yes, quiet, verbose;
    enum invocation_color color;
    const char **resolvers;
    size_t resolver_count;
    int64_t dns_timeout_ms; /* 0: the setting's */
    /* the command's own */
    const char **arguments;
    size_t argument_count;
    struct invocation_option *options;
    size_t option_count;
    /* opened on demand */
    struct settings *settings;
    struct store *stores[STORE_KIND_COUNT];
    bool store_is_writable[STORE_KIND_COUNT];
    struct resolver *resolver;
    struct invocation_warning *warnings, **last_warning; /* in the order of the calls */
    /* Where the values that are read stand, if that is a file: for complaints. NULL: nowhere. */
    const char *place;
};

/* The argument at index as text; empty where there are fewer. */
struct text invocation_argument(const struct invocation *invocation, size_t index);
bool invocation_has(const struct invocation *invocation, const char *option);
/*
 * Which of two switches is given; *flag stays as it is where neither is. Complains of both; returns
 * the exit status.
 */
int invocation_either(
    const struct invocation *invocation, const char *on, const char *off, bool *flag);
/* The value given last, or NULL. */
const char *invocation_value(const struct invocation *invocation, const char *option);
/* All values of a repeated option, in order; the array lives in the arena. */
size_t invocation_values(
    const struct invocation *invocation, const char *option, const char *const **values_r);

/*
 * "mailctl: ..." on stderr. The text names what is wrong and the next step. Returns status, so
 * that a command can end with "return invocation_complain(...)".
 */
int invocation_complain(const struct invocation *invocation, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same for a failure from lib/; the exit status is chosen by its code. */
int invocation_complain_failure(const struct invocation *invocation, const struct failure *failure);
/* "--OPTION: expected EXPECTED, found "FOUND"": EX_USAGE, as for all values of options. */
int invocation_bad_value(const struct invocation *invocation, const char *option,
    const char *expected, const char *found);
/* The same for the last failure of a store. */
int invocation_complain_store(const struct invocation *invocation, const struct store *store);
/*
 * What works and may not be meant so: a line on stderr, but for --quiet, and for the "warnings" of
 * --json (directory.h). The exit status is none of its business.
 */
void invocation_warn(struct invocation *invocation, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The sysexits status for a code. */
int invocation_status_of(enum err err);
/* A line on stdout for people: not with --quiet and not with --json. */
void invocation_tell(const struct invocation *invocation, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * The configuration. Commands that need none (verify --ip ...) do not ask for it. On failure the
 * complaint has been made and *status_r is the exit status; NULL is returned.
 */
const struct settings *invocation_settings(struct invocation *invocation, int *status_r);
/* Nothing was made yet: "mailctl init" comes first, and systemd starts no daemon before. */
bool invocation_lacks_init(const struct settings *settings);
/* A database; opened once. On failure as above. Reading is enough for lists. */
struct store *invocation_store(
    struct invocation *invocation, enum store_kind kind, enum store_mode mode, int *status_r);
/*
 * The resolver: --resolver, else the setting where a configuration can be read, else
 * /etc/resolv.conf. On failure as above.
 */
struct resolver *invocation_resolver(struct invocation *invocation, int *status_r);
/* --dns-timeout, else the setting, else its default. */
int64_t invocation_dns_timeout_ms(struct invocation *invocation);

/* Asks on the terminal; true with --yes. Without terminal and --yes: complains and says no. After
 * any other answer than yes: says that nothing was changed. */
bool invocation_confirm(const struct invocation *invocation, const char *question);

/*
 * Reads a file, or standard input for "-", up to max bytes. On failure complains and returns the
 * exit status; 0 otherwise.
 */
int invocation_read_file(
    const struct invocation *invocation, const char *path, size_t max, struct text *content_r);

/*
 * A domain name from the command line, normalized. Complains and returns EX_DATAERR where it is
 * none.
 */
int invocation_domain(
    const struct invocation *invocation, struct text argument, struct text *domain_r);

/*
 * The same, and it must be one of ours: EX_NOHOST where the directory does not have it, or what
 * opening the directory gives.
 */
int invocation_own_domain(
    struct invocation *invocation, struct text argument, struct text *domain_r);

void invocation_done(struct invocation *invocation);
