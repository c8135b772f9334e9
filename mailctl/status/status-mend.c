/* SPDX-License-Identifier: MIT */
#include "mailctl/status/status-mend.h"

#include <string.h>

#include "lib/base/buffer.h"

#define BETWEEN "; "
#define MAILCTL "mailctl "

static bool starts_with(const char *command, const char *start)
{
    return strncmp(command, start, strlen(start)) == 0;
}

/* --- before init ------------------------------------------------------------------------------ */

/* Of daemons and databases that "mailctl init" makes, or makes ready. */
static bool is_about_ours(const char *command)
{
    return starts_with(command, MAILCTL "upgrade") || starts_with(command, "systemd-tmpfiles ") ||
           (starts_with(command, "systemctl ") && strstr(command, "gatepost") != NULL);
}

static const char *begin(const char *command, struct arena *arena)
{
    if (is_about_ours(command))
        return MAILCTL "init";
    if (starts_with(command, MAILCTL "attach") || starts_with(command, MAILCTL "dkim"))
        return arena_print(arena, MAILCTL "init" BETWEEN "%s", command).data;
    return command;
}

/* --- with the configuration ------------------------------------------------------------------- */

static bool is_plain(char byte)
{
    return text_is_alnum(byte) || (byte != '\0' && strchr("/._-+@:,%", byte) != NULL);
}

/* As a shell takes it for one word. */
static void append_word(struct buffer *out, struct text word)
{
    bool is_quoted = word.len == 0;

    for (size_t i = 0; i < word.len; i++)
        is_quoted = is_quoted || !is_plain(word.data[i]);
    if (!is_quoted) {
        buffer_append_text(out, word);
        return;
    }
    buffer_append_byte(out, '\'');
    for (size_t i = 0; i < word.len; i++)
        if (word.data[i] == '\'')
            buffer_append_string(out, "'\\''");
        else
            buffer_append_byte(out, word.data[i]);
    buffer_append_byte(out, '\'');
}

/* One that names a configuration itself keeps it. */
static void append_command(struct buffer *out, struct text command, const char *config_path)
{
    struct text sudo = TEXT("sudo ");

    if (text_starts_with(command, sudo)) {
        buffer_append_text(out, sudo);
        command = text_skip(command, sudo.len);
    }
    if (text_starts_with(command, TEXT(MAILCTL)) &&
        !text_starts_with(command, TEXT(MAILCTL "-c "))) {
        buffer_append_string(out, MAILCTL "-c ");
        append_word(out, text_from_string(config_path));
        command = text_skip(command, sizeof MAILCTL - 2);
    }
    buffer_append_text(out, command);
}

static const char *add_configuration(
    const char *command, const char *config_path, struct arena *arena)
{
    struct text rest = text_from_string(command), between = TEXT(BETWEEN);
    struct buffer out = BUFFER_NONE;
    const char *whole;

    while (rest.len != 0) {
        size_t end = text_find_text(rest, between);

        append_command(&out, text_head(rest, end), config_path);
        rest = text_skip(rest, end);
        if (rest.len != 0)
            buffer_append_text(&out, between);
        rest = text_skip(rest, between.len);
    }
    whole = arena_copy_string(arena, buffer_text(&out));
    buffer_done(&out);
    return whole;
}

const char *status_mend(
    const char *command, const char *config_path, bool lacks_init, struct arena *arena)
{
    if (lacks_init)
        command = begin(command, arena);
    return config_path == NULL ? command : add_configuration(command, config_path, arena);
}
