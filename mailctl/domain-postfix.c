/* SPDX-License-Identifier: MIT */
#include "mailctl/domain-postfix.h"

#include "mailctl/attach/postfix-list.h"
#include "mailctl/attach/postfix-local.h"
#include "mailctl/attach/postfix-relays.h"
#include "mailctl/attach/postfix-rivals.h"
#include "mailctl/attach/postfix-transports.h"
#include "mailctl/domain-file.h"
#include "mailctl/program.h"

typedef void instance_fn(struct invocation *invocation, const struct settings *settings,
    const struct postfix_instance *instance, struct text name);

static void each_instance(struct invocation *invocation, struct text name, instance_fn *function)
{
    int status = EX_CONFIG;
    const struct settings *settings = invocation_settings(invocation, &status);
    struct arena *arena = invocation->arena;
    struct postfix_instance instance, other;
    struct text rest, directory;

    if (settings == NULL || !program_exists("postconf") ||
        postfix_instance_open(NULL, arena, &instance, NULL) != ERR_NONE)
        return;
    function(invocation, settings, &instance, name);
    rest = postfix_instance_value(&instance, TEXT("multi_instance_directories"));
    while (postfix_list_next(&rest, &directory))
        if (postfix_instance_open(arena_copy_string(arena, directory), arena, &other, NULL) ==
            ERR_NONE)
            function(invocation, settings, &other, name);
}

/* Its processes remember what an address was before, for as long as they live. */
static void reload_instance(struct invocation *invocation, const struct settings *settings,
    const struct postfix_instance *instance, struct text name)
{
    struct text table =
        text_from_string(domain_file_table(settings, DOMAIN_FILE_MAILBOXES, invocation->arena));
    struct failure failure;

    (void)name;
    if (postfix_list_has(
            postfix_instance_value(instance, TEXT("virtual_mailbox_domains")), table) &&
        postfix_instance_is_running(instance->directory, invocation->arena) &&
        postfix_instance_reload(instance->directory, invocation->arena, &failure) != ERR_NONE)
        invocation_warn(
            invocation, "Postfix may go by the former list for some minutes: %s", failure.text);
}

/* Where Postfix goes on delivering the new domain to accounts of the system. */
static void warn_of_instance(struct invocation *invocation, const struct settings *settings,
    const struct postfix_instance *instance, struct text name)
{
    struct postfix_local local = postfix_local_find(
        instance, domain_file_path(settings, DOMAIN_FILE_MAILBOXES, invocation->arena), &name, 1);

    if (local.count != 0)
        invocation_warn(invocation, "%s",
            postfix_local_tell(instance, &local.hits[0], postfix_rivals_mend(settings, instance)));
    else if (local.unjudged != NULL)
        invocation_warn(invocation, "%s", postfix_local_tell_unjudged(instance, &local));
}

void domain_postfix_warn(struct invocation *invocation, struct text name)
{
    each_instance(invocation, name, warn_of_instance);
}

static void warn_of_relays(struct invocation *invocation, const struct settings *settings,
    const struct postfix_instance *instance, struct text name)
{
    struct arena *arena = invocation->arena;

    if (!postfix_relays_is_content(instance,
            domain_file_path(settings, DOMAIN_FILE_MAILBOXES, arena),
            domain_file_path(settings, DOMAIN_FILE_RELAYS, arena)))
        invocation_warn(invocation,
            "Postfix (%s) was attached before it could pass mail on, and refuses mail to %.*s; "
            "next: "
            "\"mailctl attach postfix\"",
            instance->directory, TEXT_ARGS(name));
}

static void warn_of_recipients(struct invocation *invocation, const struct settings *settings,
    const struct postfix_instance *instance, struct text name)
{
    if (postfix_relays_is_known(
            instance, domain_file_path(settings, DOMAIN_FILE_RELAYS, invocation->arena)) &&
        !postfix_relays_asks_recipients(instance))
        invocation_warn(invocation,
            "Postfix (%s) was attached before it could ask for such a list, and takes mail for "
            "everybody in %.*s; next: \"mailctl attach postfix\"",
            instance->directory, TEXT_ARGS(name));
}

void domain_postfix_warn_recipients(struct invocation *invocation, struct text name)
{
    each_instance(invocation, name, warn_of_recipients);
}

static void warn_of_transport(struct invocation *invocation, const struct settings *settings,
    const struct postfix_instance *instance, struct text name)
{
    struct arena *arena = invocation->arena;

    if (postfix_transports_is_content(instance,
            domain_file_path(settings, DOMAIN_FILE_MAILBOXES, arena),
            domain_file_path(settings, DOMAIN_FILE_TRANSPORTS, arena)))
        return;
    invocation_warn(invocation,
        "Postfix (%s) was attached before it could learn where mail to %.*s goes on to, and "
        "delivers it as before; next: \"mailctl attach postfix\"",
        instance->directory, TEXT_ARGS(name));
}

void domain_postfix_warn_transport(struct invocation *invocation, struct text name)
{
    each_instance(invocation, name, warn_of_transport);
}

void domain_postfix_warn_relay(struct invocation *invocation, struct text name)
{
    each_instance(invocation, name, warn_of_relays);
}

int domain_postfix_follow(struct invocation *invocation, struct store *store)
{
    int status = invocation->dry_run ? EX_OK : domain_file_follow(invocation, store);

    /* One of the lists may have been written where the other could not. */
    domain_postfix_reload(invocation);
    return status;
}

void domain_postfix_reload(struct invocation *invocation)
{
    if (!invocation->dry_run)
        each_instance(invocation, TEXT_NONE, reload_instance);
}
