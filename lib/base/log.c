/* SPDX-License-Identifier: MIT */
#include "lib/base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

static _Atomic(const char *) log_program = "gatepost";
static _Atomic enum log_target log_target = LOG_TO_STDERR;
static _Atomic enum log_level log_level = LOG_LEVEL_INFO;

void log_open(const char *program, enum log_target target)
{
    log_program = program;
    log_target = target;
    if (target == LOG_TO_SYSLOG)
        openlog(program, LOG_PID | LOG_NDELAY, LOG_MAIL);
}

void log_set_level(enum log_level level)
{
    log_level = level;
}

bool log_wants(enum log_level level)
{
    return level <= log_level && log_target != LOG_TO_NOWHERE;
}

/* Length of the UTF-8 sequence that starts here and is no control, or 0. */
static size_t printable_sequence(const unsigned char *bytes, size_t len)
{
    size_t need;

    if (bytes[0] >= ' ' && bytes[0] < 0x7f)
        return 1;
    if (bytes[0] >= 0xc2 && bytes[0] <= 0xdf)
        need = 2;
    else if (bytes[0] >= 0xe0 && bytes[0] <= 0xef)
        need = 3;
    else if (bytes[0] >= 0xf0 && bytes[0] <= 0xf4)
        need = 4;
    else
        return 0;
    if (need > len || (bytes[0] == 0xc2 && bytes[1] < 0xa0))
        return 0;
    for (size_t i = 1; i < need; i++)
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
    return need;
}

char *log_safe(const char *bytes, size_t len, char *safe_r, size_t size)
{
    const unsigned char *in = (const unsigned char *)bytes;
    size_t used = 0;

    for (size_t i = 0; i < len;) {
        size_t run = printable_sequence(in + i, len - i);

        if (used + (run != 0 ? run : 4) >= size)
            break;
        if (run != 0) {
            memcpy(safe_r + used, in + i, run);
            used += run;
            i += run;
        } else {
            snprintf(safe_r + used, size - used, "\\x%02x", in[i]);
            used += 4;
            i++;
        }
    }
    safe_r[used] = '\0';
    return safe_r;
}

char *log_word(const char *bytes, size_t len, char *word_r, size_t size)
{
    log_safe(bytes, len, word_r, size);
    for (char *at = word_r; *at != '\0'; at++)
        if (*at == ' ' || *at == '<' || *at == '>')
            *at = '?';
    return word_r;
}

static void log_to_stderr(enum log_level level, const char *line)
{
    static const char *const words[] = {
        [LOG_LEVEL_ERROR] = "error: ",
        [LOG_LEVEL_WARNING] = "warning: ",
        [LOG_LEVEL_INFO] = "",
        [LOG_LEVEL_DEBUG] = "debug: ",
    };
    char whole[LOG_LINE_MAX + 128];
    int len = snprintf(whole, sizeof whole, "%s: %s%s\n", log_program, words[level], line);

    if (len >= (int)sizeof whole)
        len = (int)sizeof whole - 1;
    /* One write a line, so that lines of several threads do not mix. */
    if (len > 0 && write(STDERR_FILENO, whole, (size_t)len) < 0)
        return;
}

static void log_to_syslog(enum log_level level, const char *line)
{
    static const int priorities[] = {
        [LOG_LEVEL_ERROR] = LOG_ERR,
        [LOG_LEVEL_WARNING] = LOG_WARNING,
        [LOG_LEVEL_INFO] = LOG_INFO,
        [LOG_LEVEL_DEBUG] = LOG_DEBUG,
    };
    static const char *const words[] = {
        [LOG_LEVEL_ERROR] = "error: ",
        [LOG_LEVEL_WARNING] = "warning: ",
        [LOG_LEVEL_INFO] = "",
        [LOG_LEVEL_DEBUG] = "",
    };

    syslog(priorities[level], "%s%s", words[level], line);
}

void log_write(enum log_level level, const struct log_context *context, const char *format, ...)
{
    char raw[LOG_LINE_MAX], line[LOG_LINE_MAX];
    size_t used = 0;
    va_list args;

    if (!log_wants(level))
        return;
    if (context != NULL)
        used = (size_t)snprintf(
            raw, sizeof raw, "%s: ", context->queue_id[0] != '\0' ? context->queue_id : "NOQUEUE");
    va_start(args, format);
    vsnprintf(raw + used, sizeof raw - used, format, args);
    va_end(args);
    log_safe(raw, strlen(raw), line, sizeof line);
    if (log_target == LOG_TO_SYSLOG)
        log_to_syslog(level, line);
    else
        log_to_stderr(level, line);
}
