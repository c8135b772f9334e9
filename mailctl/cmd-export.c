/* SPDX-License-Identifier: MIT */

/* export: the directory in the form that apply reads. */

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/store/alias.h"
#include "lib/store/credential.h"
#include "lib/store/dkim-delegation.h"
#include "lib/store/dns-option.h"
#include "lib/store/domain.h"
#include "lib/store/forward.h"
#include "lib/store/relay-recipient.h"
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

/* Of each option its value, or the list of them; null where nothing is kept. */
static json_t *options_to_json(const struct dns_option_list *options)
{
    json_t *object = options->count != 0 ? json_object() : json_null();

    for (size_t i = 0, next; i < options->count; i = next) {
        const struct dns_option *option = &options->items[i];
        json_t *values = json_array();

        for (next = i;
             next < options->count && text_equals(options->items[next].name, option->name); next++)
            json_array_append_new(values, output_json_text(options->items[next].value));
        if (json_array_size(values) == 1) {
            json_decref(values);
            values = output_json_text(option->value);
        }
        json_object_set_new(object, option->name.data, values);
    }
    return object;
}

static json_t *recipients_to_json(const struct relay_recipient_list *recipients)
{
    json_t *array = json_array();

    for (size_t i = 0; i < recipients->count; i++)
        json_array_append_new(array, output_json_text(recipients->items[i].address));
    return array;
}

/* A domain, and what is kept of it elsewhere. */
struct place {
    struct domain domain;
    struct dns_option_list options;
    struct relay_recipient_list recipients;
};

static json_t *domain_to_json(const struct invocation *invocation, const struct place *place)
{
    const struct domain *domain = &place->domain;

    return json_pack("{s:o, s:s, s:o, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:o}", "name",
        output_json_text(domain->name), "kind", domain_kind_word(domain->kind), "alias_of",
        text_or_null(domain->target), "enabled", domain->enabled, "signing", domain->signs,
        "spf_includes", words_to_json(domain->spf_includes), "report_address",
        text_or_null(domain->report_address), "default_quota",
        size_to_json(invocation, domain->default_quota_bytes), "transport",
        text_or_null(domain->transport), "recipients", recipients_to_json(&place->recipients),
        "dns", options_to_json(&place->options));
}

static json_t *rights_to_json(const struct send_as_list *rights, bool on_behalf)
{
    json_t *array = json_array();

    for (size_t i = 0; i < rights->count; i++)
        if (rights->items[i].on_behalf == on_behalf)
            json_array_append_new(array, output_json_text(rights->items[i].address));
    return array;
}

struct person {
    struct user user;
    struct forward forward;
    struct send_as_list rights;
};

static json_t *user_to_json(const struct invocation *invocation, const struct person *person)
{
    const struct user *user = &person->user;
    const struct forward *forward = &person->forward;

    return json_pack("{s:o, s:o, s:o, s:b, s:o, s:b, s:o, s:b, s:o, s:o}", "address",
        output_json_text(user->address), "name", output_json_text(user->display_name), "quota",
        user->inherits_quota ? json_string("default") : size_to_json(invocation, user->quota_bytes),
        "enabled", user->enabled, "protocols",
        output_json_text(protocols_text(user->protocols, invocation->arena)), "needs_app_password",
        user->needs_app_password, "forward_to",
        texts_to_json(forward->targets, forward->target_count), "keeps_copy", forward->keeps_copy,
        "send_as", rights_to_json(&person->rights, false), "send_on_behalf",
        rights_to_json(&person->rights, true));
}

static json_t *alias_to_json(const struct alias *alias)
{
    return json_pack("{s:o, s:o, s:b, s:b, s:o}", "address", output_json_text(alias->address),
        "targets", texts_to_json(alias->targets, alias->target_count), "enabled", alias->enabled,
        "receive_only", alias->receive_only, "expires",
        alias->expires != 0 ? directory_json_time(alias->expires) : json_null());
}

static enum err find_place(
    const struct invocation *invocation, struct store *store, struct place *place)
{
    struct text name = place->domain.name;
    enum err err = dns_option_list(store, name, invocation->arena, &place->options);

    if (err == ERR_NONE)
        err = relay_recipient_list(store, name, invocation->arena, &place->recipients);
    return err;
}

static enum err add_domains(
    const struct invocation *invocation, struct store *store, json_t *document)
{
    struct domain_list list = {NULL, 0};
    json_t *array = json_array();
    enum err err = domain_list(store, invocation->arena, &list);

    for (size_t i = 0; err == ERR_NONE && i < list.count; i++) {
        struct place place = {.domain = list.items[i]};

        err = find_place(invocation, store, &place);
        if (err == ERR_NONE)
            json_array_append_new(array, domain_to_json(invocation, &place));
    }
    json_object_set_new(document, "domains", array);
    return err;
}

static enum err find_person(
    const struct invocation *invocation, struct store *store, struct person *person)
{
    struct text address = person->user.address;
    enum err err = forward_find(store, address, invocation->arena, &person->forward);

    if (err == ERR_NONE || err == ERR_ABSENT)
        err = send_as_list(store, address, invocation->arena, &person->rights);
    return err;
}

static enum err add_users(
    const struct invocation *invocation, struct store *store, json_t *document)
{
    struct user_list list = {NULL, 0};
    json_t *array = json_array();
    enum err err = user_list(store, TEXT(""), invocation->arena, &list);

    for (size_t i = 0; err == ERR_NONE && i < list.count; i++) {
        struct person person = {.user = list.items[i], .forward = {.keeps_copy = true}};

        err = find_person(invocation, store, &person);
        if (err == ERR_NONE)
            json_array_append_new(array, user_to_json(invocation, &person));
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

/* --- what other stores have --- */

/* null where there is none. */
static enum err find_hash(struct store *store, struct text address, bool shows, json_t **hash_r)
{
    struct arena *arena = arena_new();
    struct credential credential = {.hash = TEXT(DECLARE_MASK)};
    enum err err = shows ? credential_find(store, address, arena, &credential)
                         : credential_time(store, address, &credential.changed);

    if (err == ERR_NONE)
        *hash_r = output_json_text(credential.hash);
    else if (err == ERR_ABSENT)
        *hash_r = json_null();
    arena_free_wiped(&arena);
    return err == ERR_ABSENT ? ERR_NONE : err;
}

/* Another store's, so of a moment later. */
static int add_delegations(struct invocation *invocation, json_t *domains)
{
    int status = EX_CONFIG;
    struct store *store = invocation_store(invocation, STORE_KEYS, STORE_READ, &status);

    if (store == NULL)
        return status;
    for (size_t i = 0; i < json_array_size(domains); i++) {
        json_t *domain = json_array_get(domains, i);
        const char *name = json_string_value(json_object_get(domain, "name"));
        struct text zone = TEXT_NONE;

        if (dkim_delegation_find(store, text_from_string(name), invocation->arena, &zone) !=
            ERR_NONE)
            return invocation_complain_store(invocation, store);
        json_object_set_new(domain, "dkim_zone", text_or_null(zone));
    }
    return EX_OK;
}

/* The same; what belongs to nobody then is not asked for. */
static int add_hashes(struct invocation *invocation, json_t *users)
{
    int status = EX_CONFIG;
    struct store *store = invocation_store(invocation, STORE_CREDENTIALS, STORE_READ, &status);
    bool shows = invocation_has(invocation, "secrets");

    if (store == NULL)
        return status;
    for (size_t i = 0; i < json_array_size(users); i++) {
        json_t *user = json_array_get(users, i), *hash = NULL;
        const char *address = json_string_value(json_object_get(user, "address"));

        if (find_hash(store, text_from_string(address), shows, &hash) != ERR_NONE)
            return invocation_complain_store(invocation, store);
        json_object_set_new(user, "password_hash", hash);
    }
    return EX_OK;
}

static int print_yaml(const struct invocation *invocation, const json_t *document)
{
    struct buffer yaml = BUFFER_NONE;
    int status = EX_OK;

    if (document_format(document, &yaml) != ERR_NONE)
        status = invocation_complain(invocation, EX_SOFTWARE, "the YAML cannot be written");
    else if (fwrite(yaml.data, 1, yaml.len, stdout) != yaml.len || fflush(stdout) != 0)
        status = invocation_complain(invocation, EX_IOERR, "standard output: %m");
    buffer_done_wiped(&yaml);
    return status;
}

/* The shell has made the file by its umask, and nothing is in it yet. */
static int refuse_readable(const struct invocation *invocation)
{
    struct stat info;

    if (fstat(STDOUT_FILENO, &info) == 0 && S_ISREG(info.st_mode) && (info.st_mode & S_IROTH) != 0)
        return invocation_complain(invocation, EX_NOPERM,
            "every user can read the file that hashes of passwords would go to; once more after "
            "\"umask 077\", and remove the file first");
    return EX_OK;
}

static int run(struct invocation *invocation)
{
    int status = invocation_has(invocation, "secrets") ? refuse_readable(invocation) : EX_OK;
    struct store *store;
    json_t *document;

    if (status != EX_OK)
        return status;
    store = invocation_store(invocation, STORE_DIRECTORY, STORE_READ, &status);
    if (store == NULL)
        return status;
    document = json_object();
    status = read_all(invocation, store, document);
    if (status == EX_OK)
        status = add_delegations(invocation, json_object_get(document, "domains"));
    if (status == EX_OK)
        status = add_hashes(invocation, json_object_get(document, "users"));
    if (status == EX_OK && invocation->json) {
        output_json(document);
        return EX_OK;
    }
    if (status == EX_OK)
        status = print_yaml(invocation, document);
    json_decref(document);
    return status;
}

static const struct command_option options[] = {
    {"secrets", NULL, "with the hashes of passwords, for a file that nobody else can read"},
    {NULL,      NULL, NULL                                                                },
};
static const char *const examples[] = {"mailctl export > directory.yaml",
    "mailctl --json export > directory.json", "mailctl export --secrets > secret.yaml", NULL};

const struct command command_export = {
    .noun = "export",
    .options = options,
    .help = "print the directory in the form that apply reads",
    .details = "Hashes of passwords are masked, unless asked for; where apply reads the mask, the\n"
               "password stays. App passwords and keys are not in it. A file for --secrets that\n"
               "nobody else can read is made after \"umask 077\".",
    .examples = examples,
    .run = run,
};
