/* SPDX-License-Identifier: MIT */
#include "mailctl/file-attributes.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/xattr.h>

#include "lib/base/memory.h"

/* Names, one after the other, each with its NUL. */
struct names {
    char *bytes; /* heap */
    size_t len;
};

/* Where one attribute stands for all: NULL. */
static enum err fail(struct failure *failure, const char *path, const char *name)
{
    return failure_set_errno(failure, errno == EACCES || errno == EPERM ? ERR_ACCESS : ERR_IO,
        "%s: %s cannot be kept", path, name != NULL ? name : "its extended attributes");
}

static enum err list_names(int fd, const char *path, struct names *names, struct failure *failure)
{
    ssize_t len;

    names->bytes = memory_alloc(FILE_ATTRIBUTES_BYTES_MAX);
    len = flistxattr(fd, names->bytes, FILE_ATTRIBUTES_BYTES_MAX);
    if (len < 0 && errno != ENOTSUP)
        return fail(failure, path, NULL);
    names->len = len < 0 ? 0 : (size_t)len;
    return ERR_NONE;
}

static const char *next(const struct names *names, const char *name)
{
    const char *following = name == NULL ? names->bytes : name + strlen(name) + 1;

    return following < names->bytes + names->len ? following : NULL;
}

static bool has(const struct names *names, const char *wanted)
{
    for (const char *name = NULL; (name = next(names, name)) != NULL;)
        if (strcmp(name, wanted) == 0)
            return true;
    return false;
}

struct copying {
    int from, to;
    const char *path;
};

/* Made by the kernel of the file's content; a copy would be wrong, and is refused. */
static bool is_of_the_kernel(const char *name)
{
    return strcmp(name, "security.ima") == 0 || strcmp(name, "security.evm") == 0;
}

static enum err copy_one(const struct copying *copying, const char *name, char *value,
    char *present, struct failure *failure)
{
    ssize_t len = fgetxattr(copying->from, name, value, FILE_ATTRIBUTES_BYTES_MAX);

    if (len < 0)
        return fail(failure, copying->path, name);
    /* A label that the folder gave already need not be permitted to be set. */
    if (fgetxattr(copying->to, name, present, FILE_ATTRIBUTES_BYTES_MAX) == len &&
        memcmp(value, present, (size_t)len) == 0)
        return ERR_NONE;
    return fsetxattr(copying->to, name, value, (size_t)len, 0) == 0
               ? ERR_NONE
               : fail(failure, copying->path, name);
}

static enum err copy_all(
    const struct copying *copying, const struct names *names, struct failure *failure)
{
    char *value = memory_alloc(FILE_ATTRIBUTES_BYTES_MAX);
    char *present = memory_alloc(FILE_ATTRIBUTES_BYTES_MAX);
    enum err err = ERR_NONE;

    for (const char *name = NULL; err == ERR_NONE && (name = next(names, name)) != NULL;)
        if (!is_of_the_kernel(name))
            err = copy_one(copying, name, value, present, failure);
    memory_free(&value);
    memory_free(&present);
    return err;
}

static enum err remove_others(const struct copying *copying, const struct names *present,
    const struct names *wanted, struct failure *failure)
{
    for (const char *name = NULL; (name = next(present, name)) != NULL;)
        if (!is_of_the_kernel(name) && !has(wanted, name) && fremovexattr(copying->to, name) != 0 &&
            errno != ENODATA)
            return fail(failure, copying->path, name);
    return ERR_NONE;
}

enum err file_attributes_copy(int from, int to, const char *path, struct failure *failure)
{
    const struct copying copying = {.from = from, .to = to, .path = path};
    struct names wanted = {.bytes = NULL}, present = {.bytes = NULL};
    enum err err = list_names(from, path, &wanted, failure);

    if (err == ERR_NONE)
        err = list_names(to, path, &present, failure);
    if (err == ERR_NONE)
        err = remove_others(&copying, &present, &wanted, failure);
    if (err == ERR_NONE)
        err = copy_all(&copying, &wanted, failure);
    memory_free(&wanted.bytes);
    memory_free(&present.bytes);
    return err;
}
