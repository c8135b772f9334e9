/* SPDX-License-Identifier: MIT */
#include "mailctl/invocation.h"
#include "mailctl/store-owners.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/dns/name.h"
#include "lib/dns/resolver.h"
#include "lib/store/domain.h"

#define COMPLAINT_MAX 2048

struct text invocation_argument(const struct invocation *invocation, size_t index)
{
    if (index >= invocation->argument_count)
        return TEXT("");
    return text_from_string(invocation->arguments[index]);
}

bool invocation_has(const struct invocation *invocation, const char *option)
{
    for (size_t i = 0; i < invocation->option_count; i++)
        if (strcmp(invocation->options[i].name, option) == 0)
            return true;
    return false;
}

int invocation_either(
    const struct invocation *invocation, const char *on, const char *off, bool *flag)
{
    bool is_on = invocation_has(invocation, on), is_off = invocation_has(invocation, off);

    if (is_on && is_off)
        return invocation_complain(
            invocation, EX_USAGE, "--%s and --%s: give one of them", on, off);
    if (is_on || is_off)
        *flag = is_on;
    return EX_OK;
}

const char *invocation_value(const struct invocation *invocation, const char *option)
{
    const char *value = NULL;

    for (size_t i = 0; i < invocation->option_count; i++)
        if (strcmp(invocation->options[i].name, option) == 0)
            value = invocation->options[i].value;
    return value;
}

size_t invocation_values(
    const struct invocation *invocation, const char *option, const char *const **values_r)
{
    const char **values =
        arena_alloc_zero(invocation->arena, invocation->option_count, sizeof *values);
    size_t count = 0;

    for (size_t i = 0; i < invocation->option_count; i++)
        if (strcmp(invocation->options[i].name, option) == 0)
            values[count++] = invocation->options[i].value;
    *values_r = values;
    return count;
}

/* What the administrator typed may hold anything: it goes to a terminal. */
static void complain(const char *text)
{
    char safe[COMPLAINT_MAX];

    fflush(stdout);
    fprintf(stderr, "mailctl: %s\n", log_safe(text, strlen(text), safe, sizeof safe));
}

int invocation_complain(const struct invocation *invocation, int status, const char *format, ...)
{
    char text[COMPLAINT_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (invocation->place != NULL)
        complain(arena_print(invocation->arena, "%s: %s", invocation->place, text).data);
    else
        complain(text);
    return status;
}

int invocation_bad_value(const struct invocation *invocation, const char *option,
    const char *expected, const char *found)
{
    return invocation_complain(
        invocation, EX_USAGE, "--%s: expected %s, found \"%s\"", option, expected, found);
}

void invocation_warn(struct invocation *invocation, const char *format, ...)
{
    struct invocation_warning *warning = arena_alloc_zero(invocation->arena, 1, sizeof *warning);
    char text[COMPLAINT_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (invocation->last_warning == NULL)
        invocation->last_warning = &invocation->warnings;
    warning->text = arena_copy_string(invocation->arena, text_from_string(text));
    *invocation->last_warning = warning;
    invocation->last_warning = &warning->next;
    if (!invocation->quiet)
        (void)invocation_complain(invocation, EX_OK, "warning: %s", text);
}

int invocation_status_of(enum err err)
{
    switch (err) {
    case ERR_NONE:
        return EX_OK;
    case ERR_SYNTAX:
    case ERR_RANGE:
    case ERR_REFUSED:
        return EX_DATAERR;
    case ERR_EXISTS:
        return EX_CANTCREAT;
    case ERR_BUSY:
    case ERR_TIMEOUT:
    case ERR_LIMIT:
        return EX_TEMPFAIL;
    case ERR_ACCESS:
        return EX_NOPERM;
    case ERR_IO:
        return EX_IOERR;
    case ERR_ABSENT:
    case ERR_FOREIGN:
    case ERR_NEWER:
    case ERR_OLDER:
    case ERR_CORRUPT:
        return EX_CONFIG;
    default:
        return EX_SOFTWARE;
    }
}

int invocation_complain_failure(const struct invocation *invocation, const struct failure *failure)
{
    return invocation_complain(invocation, invocation_status_of(failure->err), "%s", failure->text);
}

int invocation_complain_store(const struct invocation *invocation, const struct store *store)
{
    struct failure failure = {.err = ERR_IO, .text = "the database failed"};

    (void)store_failure(store, &failure);
    return invocation_complain_failure(invocation, &failure);
}

void invocation_tell(const struct invocation *invocation, const char *format, ...)
{
    va_list args;

    if (invocation->quiet || invocation->json)
        return;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
}

const struct settings *invocation_settings(struct invocation *invocation, int *status_r)
{
    struct failure failure;

    if (invocation->settings == NULL &&
        settings_load(invocation->config_path, &invocation->settings, &failure) != ERR_NONE) {
        *status_r = failure.err == ERR_ACCESS && geteuid() != 0 ? EX_NOPERM : EX_CONFIG;
        (void)invocation_complain(invocation, *status_r, "%s%s", failure.text,
            *status_r == EX_NOPERM ? "; run mailctl as root" : "");
        return NULL;
    }
    return invocation->settings;
}

bool invocation_lacks_init(const struct settings *settings)
{
    char path[PATH_MAX];

    /* What the units have as their condition. */
    snprintf(path, sizeof path, "%s/directory/directory.db", settings->state_directory);
    return access(path, F_OK) != 0 && errno == ENOENT;
}

struct store *invocation_store(
    struct invocation *invocation, enum store_kind kind, enum store_mode mode, int *status_r)
{
    const struct settings *settings;
    struct failure failure;

    if (invocation->stores[kind] != NULL && mode == STORE_WRITE &&
        !invocation->store_is_writable[kind])
        store_close(&invocation->stores[kind]);
    if (invocation->stores[kind] != NULL)
        return invocation->stores[kind];
    settings = invocation_settings(invocation, status_r);
    if (settings == NULL)
        return NULL;
    if (store_open(store_directory_of(kind, settings), kind, mode, &invocation->stores[kind],
            &failure) != ERR_NONE) {
        *status_r = invocation_complain_failure(invocation, &failure);
        return NULL;
    }
    store_set_delimiter(invocation->stores[kind], settings_delimiter(settings));
    invocation->store_is_writable[kind] = mode == STORE_WRITE;
    return invocation->stores[kind];
}

/* The servers of the configuration, where there is one to read: verify and spf work without. */
static void configured_servers(struct invocation *invocation, struct resolver_options *options)
{
    if (invocation->resolver_count != 0) {
        options->servers = invocation->resolvers;
        options->server_count = invocation->resolver_count;
        return;
    }
    if (invocation->settings == NULL)
        (void)settings_load(invocation->config_path, &invocation->settings, NULL);
    if (invocation->settings == NULL)
        return;
    options->servers = invocation->settings->dns.servers.items;
    options->server_count = invocation->settings->dns.servers.count;
}

struct resolver *invocation_resolver(struct invocation *invocation, int *status_r)
{
    struct resolver_options options = {.server_count = 0};
    struct failure failure;

    if (invocation->resolver != NULL)
        return invocation->resolver;
    /* A file that was named must be there and be right; only the default one may be missing. */
    if (invocation->config_path != NULL && invocation_settings(invocation, status_r) == NULL)
        return NULL;
    configured_servers(invocation, &options);
    if (resolver_open(&options, &invocation->resolver, &failure) != ERR_NONE) {
        *status_r = invocation_complain_failure(invocation, &failure);
        if (invocation->resolver_count != 0 && *status_r == EX_DATAERR)
            *status_r = EX_USAGE;
        return NULL;
    }
    return invocation->resolver;
}

int64_t invocation_dns_timeout_ms(struct invocation *invocation)
{
    const int64_t without_settings_ms = 10000;

    if (invocation->dns_timeout_ms != 0)
        return invocation->dns_timeout_ms;
    if (invocation->settings != NULL)
        return invocation->settings->dns.timeout_ms;
    return without_settings_ms;
}

bool invocation_confirm(const struct invocation *invocation, const char *question)
{
    char answer[16];

    if (invocation->yes)
        return true;
    if (isatty(STDIN_FILENO) == 0) {
        (void)invocation_complain(invocation, EX_USAGE,
            "%s Nothing was done: there is no terminal to answer on (say --yes to go on)",
            question);
        return false;
    }
    fprintf(stderr, "%s [y/N] ", question);
    if (fgets(answer, sizeof answer, stdin) != NULL && (answer[0] == 'y' || answer[0] == 'Y'))
        return true;
    (void)invocation_complain(invocation, EX_USAGE, "nothing was changed");
    return false;
}

static int read_all(const struct invocation *invocation, FILE *file, const char *path, size_t max,
    struct text *content_r)
{
    struct buffer content = BUFFER_NONE;
    int status = EX_OK;
    size_t got;

    while ((got = fread(buffer_reserve(&content, 65536), 1, 65536, file)) != 0) {
        content.len += got;
        if (content.len > max)
            break;
    }
    if (ferror(file) != 0)
        status = invocation_complain(invocation, EX_IOERR, "%s: %s", path, strerror(errno));
    else if (content.len > max)
        status = invocation_complain(
            invocation, EX_DATAERR, "%s: larger than the %zu bytes that are read here", path, max);
    else
        *content_r = arena_copy(invocation->arena, buffer_text(&content));
    buffer_done(&content);
    return status;
}

int invocation_read_file(
    const struct invocation *invocation, const char *path, size_t max, struct text *content_r)
{
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "re");
    int status;

    if (file == NULL)
        return invocation_complain(
            invocation, errno == EACCES ? EX_NOPERM : EX_NOINPUT, "%s: %s", path, strerror(errno));
    status = read_all(invocation, file, path, max, content_r);
    if (!is_stdin)
        fclose(file);
    return status;
}

int invocation_domain(
    const struct invocation *invocation, struct text argument, struct text *domain_r)
{
    struct text name;

    if (!dns_name_normalize(argument, invocation->arena, &name) || !dns_name_is_domain(name))
        return invocation_complain(invocation, EX_DATAERR,
            "\"%.*s\" is no mail domain: expected a name like example.org", TEXT_ARGS(argument));
    *domain_r = name;
    return EX_OK;
}

int invocation_own_domain(
    struct invocation *invocation, struct text argument, struct text *domain_r)
{
    struct text name = TEXT_NONE;
    struct domain domain;
    int status = invocation_domain(invocation, argument, &name);
    struct store *directory;
    enum err err;

    if (status != EX_OK)
        return status;
    directory = invocation_store(invocation, STORE_DIRECTORY, STORE_READ, &status);
    if (directory == NULL)
        return status;
    err = domain_find(directory, name, invocation->arena, &domain);
    if (err == ERR_ABSENT)
        return invocation_complain(invocation, EX_NOHOST,
            "%.*s is not a domain of this server (mailctl domain add %.*s)", TEXT_ARGS(name),
            TEXT_ARGS(name));
    if (err != ERR_NONE)
        return invocation_complain_store(invocation, directory);
    *domain_r = name;
    return EX_OK;
}

void invocation_done(struct invocation *invocation)
{
    for (size_t i = 0; i < STORE_KIND_COUNT; i++)
        store_close(&invocation->stores[i]);
    resolver_close(&invocation->resolver);
    settings_free(&invocation->settings);
    arena_free(&invocation->arena);
}
