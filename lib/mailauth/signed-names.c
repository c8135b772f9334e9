/* SPDX-License-Identifier: MIT */
#include "lib/mailauth/signed-names.h"

#include "lib/mailauth/signature.h"

/*
 * Signed where present (RFC 6376 §5.4.1 and what mail of today has besides). Fields that are
 * rewritten on the way, as Return-Path and Received, are not among them.
 */
static const char *const signed_fields[] = {"From", "Reply-To", "Subject", "Date", "To", "Cc",
    "Sender", "Message-ID", "In-Reply-To", "References", "MIME-Version", "Content-Type",
    "Content-Transfer-Encoding", "Resent-Date", "Resent-From", "Resent-Sender", "Resent-To",
    "Resent-Cc", "List-Id", "List-Help", "List-Unsubscribe", "List-Unsubscribe-Post",
    "List-Subscribe", "List-Post", "List-Owner", "List-Archive", NULL};

/* The names of h=, in order. */
struct names {
    struct text *items;
    size_t count;
    size_t room;
    bool is_full; /* there were more than SIGNATURE_SIGNED_FIELDS_MAX */
};

static bool list_has(const char *const *list, struct text name)
{
    for (; list != NULL && *list != NULL; list++)
        if (text_equals_nocase(text_from_string(*list), name))
            return true;
    return false;
}

static size_t list_len(const char *const *list)
{
    size_t len = 0;

    while (list != NULL && list[len] != NULL)
        len++;
    return len;
}

/* The most names that a request can come to, within the limit. */
static size_t names_most(const struct message *message, const struct signed_names_request *request)
{
    size_t most = message_field_count(message) + list_len(signed_fields) +
                  list_len(request->extra_fields) + list_len(request->oversigned_fields) +
                  request->field_list.len + 1;

    return most < SIGNATURE_SIGNED_FIELDS_MAX ? most : SIGNATURE_SIGNED_FIELDS_MAX;
}

static bool names_have(const struct names *names, struct text name)
{
    for (size_t i = 0; i < names->count; i++)
        if (text_equals_nocase(names->items[i], name))
            return true;
    return false;
}

static void names_add(struct names *names, struct text name, size_t times)
{
    for (; times != 0; times--) {
        if (names->count == names->room) {
            names->is_full = true;
            return;
        }
        names->items[names->count++] = name;
    }
}

/* Each name as often as it occurs, and once more where it may not be added to. */
static void names_add_list(struct names *names, const char *const *list,
    const struct message *message, const char *const *oversigned)
{
    for (; list != NULL && *list != NULL; list++) {
        struct text name = text_from_string(*list);

        if (!names_have(names, name))
            names_add(names, name,
                message_count_fields(message, name) + (list_has(oversigned, name) ? 1 : 0));
    }
}

static void names_choose(
    struct names *names, const struct message *message, const struct signed_names_request *request)
{
    const char *const *oversigned = request->oversigned_fields;
    struct text rest = request->field_list, name;

    if (request->field_list.len != 0) {
        while (text_split(&rest, ':', &name))
            names_add(names, text_trim(name), 1);
        return;
    }
    names_add_list(names, signed_fields, message, oversigned);
    names_add_list(names, request->extra_fields, message, oversigned);
    names_add_list(names, oversigned, message, oversigned);
}

static bool names_are_valid(const struct names *names)
{
    if (names->is_full || !names_have(names, TEXT("From")))
        return false;
    for (size_t i = 0; i < names->count; i++)
        if (!header_name_is_valid(names->items[i]) ||
            text_find(names->items[i], ';') != names->items[i].len)
            return false;
    return true;
}

bool signed_names_choose(const struct message *message, const struct signed_names_request *request,
    struct arena *arena, struct signed_names *names_r)
{
    struct names names = {.room = names_most(message, request)};

    names.items = arena_alloc_zero(arena, names.room, sizeof *names.items);
    names_choose(&names, message, request);
    if (!names_are_valid(&names))
        return false;
    *names_r = (struct signed_names){names.items, names.count};
    return true;
}
