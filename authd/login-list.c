/* SPDX-License-Identifier: MIT */
#include "authd/login-list.h"

#include "lib/base/memory.h"

struct login_list {
    struct directory *directory;
    struct arena *domains_arena, *users_arena;
    struct domain_list domains;
    struct user_list users;
    size_t domain, user; /* the next of each */
};

enum err login_list_open(
    struct directory *directory, struct login_list **list_r, struct failure *failure)
{
    struct login_list *list = memory_alloc_zero(1, sizeof *list);
    enum err err;

    list->directory = directory;
    list->domains_arena = arena_new();
    list->users_arena = arena_new();
    err = directory_domains(directory, list->domains_arena, &list->domains, failure);
    if (err != ERR_NONE)
        login_list_close(&list);
    else
        *list_r = list;
    return err;
}

void login_list_close(struct login_list **list)
{
    if (*list == NULL)
        return;
    arena_free(&(*list)->domains_arena);
    arena_free(&(*list)->users_arena);
    memory_free(list);
}

/* The users of the next domain; ERR_ABSENT where there is no further domain. */
static enum err next_domain(struct login_list *list, struct failure *failure)
{
    enum err err;

    if (list->domain == list->domains.count)
        return ERR_ABSENT;
    arena_reset(list->users_arena);
    list->users = (struct user_list){NULL, 0};
    list->user = 0;
    err = directory_users(list->directory, list->domains.items[list->domain++].name,
        list->users_arena, &list->users, failure);
    return err == ERR_ABSENT ? ERR_NONE : err; /* deleted meanwhile */
}

enum err login_list_next(struct login_list *list, struct text *address_r, struct failure *failure)
{
    while (list->user == list->users.count) {
        enum err err = next_domain(list, failure);

        if (err != ERR_NONE)
            return err;
    }
    *address_r = list->users.items[list->user++].address;
    return ERR_NONE;
}
