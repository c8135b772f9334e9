/* SPDX-License-Identifier: MIT */
#include "lib/mailauth/canon.h"

const char *canon_word(enum canon canon)
{
    return canon == CANON_RELAXED ? "relaxed" : "simple";
}

/* --- the stage --- */

static void stage_init(struct canon_stage *stage, canon_sink_fn *sink, void *context)
{
    stage->sink = sink;
    stage->context = context;
    stage->len = 0;
}

static void stage_flush(struct canon_stage *stage)
{
    if (stage->len != 0)
        stage->sink(stage->context, text_from_bytes(stage->bytes, stage->len));
    stage->len = 0;
}

static void stage_put(struct canon_stage *stage, const char *bytes, size_t len)
{
    if (len > sizeof stage->bytes - stage->len) {
        stage_flush(stage);
        if (len > sizeof stage->bytes) {
            stage->sink(stage->context, text_from_bytes(bytes, len));
            return;
        }
    }
    memcpy(stage->bytes + stage->len, bytes, len);
    stage->len += len;
}

/* WSP = SP / HTAB */
static bool is_wsp(char byte)
{
    return byte == ' ' || byte == '\t';
}

/* How many bytes from the start of text are neither blanks nor CR. */
static size_t plain_run(struct text text)
{
    size_t len = 0;

    while (len < text.len && text.data[len] != '\r' && !is_wsp(text.data[len]))
        len++;
    return len;
}

/* --- header fields --- */

/* Unfolded, each run of blanks one SP, none at either end. */
static void relaxed_value(struct text value, struct canon_stage *stage)
{
    bool has_blank = false, has_content = false;

    while (value.len != 0) {
        size_t run = plain_run(value);

        if (text_starts_with(value, TEXT("\r\n"))) {
            value = text_skip(value, 2);
            continue;
        }
        if (is_wsp(value.data[0])) {
            has_blank = true;
            value = text_skip(value, 1);
            continue;
        }
        if (run == 0)
            run = 1; /* a lone CR is content */
        if (has_blank && has_content)
            stage_put(stage, " ", 1);
        stage_put(stage, value.data, run);
        has_blank = false;
        has_content = true;
        value = text_skip(value, run);
    }
}

void canon_header_field(
    const struct header_field *field, enum canon canon, canon_sink_fn *sink, void *context)
{
    struct canon_stage stage;

    stage_init(&stage, sink, context);
    if (canon == CANON_SIMPLE) {
        stage_put(&stage, field->raw.data, field->raw.len);
    } else {
        for (size_t i = 0; i < field->name.len; i++) {
            char lower = text_lower(field->name.data[i]);

            stage_put(&stage, &lower, 1);
        }
        stage_put(&stage, ":", 1);
        relaxed_value(field->value, &stage);
    }
    stage_flush(&stage);
}

/* --- bodies --- */

void canon_body_init(struct canon_body *body, enum canon canon, canon_sink_fn *sink, void *context)
{
    body->canon = canon;
    body->bytes = 0;
    body->line_ends = 0;
    body->has_blank = false;
    body->has_cr = false;
    stage_init(&body->stage, sink, context);
}

static void body_put(struct canon_body *body, const char *bytes, size_t len)
{
    stage_put(&body->stage, bytes, len);
    body->bytes += len;
}

/* Bytes that belong to a line: what was held back in front of them counts now. */
static void body_content(struct canon_body *body, const char *bytes, size_t len)
{
    for (; body->line_ends != 0; body->line_ends--)
        body_put(body, "\r\n", 2);
    if (body->has_blank)
        body_put(body, " ", 1);
    body->has_blank = false;
    body_put(body, bytes, len);
}

/* The byte behind a CR says what the CR was; true where both made a line end. */
static bool body_after_cr(struct canon_body *body, char byte)
{
    body->has_cr = false;
    if (byte != '\n') {
        body_content(body, "\r", 1);
        return false;
    }
    body->has_blank = false;
    body->line_ends++;
    return true;
}

/* How many bytes from the start of piece are content and nothing else. */
static size_t content_run(const struct canon_body *body, struct text piece)
{
    return body->canon == CANON_SIMPLE ? text_find(piece, '\r') : plain_run(piece);
}

void canon_body_add(struct canon_body *body, struct text piece)
{
    while (piece.len != 0) {
        size_t run;

        if (body->has_cr && body_after_cr(body, piece.data[0])) {
            piece = text_skip(piece, 1);
            continue;
        }
        run = content_run(body, piece);
        if (run != 0) {
            body_content(body, piece.data, run);
        } else {
            run = 1;
            if (piece.data[0] == '\r')
                body->has_cr = true;
            else
                body->has_blank = true;
        }
        piece = text_skip(piece, run);
    }
}

void canon_body_end(struct canon_body *body)
{
    if (body->has_cr)
        body_content(body, "\r", 1);
    body->has_cr = false;
    /* The last line gets its end; a body without any line is empty, or one CRLF when simple. */
    if (body->bytes != 0 || body->canon == CANON_SIMPLE)
        body_put(body, "\r\n", 2);
    stage_flush(&body->stage);
}
