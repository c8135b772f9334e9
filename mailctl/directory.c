/* SPDX-License-Identifier: MIT */
#include "mailctl/directory.h"

#include <inttypes.h>
#include <sysexits.h>

#include "lib/base/clock.h"
#include "lib/store/domain.h"
#include "mailctl/alias-route.h"
#include "mailctl/command.h"
#include "mailctl/output.h"

int directory_open_list(
    struct invocation *invocation, struct text *domain_r, struct store **store_r)
{
    int status = EX_OK;

    *domain_r = TEXT("");
    if (invocation->argument_count != 0)
        status = invocation_own_domain(invocation, invocation_argument(invocation, 0), domain_r);
    if (status == EX_OK)
        *store_r = invocation_store(invocation, STORE_DIRECTORY, STORE_READ, &status);
    return status;
}

struct store *directory_begin(struct invocation *invocation, int *status_r)
{
    struct store *store = invocation_store(invocation, STORE_DIRECTORY, STORE_WRITE, status_r);

    if (store != NULL)
        store_begin(store);
    return store;
}

void directory_warn_traces(struct invocation *invocation, const struct store *store)
{
    if (store_keeps_traces(store))
        invocation_warn(invocation,
            "%s-wal may still hold what was destroyed, since another program was reading it: the "
            "next key that is destroyed takes it away, or a restart of the daemons",
            store_path(store));
}

int directory_end(struct invocation *invocation, struct store *store)
{
    struct failure failure;

    if (invocation->dry_run) {
        store_roll_back(store);
        return EX_OK;
    }
    if (store_commit(store, &failure) != ERR_NONE)
        return invocation_complain_failure(invocation, &failure);
    directory_warn_traces(invocation, store);
    return EX_OK;
}

static bool is_deletion(const struct command *command)
{
    return command->verb != NULL && strcmp(command->verb, "delete") == 0;
}

/* The store says what is wrong; here stands what to do about it. */
static const char *next_step(const struct invocation *invocation, enum err err, int absent_status)
{
    if (err == ERR_EXISTS && invocation->command->verb != NULL)
        return arena_print(invocation->arena,
            " (--if-missing leaves it as it is; \"mailctl %s %s\" shows it)",
            invocation->command->noun,
            command_find(invocation->command->noun, "show") != NULL ? "show" : "list")
            .data;
    if (err == ERR_ABSENT && is_deletion(invocation->command))
        return arena_print(invocation->arena, " (\"mailctl %s list\" shows those that there are)",
            invocation->command->noun)
            .data;
    if (err == ERR_ABSENT && absent_status == EX_NOHOST)
        return " (\"mailctl domain list\" shows those that there are)";
    if (err == ERR_ABSENT && absent_status == EX_NOUSER)
        return " (\"mailctl user list\" and \"mailctl alias list\" show those that there are)";
    if (err == ERR_BUSY)
        return "; try again";
    return "";
}

int directory_fail(const struct invocation *invocation, struct store *store, int absent_status)
{
    struct failure failure;
    enum err err = store_failure(store, &failure);
    int status = err == ERR_ABSENT ? absent_status : invocation_status_of(err);

    store_roll_back(store);
    return invocation_complain(
        invocation, status, "%s%s", failure.text, next_step(invocation, err, absent_status));
}

int directory_exists(const struct invocation *invocation, struct text name)
{
    return invocation_complain(invocation, EX_CANTCREAT, "the %s %.*s exists already%s",
        invocation->command->noun, TEXT_ARGS(name), next_step(invocation, ERR_EXISTS, EX_OK));
}

bool directory_is_settled(const struct invocation *invocation, enum err err)
{
    return err == ERR_EXISTS && invocation_has(invocation, "if-missing");
}

int directory_need_domain(
    const struct invocation *invocation, struct store *store, struct text domain)
{
    struct domain found;
    enum err err = domain_find(store, domain, invocation->arena, &found);

    return err == ERR_NONE ? EX_OK : directory_fail(invocation, store, EX_NOHOST);
}

static void say_json(const struct invocation *invocation, struct text name, const char *done)
{
    json_t *warnings = json_array();

    for (const struct invocation_warning *at = invocation->warnings; at != NULL; at = at->next)
        json_array_append_new(warnings, output_json_text(text_from_string(at->text)));
    output_json(json_pack("{s:o, s:s, s:b, s:o}", "name", output_json_text(name), "result", done,
        "dry_run", invocation->dry_run, "warnings", warnings));
}

void directory_say(
    const struct invocation *invocation, struct text name, const char *done, const char *hint)
{
    if (invocation->json)
        say_json(invocation, name, done);
    else
        invocation_tell(invocation, "%.*s: %s%s%s", TEXT_ARGS(name),
            invocation->dry_run ? "would be " : "", done, hint != NULL ? hint : "");
}

void directory_say_settled(const struct invocation *invocation, struct text name)
{
    if (invocation->json)
        say_json(invocation, name, "unchanged");
    else
        invocation_tell(invocation, "%.*s: is there already, and left as it is", TEXT_ARGS(name));
}

static int end_change(struct invocation *invocation, struct store *store, enum err err,
    struct text name, const char *done, int absent_status)
{
    int status;

    if (err != ERR_NONE)
        return directory_fail(invocation, store, absent_status);
    status = directory_end(invocation, store);
    if (status == EX_OK)
        directory_say(invocation, name, done, NULL);
    return status;
}

int directory_end_add(struct invocation *invocation, struct store *store, enum err err,
    struct text name, int absent_status)
{
    if (!directory_is_settled(invocation, err))
        return end_change(invocation, store, err, name, "added", absent_status);
    store_roll_back(store);
    directory_say_settled(invocation, name);
    return EX_OK;
}

int directory_end_set(struct invocation *invocation, struct store *store, enum err err,
    struct text name, int absent_status)
{
    return end_change(invocation, store, err, name, "set", absent_status);
}

int directory_end_delete(struct invocation *invocation, struct store *store, enum err err,
    struct text name, int absent_status)
{
    return end_change(invocation, store, err, name, "deleted", absent_status);
}

/* Nothing is locked while somebody thinks about the answer. */
int directory_remove(
    struct invocation *invocation, struct store *store, const struct directory_removal *removal)
{
    int status = alias_route_need_choice(invocation, store, removal->target);

    if (status != EX_OK)
        return status;
    if (!invocation->dry_run && !invocation_confirm(invocation, removal->question))
        return EX_USAGE;
    store_begin(store);
    status = removal->remove(invocation, store, removal->context);
    if (status == EX_OK)
        status = alias_route_release(invocation, store, removal->target);
    if (status == EX_OK && text_find(removal->target, '@') < removal->target.len)
        status = alias_route_check_without(invocation, store, removal->target);
    if (status != EX_OK) {
        store_roll_back(store);
        return status;
    }
    status = directory_end(invocation, store);
    if (status == EX_OK)
        directory_say(invocation, removal->name, "deleted", removal->hint);
    return status;
}

struct text directory_time(const struct invocation *invocation, int64_t wall)
{
    char text[CLOCK_TEXT_MAX];

    clock_format_local(wall, text);
    return arena_copy(invocation->arena, text_from_string(text));
}

json_t *directory_json_time(int64_t wall)
{
    char text[CLOCK_TEXT_MAX];

    clock_format_utc(wall, text);
    return json_string(text);
}

struct text directory_expiry(const struct invocation *invocation, int64_t wall)
{
    return wall != 0 ? directory_time(invocation, wall) : TEXT("never");
}

struct text directory_yes_no(bool value)
{
    return value ? TEXT("yes") : TEXT("no");
}

struct text directory_quota(const struct invocation *invocation, int64_t bytes)
{
    static const struct {
        int64_t bytes;
        const char *unit;
    } units[] = {
        {(int64_t)1 << 30, "G"},
        {(int64_t)1 << 20, "M"},
        {(int64_t)1 << 10, "K"},
        {1,                "" },
    };

    if (bytes == 0)
        return TEXT("unlimited");
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (bytes % units[i].bytes == 0)
            return arena_print(
                invocation->arena, "%" PRId64 "%s", bytes / units[i].bytes, units[i].unit);
    return TEXT("");
}
