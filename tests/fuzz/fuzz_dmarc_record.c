/* SPDX-License-Identifier: MIT */

/* DMARC records: what is read of one, written as a record, reads as the same. */

#include <assert.h>

#include "lib/mailauth/dmarc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *psd_word(enum dmarc_psd psd)
{
    return psd == DMARC_PSD_YES ? "y" : psd == DMARC_PSD_NO ? "n" : "u";
}

static struct text write_record(const struct dmarc_record *record, struct arena *arena)
{
    return arena_print(arena,
        "v=DMARC1; p=%s; sp=%s; np=%s; psd=%s; t=%s; adkim=%s; aspf=%s; rua=%.*s",
        dmarc_policy_word(record->p), dmarc_policy_word(record->sp), dmarc_policy_word(record->np),
        psd_word(record->psd), record->testing ? "y" : "n", record->dkim_strict ? "s" : "r",
        record->spf_strict ? "s" : "r", TEXT_ARGS(record->rua));
}

static void check_again(const struct dmarc_record *record, struct arena *arena)
{
    struct text written = write_record(record, arena);
    struct dmarc_record again;

    if (written.len > DMARC_RECORD_MAX_BYTES)
        return;
    assert(dmarc_record_parse(written, arena, &again) == DMARC_PARSE_OK);
    assert(again.p == record->p && again.sp == record->sp && again.np == record->np);
    assert(again.psd == record->psd && again.testing == record->testing);
    assert(again.dkim_strict == record->dkim_strict && again.spf_strict == record->spf_strict);
    assert(text_equals(again.rua, record->rua));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text text = text_from_bytes((const char *)data, size);
    struct arena *arena = arena_new();
    struct dmarc_record record = {.raw = TEXT("untouched")};

    switch (dmarc_record_parse(text, arena, &record)) {
    case DMARC_PARSE_NOT_DMARC:
        assert(text_equals(record.raw, TEXT("untouched")));
        break;
    case DMARC_PARSE_UNUSABLE:
        assert(!record.has_p && !record.has_sp && !record.has_np);
        break;
    case DMARC_PARSE_OK:
        /* Without p, only where somebody is to be told. */
        assert(record.has_p || (record.rua.len != 0 && record.p == DMARC_POLICY_NONE));
        check_again(&record, arena);
        break;
    }
    arena_free(&arena);
    return 0;
}
