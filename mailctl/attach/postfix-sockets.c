/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/postfix-sockets.h"

#include <string.h>
#include <unistd.h>

#include "lib/service/settings.h"
#include "mailctl/attach/attach-daemon.h"
#include "mailctl/attach/daemon-unit.h"
#include "mailctl/attach/queue-mount.h"

/* --- names --- */

static enum err name_sockets(struct wiring *wiring, struct failure *failure)
{
    const struct settings *settings = wiring->site->settings;
    enum err err = postfix_instance_socket(
        &wiring->instance, settings->milter.listen, &wiring->milter, failure);

    if (err == ERR_NONE)
        err = postfix_instance_socket(
            &wiring->instance, settings->policyd.listen, &wiring->policy, failure);
    if (err == ERR_NONE)
        err = postfix_instance_socket(
            &wiring->instance, settings->authd.listen_lookup, &wiring->lookup, failure);
    return err;
}

/* The folder of all sockets outside of the queue directory; NULL: there are none, or several. */
static const char *outside(const struct settings *settings, const struct postfix_instance *instance)
{
    const char *const listen[] = {
        settings->milter.listen, settings->policyd.listen, settings->authd.listen_lookup};
    const char *common = NULL;

    for (size_t i = 0; i < sizeof listen / sizeof *listen; i++) {
        const char *folder = postfix_instance_outside(instance, listen[i]);

        if (folder != NULL && common != NULL && strcmp(folder, common) != 0)
            return NULL;
        common = folder != NULL ? folder : common;
    }
    return common;
}

static bool needs_mount(const struct attach_site *site, const struct postfix_instance *instance,
    struct queue_mount *mount_r)
{
    const char *folder = outside(site->settings, instance);

    return folder != NULL &&
           queue_mount_plan(folder, instance->queue_directory, site->arena, mount_r);
}

/* --- in --- */

static enum err plan_mount(
    struct wiring *wiring, const struct queue_mount *mount, struct failure *failure)
{
    const char *path = queue_mount_path(mount->unit, wiring->arena);
    struct plan_file *file = NULL;
    enum err err;

    if (!queue_mount_is_free(mount))
        return failure_set(failure, ERR_REFUSED,
            "%s holds something else: where daemons of this instance's own listen there, name their"
            " configuration (\"mailctl -c FILE attach ...\")",
            mount->to);
    err = plan_file_open(wiring->plan, path, &file, failure);
    if (err != ERR_NONE)
        return err;
    plan_file_edit(wiring->plan, file, queue_mount_text(mount, wiring->arena),
        text_from_string(mount->unit),
        "shows our sockets to this instance, whose services may see its queue directory alone");
    wiring->instance.mounted = mount->from;
    return ERR_NONE;
}

enum err postfix_sockets_plan(struct wiring *wiring, struct failure *failure)
{
    const struct attach_site *site = wiring->site;
    struct queue_mount mount;
    enum err err = ERR_NONE;

    if (!site->is_offline && attach_daemon_can_start() &&
        needs_mount(site, &wiring->instance, &mount))
        err = plan_mount(wiring, &mount, failure);
    return err == ERR_NONE ? name_sockets(wiring, failure) : err;
}

void postfix_sockets_find(const struct attach_site *site, struct postfix_instance *instance)
{
    struct queue_mount mount;

    if (needs_mount(site, instance, &mount) &&
        access(queue_mount_path(mount.unit, site->arena), F_OK) == 0)
        instance->mounted = mount.from;
}

/* --- afterwards --- */

static bool leads_to_us(const struct postfix_instance *instance)
{
    struct text milters = postfix_instance_value(instance, TEXT("smtpd_milters"));

    return text_find_text(milters, TEXT("gatepost")) < milters.len;
}

/* The daemons of an instance that was detached. The usual ones serve others, and stay. */
static enum err retire_daemons(const struct attach_site *site, struct failure *failure)
{
    struct postfix_instance instance;
    struct text name;

    if (site->directory == NULL || access(site->directory, F_OK) != 0 ||
        postfix_instance_open(site->directory, site->arena, &instance, NULL) != ERR_NONE)
        return ERR_NONE;
    name = daemon_unit_of_queue(instance.queue_directory);
    return name.len == 0 || leads_to_us(&instance) ? ERR_NONE
                                                   : attach_daemon_retire(site, name, failure);
}

enum err postfix_sockets_follow(
    const struct attach_site *site, const struct journal *journal, struct failure *failure)
{
    size_t count;
    const struct journal_file *files = journal_files(journal, &count);
    struct queue_mount mount;
    enum err err = ERR_NONE;

    if (!attach_daemon_can_start())
        return ERR_NONE;
    for (size_t i = 0; err == ERR_NONE && i < count; i++)
        if (queue_mount_parse(files[i].path, files[i].ours.content, site->arena, &mount))
            err = access(files[i].path, F_OK) == 0
                      ? queue_mount_enable(&mount, site->arena, failure)
                      : queue_mount_disable(&mount, site->arena, failure);
    if (err == ERR_NONE && journal_state(journal) == JOURNAL_DETACHING)
        err = retire_daemons(site, failure);
    return err;
}
