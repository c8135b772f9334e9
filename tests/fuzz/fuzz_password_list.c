/* SPDX-License-Identifier: MIT */

/*
 * Lists of passwords: any bytes as a list that is searched, and as the lines that one is made of,
 * each of which has to be found in what comes out.
 */

#include <stdint.h>
#include <stdlib.h>

#include "lib/store/password-list-maker.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void search(struct text bytes)
{
    struct password_list_view view;
    struct failure failure;
    unsigned char hash[PASSWORD_LIST_HASH_BYTES] = {0};

    if (password_list_read(bytes, &view, &failure) != ERR_NONE)
        return;
    password_list_view_has(&view, hash);
    memset(hash, 0xff, sizeof hash);
    password_list_view_has(&view, hash);
    if (view.count != 0 && view.width * view.count > bytes.len)
        abort();
}

static uint64_t make(struct text rest, char **made_r, size_t *len_r)
{
    struct password_list_maker *maker = password_list_maker_new(2);
    FILE *file = open_memstream(made_r, len_r);
    struct text line;
    uint64_t count;

    while (text_split(&rest, '\n', &line))
        (void)password_list_maker_add(maker, TEXT("0aF9b"), line, NULL);
    count = password_list_maker_count(maker);
    if (file == NULL || password_list_maker_write(maker, file) != ERR_NONE || fclose(file) != 0)
        abort();
    password_list_maker_free(&maker);
    return count;
}

static void make_and_search(struct text bytes)
{
    char *made = NULL;
    size_t len = 0;
    uint64_t count = make(bytes, &made, &len);
    struct password_list_view view;

    if (password_list_read(text_from_bytes(made, len), &view, NULL) != ERR_NONE ||
        view.count != count)
        abort();
    for (uint64_t i = 0; i < count; i++) {
        unsigned char hash[PASSWORD_LIST_HASH_BYTES] = {0};

        memcpy(hash, view.hashes + i * view.width, view.width);
        if (!password_list_view_has(&view, hash))
            abort();
    }
    free(made);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text bytes = text_from_bytes((const char *)data, size);

    search(bytes);
    make_and_search(bytes);
    return 0;
}
