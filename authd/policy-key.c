/* SPDX-License-Identifier: MIT */
#include "authd/policy-key.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/memory.h"
#include "lib/base/text.h"

#define SETTING "authd.policy_key_file"

static bool is_key(struct text key)
{
    for (size_t i = 0; i < key.len; i++)
        if (key.data[i] <= ' ' || key.data[i] == 0x7f)
            return false;
    return key.len >= POLICY_KEY_MIN_LEN && key.len < POLICY_KEY_MAX;
}

static enum err read_open(
    int fd, const char *path, char key_r[POLICY_KEY_MAX], struct failure *failure)
{
    char bytes[POLICY_KEY_MAX + 2]; /* a line break more, and one to see that there is more */
    struct text key;
    struct stat found;
    ssize_t got;
    enum err err = ERR_NONE;

    if (fstat(fd, &found) != 0)
        return failure_set_errno(failure, ERR_IO, SETTING ": %s", path);
    if ((found.st_mode & S_IROTH) != 0)
        return failure_set(failure, ERR_REFUSED,
            SETTING ": everybody may read %s; run \"chmod o= %s\", and make a new key", path, path);
    got = read(fd, bytes, sizeof bytes);
    if (got < 0)
        return failure_set_errno(failure, ERR_IO, SETTING ": %s", path);
    key = text_trim(text_from_bytes(bytes, (size_t)got));
    if (is_key(key)) {
        memcpy(key_r, key.data, key.len);
        key_r[key.len] = '\0';
    } else {
        err = failure_set(failure, ERR_SYNTAX,
            SETTING ": %s: expected one line of %d to %d visible ASCII characters", path,
            POLICY_KEY_MIN_LEN, POLICY_KEY_MAX - 1);
    }
    memory_wipe(bytes, sizeof bytes);
    return err;
}

enum err policy_key_read(const char *path, char key_r[POLICY_KEY_MAX], struct failure *failure)
{
    enum err err;
    int fd;

    if (path[0] == '\0') {
        key_r[0] = '\0';
        return ERR_NONE;
    }
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return failure_set_errno(failure,
            errno == ENOENT   ? ERR_ABSENT
            : errno == EACCES ? ERR_ACCESS
                              : ERR_IO,
            SETTING ": %s", path);
    err = read_open(fd, path, key_r, failure);
    close(fd);
    return err;
}
