/* SPDX-License-Identifier: MIT */

/* Postfix: whether it uses us, who else signs, and what waits in its queue. */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/store/domain.h"
#include "mailctl/attach/known-milter.h"
#include "mailctl/attach/postfix-list.h"
#include "mailctl/attach/postfix-local.h"
#include "mailctl/attach/postfix-relays.h"
#include "mailctl/attach/postfix-rivals.h"
#include "mailctl/attach/postfix-srs.h"
#include "mailctl/domain-file.h"
#include "mailctl/program.h"
#include "mailctl/status/status.h"

#define HOUR ((int64_t)3600)
#define DEFERRED_MANY 500
#define DEFERRED_OLD (24 * HOUR)

/* --- does it run ------------------------------------------------------------------------------ */

/* Postfix's master holds a lock for as long as it runs; "postfix status" looks at no more, but asks
 * about all instances at once where a wrapper is set. */
static bool is_running(struct status *status, const char *instance)
{
    struct text queue = TEXT("/var/spool/postfix"), folder = TEXT("pid");
    const char *path;
    bool is_locked;
    int fd;

    (void)status_postconf(status, instance, "queue_directory", &queue);
    (void)status_postconf(status, instance, "process_id_directory", &folder);
    path = arena_print(status->arena, "%.*s/%.*s/master.pid", TEXT_ARGS(queue), TEXT_ARGS(folder))
               .data;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return false;
    is_locked = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    close(fd);
    return is_locked;
}

/* The first instance always is to run, others where they are enabled. */
static bool is_to_run(struct status *status, const char *instance)
{
    struct text enabled = TEXT_NONE;

    return status_postconf(status, instance, "multi_instance_enable", &enabled) &&
           text_equals(enabled, TEXT("yes"));
}

static void check_running(struct status *status)
{
    const char *const *instances;
    size_t count = status_instances(status, &instances);

    if (count == 0)
        status_say(status, STATUS_OK, NULL, "there is no Postfix here");
    else if (!status->is_root)
        status_say(status, STATUS_UNKNOWN, "sudo mailctl status",
            "only root can see whether Postfix runs");
    for (size_t i = 0; status->is_root && i < count; i++)
        if ((i == 0 || is_to_run(status, instances[i])) && !is_running(status, instances[i]))
            status_say(status, STATUS_ERROR, NULL, "Postfix (%s) does not run", instances[i]);
}

/* --- does it use us --------------------------------------------------------------------------- */

static void check_settings(struct status *status)
{
    const char *const *instances;
    size_t count = status_instances(status, &instances), with_us = 0;

    if (count == 0) {
        status_say(status, STATUS_WARNING, "apt-get install postfix", "there is no Postfix here");
        return;
    }
    for (size_t i = 0; i < count; i++) {
        struct text milters = TEXT_NONE;

        if (!status_postconf(status, instances[i], "smtpd_milters", &milters))
            return;
        with_us += known_milter_is_ours(milters, status->settings->milter.listen);
    }
    if (with_us == 0)
        status_say(status, STATUS_WARNING, status_postfix_mend(status, instances[0]),
            "Postfix does not use Gatepost");
}

/* --- senders of forwarded mail ---------------------------------------------------------------- */

/* Senders are rewritten, and nobody would take their bounces. */
static void check_srs(struct status *status)
{
    const char *const *instances;
    size_t count = status_instances(status, &instances);
    struct text domain = settings_srs_domain(status->settings, status->arena);

    for (size_t i = 0; domain.len != 0 && i < count; i++) {
        struct text milters = TEXT_NONE, aliases = TEXT_NONE;

        if (!status_postconf(status, instances[i], "smtpd_milters", &milters) ||
            !status_postconf(status, instances[i], "virtual_alias_maps", &aliases))
            return;
        if (known_milter_is_ours(milters, status->settings->milter.listen) &&
            !postfix_srs_is_known(aliases, domain, status->arena))
            status_say(status, STATUS_ERROR, NULL,
                "%s knows nothing of srs.domain, %.*s: bounces of forwarded mail are refused",
                instances[i], TEXT_ARGS(domain));
    }
}

/* --- names with extensions -------------------------------------------------------------------- */

/* Where Postfix has none, authd finds the name by itself. */
static void check_delimiter(struct status *status)
{
    const char *const *instances;
    size_t count = status_instances(status, &instances);
    const char *ours = status->settings->recipient_delimiter;

    for (size_t i = 0; i < count; i++) {
        struct text milters = TEXT_NONE, value = TEXT_NONE;

        if (!status_postconf(status, instances[i], "smtpd_milters", &milters) ||
            !status_postconf(status, instances[i], "recipient_delimiter", &value))
            continue;
        if (value.len != 0 && !text_equals(value, text_from_string(ours)) &&
            known_milter_is_ours(milters, status->settings->milter.listen))
            status_say(status, STATUS_WARNING,
                status_command(status,
                    "postconf -c %s -e 'recipient_delimiter = %s'; postfix -c %s reload",
                    instances[i], ours, instances[i]),
                "%s: recipient_delimiter is \"%.*s\", ours \"%s\"", instances[i], TEXT_ARGS(value),
                ours);
    }
}

/* --- domains whose mail is passed on ---------------------------------------------------------- */

static const struct domain *first_relay(const struct domain_list *domains)
{
    for (size_t i = 0; i < domains->count; i++)
        if (domains->items[i].enabled && domains->items[i].kind == DOMAIN_RELAY)
            return &domains->items[i];
    return NULL;
}

static void check_relays_of(struct status *status, const struct domain_list *domains,
    const struct postfix_instance *instance)
{
    const struct domain *relay = first_relay(domains);

    if (relay != NULL &&
        !postfix_relays_is_content(instance,
            domain_file_path(status->settings, DOMAIN_FILE_MAILBOXES, status->arena),
            domain_file_path(status->settings, DOMAIN_FILE_RELAYS, status->arena)))
        status_say(status, STATUS_ERROR, NULL,
            "%s does not know the domains whose mail is passed on: mail to %.*s is refused",
            instance->directory, TEXT_ARGS(relay->name));
    else if (relay != NULL &&
             postfix_relays_is_known(
                 instance, domain_file_path(status->settings, DOMAIN_FILE_RELAYS, status->arena)) &&
             !postfix_relays_asks_recipients(instance))
        status_say(status, STATUS_WARNING, NULL,
            "%s does not ask who there is in domains whose mail is passed on: lists of their "
            "recipients count for nothing",
            instance->directory);
}

/* --- domains that it keeps for itself --------------------------------------------------------- */

static void check_names(struct status *status, const struct domain_list *domains,
    const struct postfix_instance *instance)
{
    size_t count;
    const struct text *names = postfix_local_names(domains, status->arena, &count);
    struct postfix_local local = postfix_local_find(instance,
        domain_file_path(status->settings, DOMAIN_FILE_MAILBOXES, status->arena), names, count);

    for (size_t i = 0; i < local.count; i++)
        status_say(status, STATUS_ERROR,
            local.hits[i].source == NULL ? postfix_rivals_mend(status->settings, instance) : "",
            "%.*s, a domain of ours, stands in %s: mail to its users bounces",
            TEXT_ARGS(local.hits[i].name), postfix_local_where(instance, &local.hits[i]));
    if (local.unjudged != NULL)
        status_say(status, STATUS_UNKNOWN, "", "%s", postfix_local_tell_unjudged(instance, &local));
}

typedef void instance_fn(struct status *status, const struct domain_list *domains,
    const struct postfix_instance *instance);

static void each_instance(struct status *status, instance_fn *function)
{
    const char *const *instances;
    size_t count = status_instances(status, &instances);
    struct store *store = NULL;
    struct domain_list domains = {.count = 0};
    struct failure failure;
    enum err err = ERR_NONE;

    if (count == 0)
        return;
    err = store_open(
        status->settings->state_directory, STORE_DIRECTORY, STORE_READ, &store, &failure);
    if (err == ERR_NONE)
        err = domain_list(store, status->arena, &domains);
    if (err != ERR_NONE) { /* the check of the database says why */
        status_say(status, STATUS_UNKNOWN, "", "the directory database cannot be read");
        store_close(&store);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        struct postfix_instance instance;

        if (postfix_instance_open(instances[i], status->arena, &instance, &failure) == ERR_NONE)
            function(status, &domains, &instance);
        else
            status_say_unseen(status, &failure);
    }
    store_close(&store);
}

static void check_mydestination(struct status *status)
{
    each_instance(status, check_names);
}

static void check_relays(struct status *status)
{
    each_instance(status, check_relays_of);
}

/* --- who else signs --------------------------------------------------------------------------- */

static void say_rivals(struct status *status, const struct postfix_instance *instance,
    const struct postfix_rivals *rivals)
{
    struct text rest = rivals->others, name;

    while (rest.len != 0 && text_split(&rest, ',', &name))
        status_say(status, STATUS_WARNING, postfix_rivals_again(rivals, instance),
            "%.*s stands beside us in the milters of %s; it %s", TEXT_ARGS(name),
            instance->directory, known_milter_find(name)->does);
    rest = rivals->kept;
    while (rest.len != 0 && text_split(&rest, ',', &name))
        status_say(status, STATUS_OK, NULL,
            "%.*s stands beside us in the milters of %s, kept by choice", TEXT_ARGS(name),
            instance->directory);
    if (rivals->amavis_signs)
        status_say(status, STATUS_WARNING, "",
            "amavis, the content filter of %s, signs, too: mail is signed twice. Set"
            " \"$enable_dkim_signing = 0;\" in /etc/amavis/conf.d/50-user",
            instance->directory);
}

static void check_signers(struct status *status)
{
    const char *const *instances;
    size_t count = status_instances(status, &instances);

    for (size_t i = 0; i < count; i++) {
        struct postfix_instance instance;
        struct postfix_rivals rivals;
        struct failure failure;
        enum err err = postfix_instance_open(instances[i], status->arena, &instance, &failure);

        if (err == ERR_NONE)
            err = postfix_rivals_find(status->settings, &instance, &rivals, &failure);
        if (err == ERR_NONE)
            say_rivals(status, &instance, &rivals);
        else
            status_say_unseen(status, &failure);
    }
}

/* --- the queue -------------------------------------------------------------------------------- */

struct waiting {
    size_t deferred;
    int64_t oldest; /* when it came; 0: none */
};

/* A line of "postqueue -j". */
static void count_line(struct text line, struct waiting *waiting)
{
    json_t *json = json_loadb(line.data, line.len, 0, NULL);
    const char *queue = json_string_value(json_object_get(json, "queue_name"));
    json_int_t arrival = json_integer_value(json_object_get(json, "arrival_time"));

    if (queue != NULL && strcmp(queue, "deferred") == 0) {
        waiting->deferred++;
        if (arrival > 0 && (waiting->oldest == 0 || arrival < waiting->oldest))
            waiting->oldest = (int64_t)arrival;
    }
    json_decref(json);
}

static void judge_queue(struct status *status, const char *instance, const struct waiting *waiting)
{
    int64_t hours = waiting->oldest != 0 ? (clock_wall() - waiting->oldest) / HOUR : 0;
    bool is_bad = waiting->deferred >= DEFERRED_MANY || hours * HOUR >= DEFERRED_OLD;

    if (waiting->deferred == 0)
        return;
    status_say(status, is_bad ? STATUS_WARNING : STATUS_OK,
        is_bad ? status_command(status, "postqueue -c %s -f", instance) : NULL,
        "%s: %zu messages are deferred, the oldest for %" PRId64 " h", instance, waiting->deferred,
        hours);
}

static void check_queue(struct status *status)
{
    const char *const *instances;
    size_t count = status_instances(status, &instances);

    for (size_t i = 0; i < count; i++) {
        const char *const argv[] = {"postqueue", "-c", instances[i], "-j", NULL};
        struct waiting waiting = {.deferred = 0};
        struct text output = TEXT_NONE, line;
        struct failure failure;

        if (program_succeed(argv, STATUS_PROGRAM_MS, status->arena, &output, &failure) !=
            ERR_NONE) {
            status_say(status, STATUS_UNKNOWN, NULL, "%s", failure.text);
            continue;
        }
        while (text_split(&output, '\n', &line))
            if (line.len != 0)
                count_line(line, &waiting);
        judge_queue(status, instances[i], &waiting);
    }
}

static const struct status_check checks[] = {
    {"running",       check_running,       "systemctl restart postfix"},
    {"settings",      check_settings,      NULL                       },
    {"srs",           check_srs,           "mailctl attach postfix"   },
    {"delimiter",     check_delimiter,     NULL                       },
    {"relays",        check_relays,        "mailctl attach postfix"   },
    {"mydestination", check_mydestination, "mailctl attach postfix"   },
    {"signers",       check_signers,       NULL                       },
    {"queue",         check_queue,         "systemctl restart postfix"},
};

const struct status_group status_postfix = {"postfix", checks, sizeof checks / sizeof *checks};
