/* SPDX-License-Identifier: MIT */
#include "mailctl/domain-roles.h"

#include "lib/store/route.h"
#include "mailctl/output.h"

static const char *const names[DOMAIN_ROLES_COUNT] = {"postmaster", "abuse"};

static enum err find_role(
    struct store *store, struct text receiver, struct arena *arena, struct domain_role *role)
{
    struct alias alias = {.target_count = 0};
    enum err err = route_find_or_role(store, receiver, role->address, arena, &alias);
    struct text *user;

    if (err != ERR_NONE)
        return err == ERR_ABSENT ? ERR_NONE : err;
    role->is_somebody = true;
    role->receivers = alias.targets;
    role->receiver_count = alias.target_count;
    if (alias.target_count != 0)
        return ERR_NONE;
    user = arena_alloc_zero(arena, 1, sizeof *user);
    *user = alias.address;
    role->receivers = user;
    role->receiver_count = 1;
    return ERR_NONE;
}

static struct text address_of(const char *name, struct text domain, struct arena *arena)
{
    return arena_print(arena, "%s@%.*s", name, TEXT_ARGS(domain));
}

enum err domain_roles_find(struct store *store, const struct domain *domain, struct text receiver,
    struct arena *arena, struct domain_roles *roles_r)
{
    struct domain_roles roles = {.of = {{.name = NULL}}};
    enum err err = ERR_NONE;

    for (size_t i = 0; err == ERR_NONE && i < DOMAIN_ROLES_COUNT; i++) {
        roles.of[i] = (struct domain_role){
            .name = names[i],
            .address = address_of(names[i], domain->name, arena),
            .place = address_of(
                names[i], domain->kind == DOMAIN_ALIAS ? domain->target : domain->name, arena),
            .is_elsewhere = domain->kind == DOMAIN_RELAY || !domain->enabled,
            .is_somebody = domain->kind == DOMAIN_RELAY,
        };
        if (domain->kind != DOMAIN_RELAY)
            err = find_role(store, receiver, arena, &roles.of[i]);
    }
    if (err == ERR_NONE)
        *roles_r = roles;
    return err;
}

struct text domain_role_text(const struct invocation *invocation, const struct domain_role *role)
{
    struct text joined = TEXT("");

    if (!role->is_somebody)
        return arena_print(
            invocation->arena, "nobody (mailctl alias add %.*s ADDRESS)", TEXT_ARGS(role->place));
    if (role->receiver_count == 0)
        return TEXT("whom the other server knows");
    for (size_t i = 0; i < role->receiver_count; i++)
        joined = arena_print(invocation->arena, "%.*s%s%.*s", TEXT_ARGS(joined), i != 0 ? ", " : "",
            TEXT_ARGS(role->receivers[i]));
    return joined;
}

json_t *domain_role_json(const struct domain_role *role)
{
    json_t *array = json_array();

    for (size_t i = 0; i < role->receiver_count; i++)
        json_array_append_new(array, output_json_text(role->receivers[i]));
    return array;
}
