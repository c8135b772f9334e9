/* SPDX-License-Identifier: MIT */
#include "lib/store/password-list.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/memory.h"
#include "lib/store/password.h"

/* So many digits and signs behind a word are no password of their own. */
#define TAIL_MAX 4

struct password_list {
    void *mapped;
    size_t len;
    struct password_list_view view;
};

/* --- the form --- */

static uint64_t number_at(struct text bytes, size_t offset, size_t size)
{
    uint64_t number = 0;

    for (size_t i = size; i > 0; i--)
        number = number << 8 | (unsigned char)bytes.data[offset + i - 1];
    return number;
}

enum err password_list_read(
    struct text bytes, struct password_list_view *view_r, struct failure *failure)
{
    uint64_t width, count, room;

    if (bytes.len < PASSWORD_LIST_HEAD_BYTES || !text_starts_with(bytes, TEXT(PASSWORD_LIST_MAGIC)))
        return failure_set(failure, ERR_FOREIGN, "not a list of passwords");
    if (number_at(bytes, 8, 4) != PASSWORD_LIST_VERSION)
        return failure_set(failure, ERR_NEWER, "a list of another version than this program reads");
    width = number_at(bytes, 12, 4);
    count = number_at(bytes, 16, 8);
    room = bytes.len - PASSWORD_LIST_HEAD_BYTES;
    if (width < PASSWORD_LIST_WIDTH_MIN || width > PASSWORD_LIST_HASH_BYTES || room % width != 0 ||
        room / width != count || number_at(bytes, 24, 8) != 0)
        return failure_set(failure, ERR_CORRUPT, "a list that is damaged or cut off");
    *view_r = (struct password_list_view){
        (const unsigned char *)bytes.data + PASSWORD_LIST_HEAD_BYTES, count, (size_t)width};
    return ERR_NONE;
}

bool password_list_view_has(
    const struct password_list_view *view, const unsigned char hash[PASSWORD_LIST_HASH_BYTES])
{
    uint64_t low = 0, high = view->count;

    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        int order = memcmp(view->hashes + middle * view->width, hash, view->width);

        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* --- files --- */

static enum err map_open(
    int fd, const char *path, struct password_list *list, struct failure *failure)
{
    struct stat found;

    if (fstat(fd, &found) != 0)
        return failure_set_errno(failure, ERR_IO, "%s", path);
    if (!S_ISREG(found.st_mode) || found.st_size < PASSWORD_LIST_HEAD_BYTES)
        return failure_set(failure, ERR_FOREIGN, "%s: not a list of passwords", path);
    list->len = (size_t)found.st_size;
    list->mapped = mmap(NULL, list->len, PROT_READ, MAP_SHARED, fd, 0);
    if (list->mapped == MAP_FAILED)
        return failure_set_errno(failure, ERR_IO, "%s", path);
    /* What is beside a hash is never asked for. */
    (void)madvise(list->mapped, list->len, MADV_RANDOM);
    return ERR_NONE;
}

static enum err map_file(const char *path, struct password_list *list, struct failure *failure)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    enum err err = ERR_IO;

    if (fd < 0 && errno == ENOENT)
        err = ERR_ABSENT;
    else if (fd < 0 && errno == EACCES)
        err = ERR_ACCESS;
    if (fd < 0)
        return failure_set_errno(failure, err, "%s", path);
    err = map_open(fd, path, list, failure);
    close(fd);
    return err;
}

enum err password_list_open(
    const char *path, struct password_list **list_r, struct failure *failure)
{
    struct password_list *list = memory_alloc_zero(1, sizeof *list);
    struct failure why;
    enum err err;

    list->mapped = MAP_FAILED;
    err = map_file(path, list, failure);
    if (err == ERR_NONE) {
        err = password_list_read(text_from_bytes(list->mapped, list->len), &list->view, &why);
        if (err != ERR_NONE)
            failure_set(failure, err, "%s: %s", path, why.text);
    }
    if (err == ERR_NONE)
        *list_r = list;
    else
        password_list_close(&list);
    return err;
}

void password_list_close(struct password_list **list)
{
    if (*list == NULL)
        return;
    if ((*list)->mapped != MAP_FAILED)
        munmap((*list)->mapped, (*list)->len);
    memory_free(list);
}

uint64_t password_list_count(const struct password_list *list)
{
    return list->view.count;
}

/* --- passwords --- */

enum err password_list_hash(struct text password, unsigned char hash_r[PASSWORD_LIST_HASH_BYTES])
{
    unsigned len = 0;

    if (EVP_Digest(password.data, password.len, hash_r, &len, EVP_sha1(), NULL) != 1)
        return ERR_CRYPTO;
    assert(len == PASSWORD_LIST_HASH_BYTES);
    return ERR_NONE;
}

static enum err find_exactly(const struct password_list *list, struct text password)
{
    unsigned char hash[PASSWORD_LIST_HASH_BYTES];
    enum err err = password_list_hash(password, hash);

    if (err == ERR_NONE && !password_list_view_has(&list->view, hash))
        err = ERR_ABSENT;
    memory_wipe(hash, sizeof hash);
    return err;
}

static struct text without_tail(struct text password)
{
    size_t len = password.len;

    while (len > 0 && password.len - len < TAIL_MAX &&
           (unsigned char)password.data[len - 1] < 0x80 && !text_is_alpha(password.data[len - 1]))
        len--;
    return text_head(password, len);
}

enum err password_list_find(const struct password_list *list, struct text password)
{
    char lower[PASSWORD_MAX_BYTES];
    struct text folded;
    enum err err = find_exactly(list, password);

    assert(password.len <= sizeof lower);
    if (password.len == 0)
        return err;
    memcpy(lower, password.data, password.len);
    text_lower_bytes(lower, password.len);
    folded = text_from_bytes(lower, password.len);
    if (err == ERR_ABSENT)
        err = find_exactly(list, folded);
    if (err == ERR_ABSENT)
        err = find_exactly(list, without_tail(folded));
    memory_wipe(lower, password.len);
    return err;
}
