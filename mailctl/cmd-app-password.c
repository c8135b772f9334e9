/* SPDX-License-Identifier: MIT */

/* app-password add, list, revoke: passwords of a user's for one program each. */

#include <inttypes.h>
#include <stdio.h>

#include "lib/base/clock.h"
#include "lib/base/ip.h"
#include "lib/base/memory.h"
#include "lib/store/app-password.h"
#include "lib/store/app-secret.h"
#include "lib/store/user.h"
#include "mailctl/attach/dovecot-cache.h"
#include "mailctl/commands.h"
#include "mailctl/directory.h"
#include "mailctl/expiry-argument.h"
#include "mailctl/listing.h"
#include "mailctl/output.h"
#include "mailctl/user-options.h"

static struct store *open_credentials(
    struct invocation *invocation, enum store_mode mode, int *status_r)
{
    return invocation_store(invocation, STORE_CREDENTIALS, mode, status_r);
}

static struct text name_of(const struct invocation *invocation, const struct app_password *password)
{
    return arena_print(invocation->arena, "%.*s \"%.*s\"", TEXT_ARGS(password->address),
        TEXT_ARGS(password->label));
}

/* --- app-password add --- */

/* As "revoke" takes one for a password's number. */
static bool is_number(struct text label)
{
    size_t digits = 0;

    while (digits < label.len && text_is_digit(label.data[digits]))
        digits++;
    return digits == label.len;
}

static int read_label(struct invocation *invocation, struct text *label_r)
{
    const char *value = invocation_value(invocation, "label");
    struct text label = text_trim(text_from_string(value));

    if (value == NULL)
        return invocation_complain(invocation, EX_USAGE,
            "--label is missing: say which program or device it is for, as \"--label phone\"");
    if (label.len == 0 || label.len > APP_PASSWORD_LABEL_MAX || text_has_control(label))
        return invocation_complain(invocation, EX_USAGE,
            "--label: 1 to %d bytes without control characters were expected",
            APP_PASSWORD_LABEL_MAX);
    if (is_number(label))
        return invocation_complain(invocation, EX_USAGE,
            "--label: a number alone would be taken for that of another app password");
    *label_r = label;
    return EX_OK;
}

static int add_network(struct invocation *invocation, const char *value, struct text *networks)
{
    struct text given = text_from_string(value);
    struct ip_network network;
    char text[IP_NETWORK_TEXT_MAX];
    struct ip ip;

    if (!ip_network_parse(given, &network))
        return invocation_bad_value(
            invocation, "network", "an address or a network like 192.0.2.0/24", value);
    if (text_find(given, '/') == given.len && ip_parse(given, &ip))
        ip_format(&ip, text);
    else
        ip_network_format(&network, text);
    *networks = arena_print(
        invocation->arena, "%.*s%s%s", TEXT_ARGS(*networks), networks->len != 0 ? " " : "", text);
    return EX_OK;
}

static int read_networks(struct invocation *invocation, struct text *networks_r)
{
    const char *const *values;
    size_t count = invocation_values(invocation, "network", &values);
    struct text networks = TEXT("");
    int status = EX_OK;

    if (count > APP_PASSWORD_NETWORKS_MAX)
        return invocation_complain(invocation, EX_USAGE,
            "--network: at most %d of them were expected", APP_PASSWORD_NETWORKS_MAX);
    for (size_t i = 0; status == EX_OK && i < count; i++)
        status = add_network(invocation, values[i], &networks);
    *networks_r = networks;
    return status;
}

static int read_bounds(struct invocation *invocation, struct app_password *password)
{
    const char *expires = invocation_value(invocation, "expires");
    int status = read_label(invocation, &password->label);

    password->protocols = PROTOCOLS_ALL;
    if (status == EX_OK)
        status = user_options_protocols(invocation, &password->protocols);
    if (status == EX_OK)
        status = read_networks(invocation, &password->networks);
    if (status == EX_OK && expires != NULL &&
        expiry_argument_parse(text_from_string(expires), clock_wall(), &password->expires) !=
            ERR_NONE)
        status = invocation_bad_value(invocation, "expires", EXPIRY_EXPECTED, expires);
    return status;
}

/* The one time that it is seen: alone on standard output, so that it can be handed on. */
static void show_secret(
    struct invocation *invocation, const struct app_password *password, const char *secret)
{
    if (invocation->json)
        output_json(json_pack("{s:o, s:I, s:o, s:s, s:s, s:b}", "address",
            output_json_text(password->address), "id", (json_int_t)password->id, "label",
            output_json_text(password->label), "password", secret, "result", "added", "dry_run",
            false));
    else
        printf("%s\n", secret);
}

static int insert(struct invocation *invocation, const struct app_password *wanted)
{
    char secret[APP_SECRET_TEXT_MAX], hash[APP_SECRET_HASH_MAX];
    struct app_password password = *wanted;
    int status = EX_CONFIG;
    struct store *store = open_credentials(invocation, STORE_WRITE, &status);
    enum err err;

    if (store == NULL)
        return status;
    app_secret_make(secret);
    if (app_secret_hash(text_from_string(secret), hash) != ERR_NONE)
        return invocation_complain(invocation, EX_SOFTWARE, "the password cannot be hashed");
    password.hash = text_from_string(hash);
    store_begin(store);
    err = app_password_add(store, &password, clock_wall(), &password.id);
    if (err != ERR_NONE || invocation->dry_run) {
        memory_wipe(secret, sizeof secret);
        return directory_end_add(invocation, store, err, name_of(invocation, &password), EX_NOUSER);
    }
    status = directory_end(invocation, store);
    if (status == EX_OK)
        show_secret(invocation, &password, secret);
    memory_wipe(secret, sizeof secret);
    return status;
}

static int run_add(struct invocation *invocation)
{
    struct app_password password = {.expires = EXPIRY_NEVER};
    struct user user = {.address = TEXT_NONE};
    struct store *directory = NULL;
    int status = read_bounds(invocation, &password);

    if (status == EX_OK)
        status = user_options_find(invocation, STORE_READ, &directory, &user);
    if (status != EX_OK)
        return status;
    password.address = user.address;
    if ((password.protocols & user.protocols) == PROTOCOLS_NONE)
        invocation_warn(
            invocation, "%.*s may log in by none of its protocols", TEXT_ARGS(user.address));
    return insert(invocation, &password);
}

static const struct command_option add_options[] = {
    {"label",      "LABEL",   "which program or device it is for"                          },
    {"protocols",  "LIST",    "imap, pop3, submission, sieve; or all, which is the default"},
    {"network",    "NETWORK", "only from there; several times for several"                 },
    {"expires",    "WHEN",    "until when: 2027-01-31, 30d, 12h; or never"                 },
    {"if-missing", NULL,      "be content where the label is there already; shows nothing" },
    {NULL,         NULL,      NULL                                                         },
};
static const char *const add_examples[] = {
    "mailctl app-password add alice@example.org --label phone",
    "mailctl app-password add alice@example.org --label printer --protocols submission"
    " --network 192.0.2.0/24 --expires 2027-01-31",
    NULL};

const struct command command_app_password_add = {
    .noun = "app-password",
    .verb = "add",
    .arguments = "USER",
    .arguments_min = 1,
    .arguments_max = 1,
    .options = add_options,
    .help = "make a password for one program of a user's",
    .details = "Prints the password, this once: what is stored is a hash. Hyphens and case do not\n"
               "matter when it is typed. It permits no more than the user may.",
    .examples = add_examples,
    .run = run_add,
};

/* --- app-password list --- */

static json_t *to_json(const struct invocation *invocation, const void *item)
{
    const struct app_password *password = item;
    json_t *networks = json_array();
    struct text rest = password->networks, network;

    while (!text_is_empty(password->networks) && text_split(&rest, ' ', &network))
        json_array_append_new(networks, output_json_text(network));
    return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "id", (json_int_t)password->id, "label",
        output_json_text(password->label), "protocols",
        output_json_text(protocols_text(password->protocols, invocation->arena)), "networks",
        networks, "expires",
        password->expires != 0 ? directory_json_time(password->expires) : json_null(), "created",
        directory_json_time(password->created), "last_used",
        password->last_used != 0 ? directory_json_time(password->last_used) : json_null());
}

static void to_cells(const struct invocation *invocation, const void *item, struct text *cells)
{
    const struct app_password *password = item;

    cells[0] = arena_print(invocation->arena, "%" PRId64, password->id);
    cells[1] = password->label;
    cells[2] = protocols_text(password->protocols, invocation->arena);
    cells[3] = text_is_empty(password->networks) ? TEXT("any") : password->networks;
    cells[4] = directory_expiry(invocation, password->expires);
    cells[5] = directory_time(invocation, password->created);
    cells[6] = directory_expiry(invocation, password->last_used);
}

static const char *const headings[] = {
    "number", "label", "protocols", "networks", "expires", "created", "last used", NULL};
static const struct listing listing = {headings, sizeof(struct app_password), to_cells, to_json};

static int read_list(struct invocation *invocation, enum store_mode mode, struct user *user_r,
    struct store **store_r, struct app_password_list *list_r)
{
    struct store *directory = NULL;
    int status = user_options_find(invocation, STORE_READ, &directory, user_r);

    if (status != EX_OK)
        return status;
    *store_r = open_credentials(invocation, mode, &status);
    if (*store_r == NULL)
        return status;
    if (app_password_list(*store_r, user_r->address, invocation->arena, list_r) != ERR_NONE)
        return directory_fail(invocation, *store_r, EX_NOUSER);
    return EX_OK;
}

static int run_list(struct invocation *invocation)
{
    struct user user = {.address = TEXT_NONE};
    struct store *store = NULL;
    struct app_password_list list = {NULL, 0};
    int status = read_list(invocation, STORE_READ, &user, &store, &list);

    if (status == EX_OK)
        listing_print(invocation, &listing, list.items, list.count);
    return status;
}

static const char *const list_examples[] = {"mailctl app-password list alice@example.org", NULL};

const struct command command_app_password_list = {
    .noun = "app-password",
    .verb = "list",
    .arguments = "USER",
    .arguments_min = 1,
    .arguments_max = 1,
    .help = "list a user's app passwords and when each was last used",
    .details = "The last use is known to within ten minutes. The passwords are not known.",
    .examples = list_examples,
    .run = run_list,
};

/* --- app-password revoke --- */

/* By number or by label: the label first, which may be a number. */
static const struct app_password *find(const struct app_password_list *list, struct text named)
{
    uint64_t id = 0;
    bool is_number = text_to_number(named, INT64_MAX, &id);

    for (size_t i = 0; i < list->count; i++)
        if (text_equals(list->items[i].label, named))
            return &list->items[i];
    for (size_t i = 0; is_number && i < list->count; i++)
        if (list->items[i].id == (int64_t)id)
            return &list->items[i];
    return NULL;
}

static int revoke_one(struct invocation *invocation, struct store *store, const struct user *user,
    const struct app_password_list *list, struct text named)
{
    const struct app_password *password = find(list, named);

    if (password == NULL)
        return invocation_complain(invocation, EX_NOUSER,
            "%.*s has no app password \"%.*s\" (\"mailctl app-password list %.*s\" shows those "
            "that there are)",
            TEXT_ARGS(user->address), TEXT_ARGS(named), TEXT_ARGS(user->address));
    store_begin(store);
    return directory_end_delete(invocation, store,
        app_password_delete(store, user->address, password->id), name_of(invocation, password),
        EX_NOUSER);
}

static int revoke_all(struct invocation *invocation, struct store *store, const struct user *user,
    const struct app_password_list *list)
{
    struct text name = arena_print(
        invocation->arena, "%.*s (%zu app passwords)", TEXT_ARGS(user->address), list->count);

    store_begin(store);
    return directory_end_delete(
        invocation, store, app_password_delete_all(store, user->address), name, EX_NOUSER);
}

static int run_revoke(struct invocation *invocation)
{
    struct user user = {.address = TEXT_NONE};
    struct store *store = NULL;
    struct app_password_list list = {NULL, 0};
    bool all = invocation_has(invocation, "all");
    int status;

    if (all == (invocation->argument_count > 1))
        return invocation_complain(
            invocation, EX_USAGE, "revoke which? Give its number or its label, or --all");
    status = read_list(invocation, STORE_WRITE, &user, &store, &list);
    if (status == EX_OK && all)
        status = revoke_all(invocation, store, &user, &list);
    else if (status == EX_OK)
        status = revoke_one(invocation, store, &user, &list, invocation_argument(invocation, 1));
    if (status == EX_OK)
        dovecot_cache_forget(invocation, user.address);
    return status;
}

static const struct command_option revoke_options[] = {
    {"all", NULL, "all of the user's"},
    {NULL,  NULL, NULL               },
};
static const char *const revoke_examples[] = {"mailctl app-password revoke alice@example.org phone",
    "mailctl app-password revoke alice@example.org --all", NULL};

const struct command command_app_password_revoke = {
    .noun = "app-password",
    .verb = "revoke",
    .arguments = "USER [WHICH]",
    .arguments_min = 1,
    .arguments_max = 2,
    .options = revoke_options,
    .help = "take away one of a user's app passwords, or all",
    .details = "It counts from the next login on; who is logged in stays so.",
    .examples = revoke_examples,
    .run = run_revoke,
};
