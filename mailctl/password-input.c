/* SPDX-License-Identifier: MIT */
#include "mailctl/password-input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/memory.h"
#include "lib/store/password.h"
#include "mailctl/password-judge.h"
#include "mailctl/secret-file.h"
#include "mailctl/terminal.h"

/* One line, and the line break behind it. */
#define LINE_ROOM (PASSWORD_MAX_BYTES + 2)

struct secret {
    char bytes[LINE_ROOM];
    size_t len;
};

bool password_input_is_given(const struct invocation *invocation)
{
    return invocation_has(invocation, "password-stdin") ||
           invocation_has(invocation, "password-file") || invocation_has(invocation, "hash");
}

static bool fill(int fd, struct secret *secret)
{
    return secret_file_fill(fd, secret->bytes, sizeof secret->bytes, true, &secret->len);
}

/* Cuts the line break off and says what is wrong with the rest. */
static int check_line(
    const struct invocation *invocation, struct secret *secret, const char *source)
{
    const char *end = memchr(secret->bytes, '\n', secret->len);

    if (end != NULL) {
        secret->len = (size_t)(end - secret->bytes);
        if (secret->len > 0 && secret->bytes[secret->len - 1] == '\r')
            secret->len--;
    }
    if (secret->len == 0)
        return invocation_complain(invocation, EX_DATAERR, "%s: no password there", source);
    if (secret->len > PASSWORD_MAX_BYTES)
        return invocation_complain(invocation, EX_DATAERR, "%s: a password has at most %d bytes",
            source, PASSWORD_MAX_BYTES);
    if (memchr(secret->bytes, '\0', secret->len) != NULL)
        return invocation_complain(
            invocation, EX_DATAERR, "%s: a password has no NUL byte in it", source);
    return EX_OK;
}

static int read_stdin(const struct invocation *invocation, struct secret *secret)
{
    if (!fill(STDIN_FILENO, secret))
        return invocation_complain(invocation, EX_IOERR, "standard input: %s", strerror(errno));
    return check_line(invocation, secret, "standard input");
}

static int read_open_file(
    const struct invocation *invocation, int fd, const char *path, struct secret *secret)
{
    struct stat found;

    if (fstat(fd, &found) != 0)
        return invocation_complain(invocation, EX_IOERR, "%s: %s", path, strerror(errno));
    if ((found.st_mode & S_IRWXO) != 0)
        return invocation_complain(invocation, EX_NOPERM,
            "%s: every user can read this file; change that password, and run \"chmod 600 %s\"",
            path, path);
    if (!fill(fd, secret))
        return invocation_complain(invocation, EX_IOERR, "%s: %s", path, strerror(errno));
    return check_line(invocation, secret, path);
}

static int read_file(const struct invocation *invocation, const char *path, struct secret *secret)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    int status;

    if (fd < 0)
        return invocation_complain(
            invocation, errno == EACCES ? EX_NOPERM : EX_NOINPUT, "%s: %s", path, strerror(errno));
    status = read_open_file(invocation, fd, path, secret);
    close(fd);
    return status;
}

static int ask_once(const struct invocation *invocation, struct secret *secret)
{
    if (!terminal_ask_secret("Password: ", secret->bytes, sizeof secret->bytes, &secret->len))
        return invocation_complain(invocation, EX_USAGE,
            "no password came from a terminal; give it there, or by --password-stdin or "
            "--password-file");
    return check_line(invocation, secret, "terminal");
}

static int ask(const struct invocation *invocation, struct secret *secret)
{
    struct secret again = {.len = 0};
    int status = EX_OK;

    if (!terminal_ask_secret("New password: ", secret->bytes, sizeof secret->bytes, &secret->len) ||
        !terminal_ask_secret("Once more: ", again.bytes, sizeof again.bytes, &again.len))
        status = invocation_complain(invocation, EX_USAGE,
            "no password came from a terminal; give it there, or by --password-stdin or "
            "--password-file");
    else if (secret->len != again.len || memcmp(secret->bytes, again.bytes, again.len) != 0)
        status = invocation_complain(
            invocation, EX_DATAERR, "the two passwords differ; nothing was changed");
    memory_wipe(&again, sizeof again);
    return status != EX_OK ? status : check_line(invocation, secret, "terminal");
}

/* is_known: it is not a new one. */
static int read_password(const struct invocation *invocation, bool is_known, struct secret *secret)
{
    const char *path = invocation_value(invocation, "password-file");

    if (invocation_has(invocation, "password-stdin"))
        return read_stdin(invocation, secret);
    if (path != NULL)
        return strcmp(path, "-") == 0 ? read_stdin(invocation, secret)
                                      : read_file(invocation, path, secret);
    return is_known ? ask_once(invocation, secret) : ask(invocation, secret);
}

static int make_hash(struct invocation *invocation, const struct user *user, struct text *hash_r)
{
    int status = EX_CONFIG;
    const struct settings *settings = invocation_settings(invocation, &status);
    char *hash = arena_alloc(invocation->arena, PASSWORD_HASH_MAX);
    struct secret secret = {.len = 0};
    enum err err;

    if (settings == NULL)
        return status;
    status = read_password(invocation, false, &secret);
    if (status == EX_OK)
        status =
            password_judge(invocation, settings, user, text_from_bytes(secret.bytes, secret.len));
    if (status == EX_OK) {
        err = password_hash(text_from_bytes(secret.bytes, secret.len),
            (uint64_t)settings->authd.hash_memory_bytes, (unsigned)settings->authd.hash_passes,
            hash);
        if (err == ERR_NONE)
            *hash_r = text_from_string(hash);
        else
            status = invocation_complain(invocation, invocation_status_of(err),
                "the password could not be hashed: %s", err_text(err));
    }
    memory_wipe(&secret, sizeof secret);
    return status;
}

static int take_hash(const struct invocation *invocation, const char *value, struct text *hash_r)
{
    struct secret secret = {.len = 0};
    struct text hash = text_from_string(value);
    struct failure failure;
    int status = EX_OK;

    if (strcmp(value, "-") == 0) {
        status = read_stdin(invocation, &secret);
        hash = text_from_bytes(secret.bytes, secret.len);
    }
    if (status == EX_OK && password_hash_check(hash, &failure) != ERR_NONE)
        status = invocation_complain(invocation, EX_DATAERR, "%s", failure.text);
    if (status == EX_OK)
        *hash_r = arena_copy(invocation->arena, hash);
    memory_wipe(&secret, sizeof secret);
    return status;
}

int password_input_hash(struct invocation *invocation, const struct user *user, struct text *hash_r)
{
    const char *hash = invocation_value(invocation, "hash");
    int sources = invocation_has(invocation, "password-stdin") +
                  invocation_has(invocation, "password-file") + (hash != NULL);

    if (sources > 1)
        return invocation_complain(
            invocation, EX_USAGE, "give one of --password-stdin, --password-file and --hash");
    return hash != NULL ? take_hash(invocation, hash, hash_r) : make_hash(invocation, user, hash_r);
}

static int read_plain(struct invocation *invocation, bool is_known, struct text *password_r)
{
    struct secret secret = {.len = 0};
    int status;

    if (invocation_has(invocation, "password-stdin") && invocation_has(invocation, "password-file"))
        return invocation_complain(
            invocation, EX_USAGE, "give one of --password-stdin and --password-file");
    status = read_password(invocation, is_known, &secret);
    if (status == EX_OK)
        *password_r = arena_copy(invocation->arena, text_from_bytes(secret.bytes, secret.len));
    memory_wipe(&secret, sizeof secret);
    return status;
}

int password_input_plain(struct invocation *invocation, struct text *password_r)
{
    return read_plain(invocation, false, password_r);
}

int password_input_known(struct invocation *invocation, struct text *password_r)
{
    return read_plain(invocation, true, password_r);
}

void password_input_wipe(struct text *hash)
{
    /* It lies in the arena, whose bytes are ours to change. */
    memory_wipe((char *)(uintptr_t)hash->data, hash->len);
    *hash = TEXT_NONE;
}
