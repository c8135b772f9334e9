/* SPDX-License-Identifier: MIT */
#include "milter/reply.h"

#include <stdarg.h>

void reply_init(struct reply *reply, struct arena *arena)
{
    memset(reply, 0, sizeof *reply);
    reply->arena = arena;
    reply->verdict = REPLY_CONTINUE;
}

/* The value without CR, and with '?' for NUL, which the protocol takes for the end. */
static const char *wire_value(struct arena *arena, struct text value)
{
    char *copy = arena_alloc(arena, value.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < value.len; i++)
        if (value.data[i] != '\r')
            copy[len++] = value.data[i] != '\0' ? value.data[i] : '?';
    copy[len] = '\0';
    return copy;
}

static void change_push(struct reply *reply, const struct reply_change *change)
{
    reply->changes = arena_make_room(reply->arena, reply->changes, reply->change_count,
        &reply->change_room, sizeof *reply->changes);
    reply->changes[reply->change_count++] = *change;
}

void reply_insert_header(struct reply *reply, unsigned index, const char *name, struct text value)
{
    change_push(reply, &(struct reply_change){.kind = REPLY_INSERT_HEADER,
                           .index = index,
                           .name = name,
                           .value = wire_value(reply->arena, value)});
}

void reply_add_header(struct reply *reply, const char *name, struct text value)
{
    change_push(reply,
        &(struct reply_change){
            .kind = REPLY_ADD_HEADER, .name = name, .value = wire_value(reply->arena, value)});
}

void reply_change_header(struct reply *reply, unsigned index, const char *name, struct text value)
{
    change_push(reply, &(struct reply_change){.kind = REPLY_CHANGE_HEADER,
                           .index = index,
                           .name = name,
                           .value = wire_value(reply->arena, value)});
}

void reply_remove_header(struct reply *reply, unsigned index, const char *name)
{
    change_push(
        reply, &(struct reply_change){.kind = REPLY_REMOVE_HEADER, .index = index, .name = name});
}

void reply_change_sender(struct reply *reply, struct text address)
{
    change_push(reply, &(struct reply_change){.kind = REPLY_CHANGE_SENDER,
                           .value = arena_print(reply->arena, "<%.*s>", TEXT_ARGS(address)).data});
}

void reply_quarantine(struct reply *reply, const char *reason)
{
    change_push(reply, &(struct reply_change){.kind = REPLY_QUARANTINE,
                           .value = arena_copy_string(reply->arena, text_from_string(reason))});
}

static void refuse(struct reply *reply, enum reply_verdict verdict, const char *code,
    const char *enhanced, struct text words)
{
    reply->verdict = verdict;
    reply->code = code;
    reply->enhanced = enhanced;
    reply->text = arena_copy_string(reply->arena, text_head(words, REPLY_TEXT_MAX));
    reply->change_count = 0;
}

void reply_reject(
    struct reply *reply, const char *code, const char *enhanced, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    refuse(reply, REPLY_REJECT, code, enhanced, arena_print_list(reply->arena, format, args));
    va_end(args);
}

void reply_tempfail(
    struct reply *reply, const char *code, const char *enhanced, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    refuse(reply, REPLY_TEMPFAIL, code, enhanced, arena_print_list(reply->arena, format, args));
    va_end(args);
}
