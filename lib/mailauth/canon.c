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

/* Takes at least a byte from the start of piece; returns how many. */
static size_t body_step(struct canon_body *body, struct text piece)
{
    size_t run;

    if (body->has_cr && body_after_cr(body, piece.data[0]))
        return 1;
    run = content_run(body, piece);
    if (run != 0) {
        body_content(body, piece.data, run);
        return run;
    }
    if (piece.data[0] == '\r')
        body->has_cr = true;
    else
        body->has_blank = true;
    return 1;
}

/* --- bodies: the most of them, which is canonical already --- */

/* Looked at together, without a branch: the compiler makes vector code of it. */
#define BLOCK ((size_t)32)

/* Within the block and the byte behind it, each blank is one SP with a word behind it, each CR has
 * its LF. */
static bool is_relaxed_block(const char *at)
{
    unsigned char odd = 0;

    for (size_t i = 0; i < BLOCK; i++) {
        odd |= (at[i] == '\r') & (at[i + 1] != '\n');
        odd |= (at[i] == ' ') & ((at[i + 1] == ' ') | (at[i + 1] == '\r'));
        odd |= at[i] == '\t';
    }
    return odd == 0;
}

/* How many bytes from the start of piece stay as they are, if more follows that does. */
static size_t canonical_run(enum canon canon, struct text piece)
{
    size_t len = 0;

    if (canon == CANON_SIMPLE)
        return piece.len;
    while (len + BLOCK < piece.len && is_relaxed_block(piece.data + len))
        len += BLOCK;
    return len;
}

/* How many of these stay whatever follows. */
static size_t without_end(const char *bytes, size_t len)
{
    while (len != 0 && (bytes[len - 1] == ' ' || bytes[len - 1] == '\r' || bytes[len - 1] == '\n'))
        len--;
    return len;
}

/* After each look at what is canonical all of that is taken: nothing is looked at twice. */
void canon_body_add(struct canon_body *body, struct text piece)
{
    while (piece.len != 0) {
        size_t looked_at = 0, taken;

        if (!body->has_cr && !body->has_blank)
            looked_at = canonical_run(body->canon, piece);
        taken = without_end(piece.data, looked_at);
        if (taken != 0)
            body_content(body, piece.data, taken);
        while (taken < piece.len && taken < looked_at + BLOCK)
            taken += body_step(body, text_skip(piece, taken));
        piece = text_skip(piece, taken);
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
