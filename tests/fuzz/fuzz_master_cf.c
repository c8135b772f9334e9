/* SPDX-License-Identifier: MIT */

/* A master.cf: every service's override can be set and is found again. */

#include <stdlib.h>

#include "mailctl/attach/master-cf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_set(struct text bytes, const struct master_cf_service *service,
    struct text option, struct arena *arena)
{
    struct text after = master_cf_set(bytes, service, option, TEXT("9"), arena);
    struct master_cf master = master_cf_parse(after, arena);
    const struct master_cf_service *found = master_cf_find(&master, service->key);
    const struct master_cf_option *set;

    if (found == NULL)
        abort();
    set = master_cf_option_find(found, option);
    if (set == NULL || !text_equals(set->value, TEXT("9")))
        abort();
}

/* A brace that is never closed, and a last "-o", take in what comes behind; Postfix refuses both.
 */
static bool is_closed(struct text entry)
{
    size_t depth = 0;

    for (size_t i = 0; i < entry.len; i++)
        if (entry.data[i] == '{')
            depth++;
        else if (entry.data[i] == '}' && depth != 0)
            depth--;
    return depth == 0 && !text_ends_with_nocase(text_trim(entry), TEXT("-o"));
}

static bool is_name(struct text name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!text_is_alnum(name.data[i]) && name.data[i] != '_')
            return false;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text bytes = text_from_bytes((const char *)data, size);
    struct arena *arena = arena_new();
    struct master_cf master = master_cf_parse(bytes, arena);
    struct text added =
        master_cf_add(bytes, TEXT("submission"), TEXT("submission inet n - y - - smtpd\n"), arena);

    for (size_t i = 0; i < master.count && i < 20; i++) {
        const struct master_cf_service *service = &master.services[i];

        if (master_cf_find(&master, service->key) != service || !is_closed(service->bytes))
            continue;
        check_set(bytes, service, TEXT("smtpd_milters"), arena);
        if (service->option_count != 0 && is_name(service->options[0].name))
            check_set(bytes, service, service->options[0].name, arena);
    }
    master = master_cf_parse(added, arena);
    if (master_cf_find(&master, TEXT("submission/inet")) == NULL)
        abort();
    arena_free(&arena);
    return 0;
}
