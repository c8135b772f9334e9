/* SPDX-License-Identifier: MIT */

/* export: the directory in the form that apply reads. */

#include <stdio.h>

#include "lib/store/alias.h"
#include "lib/store/domain.h"
#include "lib/store/forward.h"
#include "lib/store/send-as.h"
#include "lib/store/user.h"
#include "mailctl/commands.h"
#include "mailctl/declare.h"
#include "mailctl/directory.h"
#include "mailctl/document.h"
#include "mailctl/output.h"

static json_t *texts_to_json(const struct text *texts, size_t count)
{
    json_t *array = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, output_json_text(texts[i]));
    return array;
}

static json_t *words_to_json(struct text words)
{
    json_t *array = json_array();
    struct text word;

    while (!text_is_empty(words) && text_split(&words, ' ', &word))
        json_array_append_new(array, output_json_text(word));
    return array;
}

static json_t *text_or_null(struct text text)
{
    return text_is_empty(text) ? json_null() : output_json_text(text);
}

static json_t *size_to_json(const struct invocation *invocation, int64_t bytes)
{
    return output_json_text(directory_quota(invocation, bytes));
}

static json_t *domain_to_json(const struct invocation *invocation, const struct domain *domain)
{
    return json_pack("{s:o, s:s, s:o, s:b, s:b, s:o, s:o, s:o}", "name",
        output_json_text(domain->name), "kind", domain_kind_word(domain->kind), "alias_of",
        text_or_null(domain->target), "enabled", domain->enabled, "signing", domain->signs,
        "spf_includes", words_to_json(domain->spf_includes), "report_address",
        text_or_null(domain->report_address), "default_quota",
        size_to_json(invocation, domain->default_quota_bytes));
}

static json_t *rights_to_json(const struct send_as_list *rights, bool on_behalf)
{
    json_t *array = json_array();

    for (size_t i = 0; i < rights->count; i++)
        if (rights->items[i].on_behalf == on_behalf)
            json_array_append_new(array, output_json_text(rights->items[i].address));
    return array;
}

static json_t *user_to_json(const struct invocation *invocation, const struct user *user,
    const struct forward *forward, const struct send_as_list *rights)
{
    return json_pack("{s:o, s:o, s:o, s:b, s:o, s:b, s:o, s:b, s:o, s:o}", "address",
        output_json_text(user->address), "name", output_json_text(user->display_name), "quota",
        user->inherits_quota ? json_string("default") : size_to_json(invocation, user->quota_bytes),
        "enabled", user->enabled, "protocols",
        output_json_text(protocols_text(user->protocols, invocation->arena)), "needs_app_password",
        user->needs_app_password, "forward_to",
        texts_to_json(forward->targets, forward->target_count), "keeps_copy", forward->keeps_copy,
        "send_as", rights_to_json(rights, false), "send_on_behalf", rights_to_json(rights, true));
}

static json_t *alias_to_json(const struct alias *alias)
{
    return json_pack("{s:o, s:o, s:b, s:b, s:o}", "address", output_json_text(alias->address),
        "targets", texts_to_json(alias->targets, alias->target_count), "enabled", alias->enabled,
        "receive_only", alias->receive_only, "expires",
        alias->expires != 0 ? directory_json_time(alias->expires) : json_null());
}

static enum err add_domains(
    const struct invocation *invocation, struct store *store, json_t *document)
{
    struct domain_list list = {NULL, 0};
    json_t *array = json_array();
    enum err err = domain_list(store, invocation->arena, &list);

    for (size_t i = 0; i < list.count; i++)
        json_array_append_new(array, domain_to_json(invocation, &list.items[i]));
    json_object_set_new(document, "domains", array);
    return err;
}

static enum err add_users(
    const struct invocation *invocation, struct store *store, json_t *document)
{
    struct user_list list = {NULL, 0};
    json_t *array = json_array();
    enum err err = user_list(store, TEXT(""), invocation->arena, &list);

    for (size_t i = 0; err == ERR_NONE && i < list.count; i++) {
        struct forward forward = {.targets = NULL, .target_count = 0, .keeps_copy = true};
        struct send_as_list rights = {NULL, 0};

        err = forward_find(store, list.items[i].address, invocation->arena, &forward);
        if (err == ERR_ABSENT)
            err = ERR_NONE;
        if (err == ERR_NONE)
            err = send_as_list(store, list.items[i].address, invocation->arena, &rights);
        json_array_append_new(array, user_to_json(invocation, &list.items[i], &forward, &rights));
    }
    json_object_set_new(document, "users", array);
    return err;
}

static enum err add_aliases(
    const struct invocation *invocation, struct store *store, json_t *document)
{
    struct alias_list list = {NULL, 0};
    json_t *array = json_array();
    enum err err = alias_list(store, TEXT(""), invocation->arena, &list);

    for (size_t i = 0; i < list.count; i++)
        json_array_append_new(array, alias_to_json(&list.items[i]));
    json_object_set_new(document, "aliases", array);
    return err;
}

/* One moment's: the three lists within one transaction. */
static int read_all(const struct invocation *invocation, struct store *store, json_t *document)
{
    enum err err;

    json_object_set_new(document, "version", json_integer(DECLARE_VERSION));
    store_begin_reading(store);
    err = add_domains(invocation, store, document);
    if (err == ERR_NONE)
        err = add_users(invocation, store, document);
    if (err == ERR_NONE)
        err = add_aliases(invocation, store, document);
    if (err != ERR_NONE)
        return directory_fail(invocation, store, EX_NOUSER);
    store_roll_back(store);
    return EX_OK;
}

static int print_yaml(const struct invocation *invocation, const json_t *document)
{
    struct buffer yaml = BUFFER_NONE;
    enum err err = document_format(document, &yaml);

    if (err == ERR_NONE)
        fwrite(yaml.data, 1, yaml.len, stdout);
    buffer_done(&yaml);
    return err == ERR_NONE
               ? EX_OK
               : invocation_complain(invocation, EX_SOFTWARE, "the YAML cannot be written");
}

static int run(struct invocation *invocation)
{
    int status = EX_CONFIG;
    struct store *store = invocation_store(invocation, STORE_DIRECTORY, STORE_READ, &status);
    json_t *document;

    if (store == NULL)
        return status;
    document = json_object();
    status = read_all(invocation, store, document);
    if (status == EX_OK && invocation->json) {
        output_json(document);
        return EX_OK;
    }
    if (status == EX_OK)
        status = print_yaml(invocation, document);
    json_decref(document);
    return status;
}

static const char *const examples[] = {
    "mailctl export > directory.yaml", "mailctl --json export > directory.json", NULL};

const struct command command_export = {
    .noun = "export",
    .help = "print the directory in the form that apply reads",
    .details = "Passwords and keys are not in it.",
    .examples = examples,
    .run = run,
};
