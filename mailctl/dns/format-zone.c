/* SPDX-License-Identifier: MIT */

/* zone and nsupdate: lines with the words of a zone file, each below what it is for. */

#include "mailctl/dns/record-format.h"

/* One record by itself, as the zone's text has it; for nsupdate the same on one line. */
typedef enum err line_fn(
    const struct zone_record *record, struct buffer *out, struct failure *failure);

static enum err write_lines(struct text zone, const struct domain_records *records,
    line_fn *write_line, struct buffer *out, struct failure *failure)
{
    enum err err = ERR_NONE;

    for (size_t i = 0; err == ERR_NONE && i < records->count; i++) {
        const struct domain_record *item = &records->items[i];

        if (!record_format_is_inside(zone, &item->record))
            continue;
        buffer_append_format(out, "; %.*s\n", TEXT_ARGS(item->purpose));
        err = write_line(&item->record, out, failure);
    }
    return err;
}

static enum err zone_line(
    const struct zone_record *record, struct buffer *out, struct failure *failure)
{
    return zone_fragment_format(record, 1, out, failure);
}

/* What the fragment's own checks refuse is refused here, too. */
static enum err update_line(
    const struct zone_record *record, struct buffer *out, struct failure *failure)
{
    struct buffer checked = BUFFER_NONE;
    enum err err = zone_fragment_format(record, 1, &checked, failure);

    buffer_done(&checked);
    if (err != ERR_NONE)
        return err;
    buffer_append_string(out, "update add ");
    zone_name_format(record->owner, TEXT_NONE, out);
    buffer_append_format(out, " %u IN %s ", record_format_ttl(record), record->type);
    zone_record_format_data(record, out);
    buffer_append_byte(out, '\n');
    return ERR_NONE;
}

static enum err write_zone(struct text zone, const struct domain_records *records,
    struct buffer *out, struct failure *failure)
{
    struct buffer lines = BUFFER_NONE;
    enum err err = write_lines(zone, records, zone_line, &lines, failure);

    if (err == ERR_NONE)
        buffer_append_text(out, buffer_text(&lines));
    buffer_done(&lines);
    return err;
}

/* Records are added; what stands at their names stays. */
static enum err write_nsupdate(struct text zone, const struct domain_records *records,
    struct buffer *out, struct failure *failure)
{
    struct buffer lines = BUFFER_NONE;
    enum err err = write_lines(zone, records, update_line, &lines, failure);

    if (err == ERR_NONE)
        buffer_append_format(
            out, "zone %.*s.\n%sshow\nsend\n", TEXT_ARGS(zone), buffer_string(&lines));
    buffer_done(&lines);
    return err;
}

const struct record_format record_format_zone = {"zone", write_zone};
const struct record_format record_format_nsupdate = {"nsupdate", write_nsupdate};
