/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/postfix-lines.h"

#include "lib/base/array.h"
#include "lib/base/buffer.h"

/* A piece of ours in somebody's line that is shorter than this could be anybody's. */
#define PIECE_MIN 8
/* Parameters that are ours alone, and references to them. */
#define OWN "gatepost_"

/* --- parsing --- */

/* The first physical line, with its end. */
static struct text first_line(struct text bytes)
{
    size_t end = text_find(bytes, '\n');

    return text_head(bytes, end < bytes.len ? end + 1 : end);
}

static bool is_comment(struct text line)
{
    struct text words = text_trim(line);

    return words.len == 0 || words.data[0] == '#';
}

/* The length of a logical line: up to the last physical line that goes on with it. */
static size_t logical_length(struct text bytes)
{
    size_t end = first_line(bytes).len, at = end;

    while (at < bytes.len) {
        struct text line = first_line(text_skip(bytes, at));

        at += line.len;
        if (is_comment(line))
            continue;
        if (!text_is_blank(line.data[0]))
            break;
        end = at;
    }
    return end;
}

/* Takes the next word off the front. */
static struct text take_word(struct text *rest)
{
    size_t start = 0, end;

    while (start < rest->len && text_is_blank(rest->data[start]))
        start++;
    end = start;
    while (end < rest->len && !text_is_blank(rest->data[end]))
        end++;
    *rest = text_skip(*rest, start);
    end -= start;
    start = end;
    {
        struct text word = text_head(*rest, start);

        *rest = text_skip(*rest, end);
        return word;
    }
}

static struct text key_of(struct text bytes, enum postfix_file kind, struct arena *arena)
{
    struct text rest = bytes;

    if (kind == POSTFIX_MAIN) {
        size_t equals = text_find(bytes, '=');
        struct text name = text_trim(text_head(bytes, equals));

        return equals < bytes.len && text_find(name, '\n') == name.len ? name : TEXT("");
    }
    {
        struct text service = take_word(&rest), type = take_word(&rest);

        return type.len == 0 ? TEXT("")
                             : arena_print(arena, "%.*s/%.*s", TEXT_ARGS(service), TEXT_ARGS(type));
    }
}

struct postfix_lines postfix_lines_parse(
    struct text bytes, enum postfix_file kind, struct arena *arena)
{
    ARRAY(struct postfix_line) lines = ARRAY_NONE;
    struct postfix_lines parsed;
    struct text rest = bytes;

    while (rest.len != 0) {
        bool is_entry = !is_comment(first_line(rest));
        size_t len = is_entry ? logical_length(rest) : first_line(rest).len;
        struct postfix_line line = {.bytes = text_head(rest, len), .key = TEXT("")};

        /* A first line that begins with a blank goes on with nothing: Postfix takes it as it is. */
        if (is_entry)
            line.key = key_of(line.bytes, kind, arena);
        array_push(&lines, line);
        rest = text_skip(rest, len);
    }
    parsed.count = lines.count;
    parsed.items = arena_alloc_zero(arena, lines.count + 1, sizeof *parsed.items);
    if (lines.count != 0)
        memcpy(parsed.items, lines.items, lines.count * sizeof *parsed.items);
    array_done(&lines);
    return parsed;
}

const struct postfix_line *postfix_lines_find(const struct postfix_lines *lines, struct text key)
{
    for (size_t i = lines->count; i-- != 0;)
        if (key.len != 0 && text_equals(lines->items[i].key, key))
            return &lines->items[i];
    return NULL;
}

struct text postfix_line_unfold(const struct postfix_line *line, struct arena *arena)
{
    struct buffer words = BUFFER_NONE;
    struct text rest = line->bytes, text;

    while (rest.len != 0) {
        struct text piece = first_line(rest);

        rest = text_skip(rest, piece.len);
        if (is_comment(piece))
            continue;
        if (words.len != 0)
            buffer_append_byte(&words, ' ');
        buffer_append_text(&words, text_trim(piece));
    }
    text = arena_copy(arena, buffer_text(&words));
    buffer_done(&words);
    return text;
}

struct text postfix_lines_splice(
    struct text bytes, struct text old, struct text fresh, struct arena *arena)
{
    size_t before = (size_t)(old.data - bytes.data);
    size_t after = bytes.len - before - old.len;
    char *joined = arena_alloc(arena, before + fresh.len + after + 1);

    memcpy(joined, bytes.data, before);
    if (fresh.len != 0)
        memcpy(joined + before, fresh.data, fresh.len);
    memcpy(joined + before + fresh.len, old.data + old.len, after);
    joined[before + fresh.len + after] = '\0';
    return text_from_bytes(joined, before + fresh.len + after);
}

/* --- reverting --- */

struct reverting {
    enum postfix_file kind;
    struct arena *arena;
    struct postfix_lines before, ours;
    struct text now;
    postfix_conflict *conflict;
    void *state;
};

/* How many bytes the two have in common at their fronts. */
static size_t common_head(struct text a, struct text b)
{
    size_t len = 0;

    while (len < a.len && len < b.len && a.data[len] == b.data[len])
        len++;
    return len;
}

static size_t common_tail(struct text a, struct text b)
{
    size_t len = 0;

    while (len < a.len && len < b.len && a.data[a.len - 1 - len] == b.data[b.len - 1 - len])
        len++;
    return len;
}

/* ours is before with one piece put in: finds it. */
static bool find_piece(struct text before, struct text ours, struct text *piece_r)
{
    size_t head = common_head(before, ours);
    size_t tail = common_tail(text_skip(before, head), text_skip(ours, head));

    if (head + tail != before.len || ours.len < before.len + PIECE_MIN)
        return false;
    *piece_r = text_head(text_skip(ours, head), ours.len - before.len);
    return true;
}

/* The one place where the piece stands in text; false where it is none or several. */
static bool find_once(struct text text, struct text piece, struct text *found_r)
{
    size_t at = text_find_text(text, piece);

    if (at >= text.len || text_find_text(text_skip(text, at + 1), piece) < text.len - at - 1)
        return false;
    *found_r = text_from_bytes(text.data + at, piece.len);
    return true;
}

/* The last line of a file may lack its end, and gets one when something comes behind it. */
static struct text without_end(struct text bytes)
{
    return bytes.len != 0 && bytes.data[bytes.len - 1] == '\n' ? text_head(bytes, bytes.len - 1)
                                                               : bytes;
}

static bool same(struct text a, struct text b)
{
    return text_equals(without_end(a), without_end(b));
}

static void replace(struct reverting *work, struct text old, struct text fresh)
{
    work->now = postfix_lines_splice(work->now, old, fresh, work->arena);
}

static bool is_name(char byte)
{
    return text_is_alnum(byte) || byte == '_';
}

static bool is_separator(char byte)
{
    return byte == ',' || byte == ' ' || byte == '\t';
}

/* A line that he changed, without references to what goes: "a, $gatepost_x" becomes "a". */
static struct text without_references(struct text line, struct arena *arena)
{
    struct text reference = TEXT("$" OWN);

    for (;;) {
        size_t start = text_find_text(line, reference), end = start + 1;

        if (start >= line.len)
            return line;
        while (end < line.len && is_name(line.data[end]))
            end++;
        if (end < line.len && line.data[end] == ',')
            while (end < line.len && is_separator(line.data[end]))
                end++;
        else
            while (start != 0 && is_separator(line.data[start - 1]))
                start--;
        line = postfix_lines_splice(
            line, text_head(text_skip(line, start), end - start), TEXT(""), arena);
    }
}

/* His value stays, but nothing in it may lead to what is gone. */
static void settle_conflict(
    struct reverting *work, struct text key, struct text before, struct text ours, struct text now)
{
    work->conflict(work->state, key, before, ours, now);
    if (now.len == 0)
        return;
    if (before.len == 0 && text_starts_with(key, TEXT(OWN)))
        replace(work, now, TEXT(""));
    else
        replace(work, now, without_references(now, work->arena));
}

/* One line of ours with a key; before: as it was, or empty where it was not there. */
static void revert_entry(
    struct reverting *work, struct text key, struct text before, struct text ours)
{
    struct postfix_lines lines = postfix_lines_parse(work->now, work->kind, work->arena);
    const struct postfix_line *found = postfix_lines_find(&lines, key);
    struct text now = found != NULL ? found->bytes : TEXT("");
    struct text piece, place;

    if (same(now, before))
        return;
    if (same(now, ours))
        replace(work, before.len != 0 ? without_end(now) : now, without_end(before));
    else if (before.len != 0 && find_piece(before, ours, &piece) && find_once(now, piece, &place))
        replace(work, place, TEXT(""));
    else
        settle_conflict(work, key, before, ours, now);
}

/* How often a line without key stands in the file. */
static size_t count_of(const struct postfix_lines *lines, struct text bytes)
{
    size_t count = 0;

    for (size_t i = 0; i < lines->count; i++)
        count += lines->items[i].key.len == 0 && same(lines->items[i].bytes, bytes) ? 1 : 0;
    return count;
}

/* A comment that we wrote goes where it still stands as often as we left it. */
static void revert_comment(struct reverting *work, struct text bytes)
{
    struct postfix_lines lines = postfix_lines_parse(work->now, work->kind, work->arena);

    if (count_of(&lines, bytes) <= count_of(&work->before, bytes))
        return;
    for (size_t i = lines.count; i-- != 0;)
        if (lines.items[i].key.len == 0 && same(lines.items[i].bytes, bytes)) {
            replace(work, lines.items[i].bytes, TEXT(""));
            return;
        }
}

struct text postfix_lines_revert(enum postfix_file kind, struct text before, struct text ours,
    struct text now, struct arena *arena, postfix_conflict *conflict, void *state)
{
    struct reverting work = {.kind = kind,
        .arena = arena,
        .before = postfix_lines_parse(before, kind, arena),
        .ours = postfix_lines_parse(ours, kind, arena),
        .now = now,
        .conflict = conflict,
        .state = state};

    for (size_t i = 0; i < work.ours.count; i++) {
        const struct postfix_line *line = &work.ours.items[i];
        const struct postfix_line *old = postfix_lines_find(&work.before, line->key);

        if (line->key.len == 0 && text_trim(line->bytes).len != 0 &&
            count_of(&work.ours, line->bytes) > count_of(&work.before, line->bytes))
            revert_comment(&work, line->bytes);
        if (line->key.len == 0 || postfix_lines_find(&work.ours, line->key) != line)
            continue;
        if (old == NULL || !same(old->bytes, line->bytes))
            revert_entry(&work, line->key, old != NULL ? old->bytes : TEXT(""), line->bytes);
    }
    return work.now;
}
